"""What stands after a dot or an arrow in a script that is still being typed: fields of records and structs.

Owns: finding the type of the expression before it, as far as that can be seen without parsing the rest of the script: a
field of ``args``, a cast, ``curtask``, a variable that was given one of them. Pure.
"""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from tracetop.lang.ctypes.type_table import Definitions, KnownTypes
from tracetop.lang.tree import syntax
from tracetop.model.ctype import CFunction, CKind, CType
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import SHORT

_CHAIN = re.compile(r"(?P<root>\$?\w+|\))(?P<steps>(?:\s*(?:\.|->)\s*\w+|\s*\[[^][]*\])*)\s*$")
_STEP = re.compile(r"(?:\.|->)\s*(\w+)|(\[)")
_CAST = re.compile(r"\(\s*(?P<name>(?:const\s+)?(?:(?:struct|union)\s+)?\w+)\s*(?P<stars>\*+)\s*\)")
_ARGUMENT = re.compile(r"arg(\d)$")
_FUNCTIONS = ("fentry", "fexit")
_DEEPEST = 8
"""Variables that got their value of variables are followed so far."""


class Members:
    """Looks types up in one kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._types = KnownTypes(Definitions(), kernel)

    def after(self, expression: str, clause: str, probes: str) -> list[tuple[str, str]]:
        """Return name and type of what may follow the dot or arrow after `expression`; nothing where that is unknown.

        `clause` is the clause up to there, `probes` its probes.
        """
        if re.search(r"\bargs\s*$", expression):
            return [(name, spelt(type_) if isinstance(type_, CType) else type_) for name, type_ in self._args(probes)]
        found = self._type(expression, clause, probes, _DEEPEST)
        if found and found.kind is CKind.POINTER and found.element:
            found = found.element
        if found is None or found.kind not in (CKind.STRUCT, CKind.UNION):
            return []
        return [(place.member.name, spelt(place.member.type)) for place in self._types.members(found)]

    def _type(self, expression: str, clause: str, probes: str, deepest: int) -> CType | None:
        """Return the type of what `expression` ends with."""
        chain = _CHAIN.search(expression)
        if chain is None or not deepest:
            return None
        steps = [(match[1], bool(match[2])) for match in _STEP.finditer(chain["steps"])]
        found: CType | None
        if chain["root"] == "args":
            found = self._of_record(steps.pop(0)[0], probes) if steps else None
        elif chain["root"] == ")":
            found = self._in_parentheses(expression[: chain.start() + 1], clause, probes, deepest)
        else:
            found = self._root(chain["root"], clause, probes, deepest)
        for name, is_index in steps:
            if found and found.kind in (CKind.POINTER, CKind.ARRAY):
                found = found.element
            if found and not is_index:
                place = self._types.member(found, name)
                found = place.member.type if place else None
        return found

    def _root(self, root: str, clause: str, probes: str, deepest: int) -> CType | None:
        if root == "curtask":
            return self._pointer("struct task_struct", 1)
        if root.startswith("$"):
            given = re.findall(re.escape(root) + r"\s*=(?!=)\s*([^;]+);", clause)
            return self._value(given[-1], clause, probes, deepest - 1) if given else None
        function = self._function(probes)
        argument = _ARGUMENT.match(root)
        if function and argument and int(argument[1]) < len(function.parameters):
            return function.parameters[int(argument[1])].type
        return function.returns if function and root == "retval" else None

    def _value(self, text: str, clause: str, probes: str, deepest: int) -> CType | None:
        """Return the type of a whole expression: what it is cast to, or what it ends with."""
        cast = _CAST.match(text.strip())
        return self._pointer(cast["name"], len(cast["stars"])) if cast else self._type(text, clause, probes, deepest)

    def _in_parentheses(self, text: str, clause: str, probes: str, deepest: int) -> CType | None:
        """Return the type of the parenthesis that `text` ends with."""
        depth = 0
        for i in range(len(text) - 1, -1, -1):
            depth += (text[i] == ")") - (text[i] == "(")
            if not depth:
                return self._value(text[i + 1 : -1], clause, probes, deepest)
        return None

    def _pointer(self, name: str, stars: int) -> CType | None:
        return self._types.resolve(syntax.TypeName(at=0, name=name.replace("const ", ""), pointers=stars))

    def _of_record(self, name: str, probes: str) -> CType | None:
        found = dict(self._args(probes)).get(name)
        if isinstance(found, str):
            base = found.rstrip("* ")
            return self._pointer(base, found.count("*")) if "*" in found else self._kernel.named_type(base)
        return found

    def _args(self, probes: str) -> list[tuple[str, CType | str]]:
        """Return name and type of the fields of ``args``, of the first probe that has any."""
        for kind, parts in _probes(probes):
            if kind == "tracepoint" and len(parts) == 2:
                name = _first(":".join(parts), self._kernel.tracepoint_names())
                format_ = self._kernel.tracepoint(*name.split(":", 1)) if name else None
                if format_:
                    return [(field.name, field.c_type) for field in format_.fields]
        function = self._function(probes)
        return [(parameter.name, parameter.type) for parameter in function.parameters] if function else []

    def _function(self, probes: str) -> CFunction | None:
        """Return what the first probe that has typed arguments is on."""
        for kind, parts in _probes(probes):
            if kind in _FUNCTIONS and parts:
                return self._kernel.function(parts[-1], parts[0] if len(parts) > 1 else "")
            if kind == "rawtracepoint" and parts:
                return self._kernel.raw_tracepoint(parts[-1])
        return None


def _probes(text: str) -> Iterator[tuple[str, list[str]]]:
    for probe in re.split(r"[\s,]+", text.strip()):
        kind, *parts = probe.split(":")
        yield SHORT.get(kind, kind), parts


def _first(pattern: str, names: Iterable[str]) -> str:
    """Return the first of the names that a wildcard means, or the pattern itself where it is not one."""
    if not {*pattern} & {*"*?["}:
        return pattern
    return next((name for name in names if fnmatchcase(name, pattern)), "")


def spelt(c: CType) -> str:
    """Return a type as C writes it."""
    if c.alias:
        return c.alias
    if c.kind is CKind.POINTER:
        return f"{spelt(c.element) if c.element else 'void'} *"
    if c.kind is CKind.ARRAY:
        return f"{spelt(c.element) if c.element else ''}[{c.count or ''}]"
    tagged = c.kind in (CKind.STRUCT, CKind.UNION, CKind.ENUM)
    return f"{c.kind.value} {c.name}" if tagged else c.name or c.kind.value
