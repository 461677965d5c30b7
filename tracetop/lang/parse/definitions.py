"""The preamble, from the grammar's rules to nodes: types as C writes them, settings, declarations of maps."""

import re
from dataclasses import replace
from pathlib import PurePath
from typing import Any, NamedTuple

from lark import Token
from lark.tree import Meta

from tracetop.lang.parse.expressions import Building, Rule, place, row, unescaped
from tracetop.lang.tree import syntax
from tracetop.lang.tree.constant_folding import fold
from tracetop.lang.vocabulary.literals import integer

_MAX_COUNT = (1 << 31) - 1
_ATTRIBUTE = re.compile(r"__packed|__attribute__\s*\(\((?P<inside>(?:[^()]|\([^()]*\))*)\)\)")
_POINTER_NAME = re.compile(r"\*\s*(?:const\s+)?([A-Za-z0-9_]*)")
_HARMLESS = frozenset({"packed", "unused", "preserve_access_index", "may_alias", "deprecated"})
"""Attributes that lay nothing out, and the one that is known."""
_MOST_ALIGNED, _MOST_ALIGNED_BYTES = 16, 4096
"""What ``aligned`` without a number means, and the most that is taken."""


def _type(_building: Building, meta: Meta, parts: list[Any]) -> syntax.TypeName:
    """Return a type: its words, then stars (of a cast to a bare word one token), then dimensions."""
    words = [str(part) for part in parts if isinstance(part, Token) and part.type != "POINTER"]
    stars = sum(part.count("*") for part in parts if isinstance(part, Token) and part.type == "POINTER")
    stars += sum(part for part in parts if isinstance(part, _Stars))
    dimensions = tuple(int(part) for part in parts if isinstance(part, _Dimension))
    return syntax.TypeName(at=meta.start_pos, name=" ".join(words), pointers=stars, dimensions=dimensions)


def _type_of(_building: Building, meta: Meta, parts: list[Any]) -> syntax.TypeName:
    """Return ``typeof(…)`` with what stands after it."""
    of, stars, *dimensions = parts
    return syntax.TypeName(at=meta.start_pos, name="", pointers=stars, dimensions=tuple(dimensions), of=of)


class _Stars(int):
    """How many stars stand before a name."""


class _Dimension(int):
    """Elements of an array; 0 for one without a size."""


def _dimension(building: Building, _meta: Meta, parts: list[Any]) -> _Dimension:
    return _Dimension(0 if parts[0] is None else _constant(building, parts[0], "the length of an array"))


def _constant(building: Building, node: syntax.Expr, what: str, most: int = _MAX_COUNT) -> int:
    """Return the value of an expression that must be a number from 0 to `most`, known by now."""
    value = fold(node, building.constants)
    if value is None or not 0 <= value <= most:
        raise building.source.error(
            node.at,
            f"{what} must be a constant" if value is None else f"{what} cannot be {value}",
            hint=f"write a number from 0 to {most}, or what is worked out from numbers and enumerators",
        )
    return value


def _record(building: Building, meta: Meta, parts: list[Any]) -> syntax.Record:
    """Return a struct or union; its parts are: word, attributes, name, members…, attributes."""
    word, before, name, *members, after = parts
    attributes = _attributes(building, before, after)
    return syntax.Record(
        at=meta.start_pos,
        name=str(name or ""),
        members=tuple(declarator for member in members for declarator in member),
        is_union=word == "union",
        packed=attributes.packed,
        aligned=attributes.aligned,
    )


class _Attributes(NamedTuple):
    """What attributes say of a layout."""

    packed: bool = False
    aligned: int = 0


def _attributes(building: Building, *texts: Token | None) -> _Attributes:
    """Return what attributes say. ScriptError for one that would change the layout otherwise."""
    packed, aligned = False, 0
    for text in texts:
        for match in _ATTRIBUTE.finditer(text or ""):
            for part in (match["inside"] or "packed").split(","):
                word, _, number = part.strip().partition("(")
                word, count = word.strip("_ "), integer(number.rstrip(") ")) or _MOST_ALIGNED
                if word == "aligned" and 0 < count <= _MOST_ALIGNED_BYTES and not count & (count - 1):
                    aligned = max(aligned, count)
                elif word not in _HARMLESS and text is not None:
                    raise building.source.error(
                        place(text) + match.start(),
                        f"the attribute {part.strip()} is not supported",
                        hint="leave it out where it changes no offset; else add members that fill the gap",
                    )
                packed |= word == "packed"
    return _Attributes(packed, aligned)


