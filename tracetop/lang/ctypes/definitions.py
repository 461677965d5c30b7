"""A script's own structs, unions, enums and typedefs, from syntax to laid-out types.

Owns: what one definition may use of those before it, and what is said where it uses what is not there. Refuses to own:
where members lie (`struct_layout`) and what names mean elsewhere (`type_table`).
"""

from msgspec import structs

from tracetop.errors import did_you_mean
from tracetop.lang.ctypes.struct_layout import Member, lay_out
from tracetop.lang.ctypes.type_table import Definitions, plain_type, wrapped
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.model.ctype import CKind, CStruct, CType
from tracetop.model.kernel import Kernel

_FIELD_KINDS = frozenset({CKind.INT, CKind.BOOL, CKind.CHAR, CKind.ENUM})
_TAGS = {"struct": CKind.STRUCT, "union": CKind.UNION, "enum": CKind.ENUM}


def define(source: Source, definitions: tuple[syntax.Definition, ...], kernel: Kernel) -> Definitions:
    """Return the types of a script's definitions. ScriptError, with its place, for what C would refuse too.

    A struct may point to itself, or to one that comes later, whose size is known only then: so all are laid out twice.
    """
    made = Definitions()
    for _ in range(2):
        made = _Definer(source, kernel, made).define(definitions)
    return made


class _Definer:
    """Lays definitions out one by one; each can use those before it."""

    def __init__(self, source: Source, kernel: Kernel, ahead: Definitions) -> None:
        self._source = source
        self._kernel = kernel
        self._ahead = ahead
        """All definitions, for what is only pointed to."""
        self._aligns: dict[str, int] = {}
        self.made = Definitions()

    def define(self, definitions: tuple[syntax.Definition, ...]) -> Definitions:
        """Define them all, in this order, and return them."""
        for node in definitions:
            match node:
                case syntax.Record():
                    self._record(node, node.name)
                case syntax.Enumeration():
                    self._enumeration(node)
                case syntax.Alias(name=name):
                    type_ = self._declared_type(node.type, 0, (), f"({name})")
                    self._add(node, name, structs.replace(type_, alias=name))
        return self.made

    def _add(self, node: syntax.Node, name: str, type_: CType) -> None:
        if name in self.made.types:
            raise self._source.error(node.at, f"{name} is defined twice", hint="remove one of the two")
        self.made.types[name] = type_

    def _enumeration(self, node: syntax.Enumeration) -> None:
        values = [value for _, value in node.members]
        signed = min(values, default=0) < 0
        wide = max(values, default=0) >= 1 << (31 if signed else 32) or min(values, default=0) < -(1 << 31)
        size = 8 if wide else 4
        enum = node.name or f"enum::({node.at})"  # of one without a name, one that no script can write
        type_ = CType(kind=CKind.ENUM, size=size, signed=signed, name=enum)
        if node.name:
            self._add(node, f"enum {enum}", type_)
        self.made.enums[enum] = {value: name for name, value in reversed(node.members)}
        for name, value in node.members:
            if name in self.made.constants:
                raise self._source.error(node.at, f"{name} is defined twice", hint="give each enumerator its own name")
            self.made.constants[name] = (value, type_)

    def _record(self, node: syntax.Record, name: str) -> CType:
        """Define a struct or union under a name, which for an anonymous one no script can write."""
        members = []
        for index, declarator in enumerate(node.members):
            type_ = self._declared_type(
                declarator.type, declarator.pointers, declarator.dimensions, f"{name}::({index})"
            )
            self._check_bits(declarator, type_)
            members.append(
                Member(
                    declarator.name,
                    type_,
                    self._align(type_),
                    declarator.bits,
                    declarator.packed,
                    declarator.aligned,
                )
            )
        self._refuse_namesakes(node)
        laid = lay_out(
            tuple(members), self._kernel.arch, is_union=node.is_union, packed=node.packed, aligned=node.aligned
        )
        if laid is None:
            raise self._source.error(
                node.at,
                "a packed bit-field is spread over nine bytes",
                hint="make it narrower, or move it to the front",
            )
        kind = CKind.UNION if node.is_union else CKind.STRUCT
        type_ = CType(kind=kind, size=laid.size, name=name)
        self._add(node, f"{kind.value} {name}", type_)
        self.made.structs[name] = CStruct(name=name, size=laid.size, fields=laid.fields, is_union=node.is_union)
        self._aligns[name] = laid.align
        return type_

    def _refuse_namesakes(self, node: syntax.Record) -> None:
        seen: set[str] = set()
        for declarator in node.members:
            if declarator.name in seen:
                raise self._source.error(
                    declarator.at, f"there are two members {declarator.name}", hint="give each its own name"
                )
            seen |= {declarator.name} - {""}

    def _check_bits(self, declarator: syntax.Declarator, type_: CType) -> None:
        bits = declarator.bits
        if bits is None:
            return
        if type_.kind not in _FIELD_KINDS:
            raise self._source.error(
                declarator.at, "a bit-field is an integer", hint=f"write unsigned int {declarator.name} : {bits}"
            )
        if bits > 8 * type_.size or (not bits and declarator.name):
            raise self._source.error(
                declarator.at,
                f"{declarator.name or 'this bit-field'} cannot have {bits} bits",
                hint=f"its type has 1 to {8 * type_.size}",
            )

    def _declared_type(
        self, written: syntax.TypeName | syntax.Record, pointers: int, dimensions: tuple[int, ...], name: str
    ) -> CType:
        """Return the type of a member or typedef; `name` is for a struct without one."""
        if isinstance(written, syntax.Record):
            return wrapped(self._record(written, written.name or name), pointers, dimensions)
        return wrapped(self._named(written), written.pointers, written.dimensions)

    def _named(self, written: syntax.TypeName) -> CType:
        name = written.name
        found = self.made.types.get(name) or (self._ahead.types.get(name) if written.pointers else None)
        found = found or plain_type(name) or self._kernel.named_type(name)
        tag, _, rest = name.partition(" ")
        if written.pointers and tag in _TAGS and not found:
            return CType(kind=_TAGS[tag], name=rest)
        if found is None or (not found.size and not written.pointers and found.kind is not CKind.ARRAY):
            raise self._source.error(
                written.at,
                f"the type {name} is not known here",
                why="headers are not read; a definition can use those before it, the kernel's types and C's own",
                hint=did_you_mean(
                    name, self.made.types, "define it above, or use a type of the same size, e.g. uint64"
                ),
            )
        return found

    def _align(self, type_: CType) -> int:
        """Return the alignment of a type in bytes."""
        if type_.kind is CKind.ARRAY:
            return self._align(type_.element) if type_.element else 1
        if type_.kind not in (CKind.STRUCT, CKind.UNION):
            return max(1, min(type_.size, 16))
        if type_.name in self._aligns:
            return self._aligns[type_.name]
        struct = self._kernel.struct(type_.name)
        aligns = [(member.offset, self._align(member.type)) for member in (struct.fields if struct else ())]
        return max((align for offset, align in aligns if offset % align == 0), default=1)
