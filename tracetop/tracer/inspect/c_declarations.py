"""Types of C as text: a parameter, a member, a whole struct or enum, as a header would declare them.

Pure.
"""

from collections.abc import Callable, Iterator, Mapping

from tracetop.model.ctype import CFunction, CKind, CStruct, CType

_TAGS = {CKind.STRUCT: "struct", CKind.UNION: "union", CKind.ENUM: "enum"}
FindStruct = Callable[[str], CStruct | None]


def declaration(type_: CType, name: str = "") -> str:
    """Return ``struct file *file``, ``char comm[16]``, ``void (*func)(…)``; without a name the type alone."""
    if type_.alias:
        return f"{type_.alias} {name}".rstrip()
    if type_.kind is CKind.POINTER and type_.element:
        wrapped = f"({'*' + name})" if type_.element.kind in (CKind.ARRAY, CKind.FUNCTION) else f"*{name}"
        return declaration(type_.element, wrapped)
    if type_.kind is CKind.ARRAY and type_.element:
        return declaration(type_.element, f"{name}[{type_.count or ''}]")
    if type_.kind is CKind.FUNCTION:
        return f"void {name}(…)"
    tag = _TAGS.get(type_.kind, "")
    return " ".join(filter(None, (tag, type_.name or type_.kind.value, name)))


def function_lines(function: CFunction, *, returns: bool = False) -> tuple[str, ...]:
    """Return one line a parameter, and with `returns` one for the result, called ``retval``: ``struct sock * sk``."""
    lines = [_parameter(each.type, each.name or f"arg{i}") for i, each in enumerate(function.parameters)]
    if returns and function.returns.kind is not CKind.VOID:
        lines.append(_parameter(function.returns, "retval"))
    return tuple(lines)


def _parameter(type_: CType, name: str) -> str:
    """Return a parameter as the formats of tracepoints write one, where it is no more than pointers."""
    to, stars = type_, ""
    while to.kind is CKind.POINTER and to.element is not None and not to.alias:
        to, stars = to.element, f"{stars}*"
    if not stars or to.kind in (CKind.ARRAY, CKind.FUNCTION):
        return declaration(type_, name)
    return f"{declaration(to)} {stars} {name}"


def struct_lines(struct: CStruct, find: FindStruct) -> tuple[str, ...]:
    """Return the lines of a struct's or union's definition; anonymous members stand inside with theirs."""
    head = "union" if struct.is_union else "struct"
    return (f"{head} {struct.name} {{", *_members(struct, find, "\t"), "};")


def enum_lines(name: str, values: Mapping[int, str]) -> tuple[str, ...]:
    """Return the lines of an enum's definition."""
    return (f"enum {name} {{", *(f"\t{each} = {value}," for value, each in values.items()), "};")


def _members(struct: CStruct, find: FindStruct, indent: str) -> Iterator[str]:
    for field in struct.fields:
        base, dimensions = _element(field.type)
        is_named = bool(base.alias) or base.name.isidentifier()
        inner = find(base.name) if base.kind in (CKind.STRUCT, CKind.UNION) and not is_named else None
        if inner is None:
            width = f": {field.bits}" if field.bits else ""
            yield f"{indent}{declaration(field.type, field.name)}{width};"
            continue
        yield f"{indent}{'union' if inner.is_union else 'struct'} {{"
        yield from _members(inner, find, indent + "\t")
        yield f"{indent}}}{f' {field.name}{dimensions}' if field.name else ''};"


def _element(type_: CType) -> tuple[CType, str]:
    """Return what an array consists of and its dimensions; any other type and nothing."""
    if type_.kind is not CKind.ARRAY or type_.element is None or type_.alias:
        return type_, ""
    inner, dimensions = _element(type_.element)
    return inner, f"[{type_.count or ''}]{dimensions}"