def _enumeration(building: Building, meta: Meta, parts: list[Any]) -> syntax.Enumeration:
    """Return an enum whose members' values are worked out; they are constants from here on."""
    _word, name, enumerators = parts
    members: list[tuple[str, int]] = []
    following = 0
    for member, value in enumerators or ():
        if value is not None:
            folded = _code(building, value) if isinstance(value, Token) else fold(value, building.constants)
            if folded is None:
                raise building.source.error(
                    place(value), f"the value of {member} must be a constant", hint="write a number, e.g. 1 << 3"
                )
            following = folded
        members.append((member, following))
        building.constants[member] = following
        following += 1
    return syntax.Enumeration(at=meta.start_pos, name=str(name or ""), members=tuple(members))


def _code(building: Building, character: Token) -> int:
    """Return the code of a character in single quotes."""
    inside = character[1:-1].replace('"', '\\"') if character[1:-1] != "\\'" else "'"
    return unescaped(building, Token.new_borrow_pos("STRING", f'"{inside}"', character))[0]


def _member(building: Building, meta: Meta, parts: list[Any]) -> tuple[syntax.Declarator, ...]:
    type_, *declarators = parts
    if isinstance(type_, syntax.Enumeration):
        type_ = _hoisted_enum(building, type_)
    if declarators == [None]:
        return _anonymous(building, meta, type_)
    return tuple(_declared(declarator, type_) for declarator in declarators)


def _anonymous(building: Building, meta: Meta, type_: syntax.TypeName | syntax.Record) -> tuple[syntax.Declarator, ...]:
    """Return the member that a struct without a member's name is; one with a name of its own is only defined there."""
    if isinstance(type_, syntax.Record) and not type_.name:
        return (syntax.Declarator(at=meta.start_pos, name="", type=type_),)
    if isinstance(type_, syntax.Record):
        building.hoisted.append(type_)
    return ()


def _hoisted_enum(building: Building, enum: syntax.Enumeration) -> syntax.TypeName:
    building.hoisted.append(enum)
    return syntax.TypeName(at=enum.at, name=f"enum {enum.name}" if enum.name else "unsigned int")


def _declared(declarator: syntax.Declarator, type_: syntax.TypeName | syntax.Record) -> syntax.Declarator:
    """Return the declarator with its type; stars and lengths go into a type that is a name."""
    if isinstance(type_, syntax.Record):
        return replace(declarator, type=type_)
    if declarator.type.name == _FUNCTION.name:
        return replace(declarator, type=_FUNCTION)
    whole = replace(type_, pointers=declarator.pointers, dimensions=declarator.dimensions)
    return replace(declarator, type=whole, pointers=0, dimensions=())


_UNTYPED = syntax.TypeName(at=0, name="")
_FUNCTION = syntax.TypeName(at=0, name="void", pointers=1)


def _declarator(building: Building, _meta: Meta, parts: list[Any]) -> syntax.Declarator:
    stars, name, *dimensions, bits, attributes = parts
    said = _attributes(building, attributes)
    return syntax.Declarator(
        at=place(name),
        name=str(name),
        type=_UNTYPED,
        pointers=stars,
        dimensions=tuple(dimensions),
        bits=None if bits is None else _constant(building, bits, "the width of a bit-field", 64),
        packed=said.packed,
        aligned=said.aligned,
    )


def _function_pointer(building: Building, _meta: Meta, parts: list[Any]) -> syntax.Declarator:
    name, said = _POINTER_NAME.search(parts[1]), _attributes(building, parts[2])
    return syntax.Declarator(
        at=place(parts[1]),
        name=name[1] if name else "",
        type=_FUNCTION,
        packed=said.packed,
        aligned=said.aligned,
    )


def _padding(building: Building, meta: Meta, parts: list[Any]) -> syntax.Declarator:
    bits = _constant(building, parts[0], "the width of a bit-field", 64)
    return syntax.Declarator(at=meta.start_pos, name="", type=_UNTYPED, bits=bits)


def _typedef(building: Building, meta: Meta, parts: list[Any]) -> syntax.Alias:
    type_, declarator = parts
    if isinstance(type_, syntax.Enumeration):
        type_ = _hoisted_enum(building, replace(type_, name=type_.name or f"({declarator.name})"))
    if isinstance(type_, syntax.Record) and (declarator.pointers or declarator.dimensions):
        named = type_ if type_.name else replace(type_, name=f"({declarator.name})")
        building.hoisted.append(named)
        type_ = syntax.TypeName(at=type_.at, name=f"{'union' if type_.is_union else 'struct'} {named.name}")
    return syntax.Alias(at=meta.start_pos, name=declarator.name, type=_declared(declarator, type_).type)


def _definition(rule: Rule) -> Rule:
    """Return the rule of a definition at the top: it makes those that were within it, then the definition itself."""

    def define(building: Building, meta: Meta, parts: list[Any]) -> tuple[syntax.Definition, ...]:
        node = rule(building, meta, parts)
        made = (*building.hoisted, node)
        building.hoisted.clear()
        return made

    return define


def _setting(building: Building, _meta: Meta, parts: list[Token]) -> syntax.Setting:
    key, _equals, value = parts
    if building.source.part(place(key)).start:
        raise building.source.error(
            place(key), "an imported file has no config", hint="write it into the script that imports this one"
        )
    meant: int | str | None = str(value)
    if value.type == "INTEGER":
        meant = integer(value)
    elif value.type == "STRING":
        meant = unescaped(building, value).decode(errors="replace")
    return syntax.Setting(at=place(key), key=str(key), value=str(value) if meant is None else meant)


def _map_declaration(building: Building, _meta: Meta, parts: list[Any]) -> syntax.MapDeclaration:
    name, _equals, kind, entries = parts
    if entries is None:
        raise building.source.error(
            place(kind), f"{kind}() needs the number of entries", hint=f"write let {name} = {kind}(1024);"
        )
    count = _constant(building, entries, "the size of a map")
    return syntax.MapDeclaration(at=place(name), name=str(name), kind=str(kind), entries=count)


def _import(building: Building, meta: Meta, parts: list[Token]) -> None:
    """Refuse what was not read: the text of an imported file stands in the source, under its name."""
    named = PurePath(unescaped(building, parts[0]).decode(errors="replace"))
    read = any(named.name in PurePath(part.file).parts for part in building.source.parts[1:])
    if not read and named.parts[:1] != ("stdlib",) and building.source.part(meta.start_pos).start == 0:
        raise building.source.error(
            meta.start_pos,
            f"{named} was not read",
            why="what is imported is read with the file of a script, as the user; a text that is typed has none",
            hint="write the script into a file, or copy what it needs into it",
        )


RULES: dict[str, Rule] = {
    "import": _import,
    "cast_type": _type,
    "named_value_type": _type,
    "type_of": _type_of,
    "member_type": _type,
    "stars": lambda _building, _meta, parts: _Stars(len(parts)),
    "dimension": _dimension,
    "record": _record,
    "record_definition": _definition(_record),
    "enumeration": _enumeration,
    "enum_definition": _definition(_enumeration),
    "enumerators": row,
    "enumerator": lambda _building, _meta, parts: (str(parts[0]), parts[-1]),
    "member": _member,
    "declarator": _declarator,
    "function_pointer": _function_pointer,
    "padding": _padding,
    "typedef": _definition(_typedef),
    "forward": lambda _building, _meta, _parts: None,
    "settings": lambda _building, _meta, parts: [part for part in parts if isinstance(part, syntax.Setting)],
    "setting": _setting,
    "map_declaration": _definition(_map_declaration),
}
