"""Macros of the language: each call becomes the block of the macro, as a value, with the arguments put in.

Owns: which definition a call means, and hygiene: a variable that a macro assigns is its own, and it reaches no map that
it was not handed. Refuses to own: what the result means; macros of C (``#define``), which the parser puts in.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tracetop.errors import ScriptError
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import nodes, rewrite
from tracetop.lang.vocabulary.builtins import BUILTINS

_MOST_NODES = 100_000
"""Of all blocks that calls become: macros that call macros double else without end."""
_KINDS = {"$": "a variable", "@": "a map", "": "an expression"}
_LEAVING = {syntax.Return: "return", syntax.Break: "break", syntax.Continue: "continue"}
MADE = "#"
"""Stands in the name of a variable of a macro, before the number of the call: no script can write such a name."""


def expand(source: Source, script: syntax.Script) -> syntax.Script:
    """Return the script with every call of its macros carried out. ScriptError for a call that fits none."""
    if not script.macros:
        return script
    macros = _Macros(source, _by_name(source, script.macros))
    return replace(script, clauses=macros.expanded(script.clauses, ()))


def _by_name(source: Source, macros: tuple[syntax.Macro, ...]) -> dict[str, list[syntax.Macro]]:
    """Return the definitions by name, in the order in which a call tries them."""
    found: dict[str, list[syntax.Macro]] = {}
    for macro in macros:
        _refuse_malformed(source, macro)
        others = found.setdefault(macro.name, [])
        same = next((other for other in others if _covers(other, macro)), None)
        if same is not None:
            line, _column = source.line_and_column(same.at)
            raise source.error(
                macro.at,
                f"the macro {macro.name} takes no call that the one on line {line} does not take before",
                hint="give it another name or number of parameters, or define the one that takes less first",
            )
        others.append(macro)
    return found


def _covers(earlier: syntax.Macro, later: syntax.Macro) -> bool:
    pairs = list(zip(earlier.parameters, later.parameters, strict=False))
    same_number = len(earlier.parameters) == len(later.parameters)
    return same_number and all(_kind(a) in ("", _kind(b)) for a, b in pairs)


def _refuse_malformed(source: Source, macro: syntax.Macro) -> None:
    for i, name in enumerate(macro.parameters):
        if name in macro.parameters[:i]:
            raise source.error(macro.at, f"the macro {macro.name} has two parameters {name}", hint="rename one")
        if name == "args":
            raise source.error(macro.at, "args is the event's own", hint="give the parameter another name")
    for node in nodes((macro.body.body, macro.body.value)):
        if type(node) in _LEAVING and not _is_own(node, macro):
            assert isinstance(node, syntax.Node)
            word = _LEAVING[type(node)]
            raise source.error(
                node.at,
                f"{word} cannot stand in a macro",
                hint="end the block with a value, and decide where it is called",
            )


def _is_own(node: object, macro: syntax.Macro) -> bool:
    """Say whether a ``break`` or ``continue`` is of a loop of the macro's own."""
    loops = [each for each in nodes((macro.body.body, macro.body.value)) if isinstance(each, syntax.While | syntax.For)]
    return not isinstance(node, syntax.Return) and any(node is inner for loop in loops for inner in nodes(loop.body))


def _kind(parameter: str) -> str:
    return parameter[0] if parameter[0] in "$@" else ""


def _takes(parameter: str, argument: syntax.Expr) -> bool:
    kind = _kind(parameter)
    if kind == "@":
        return isinstance(argument, syntax.Map) and not argument.keys
    return isinstance(argument, syntax.Variable) if kind else True


@dataclass
class _Macros:
    """The macros of one script, while its calls are carried out."""

    source: Source
    macros: Mapping[str, list[syntax.Macro]]
    bodies: dict[int, syntax.BlockValue] = field(default_factory=dict)
    """Of macros, by where they stand: with the calls in them carried out."""
    calls: int = 0
    written: int = 0
    """Nodes that the calls have become so far."""

    def expanded(self, root: Any, inside: tuple[str, ...]) -> Any:
        """Return a tree with every call in it carried out; `inside` are the macros that it is the body of."""

        def change(node: syntax.Node) -> syntax.Node:
            match node:
                case syntax.Call(name=name, arguments=arguments) if name in self.macros:
                    return self._call(name, arguments, node.at, inside)
                case syntax.Name(name=name) if name in self.macros and name not in BUILTINS:
                    bare = any(not macro.parameters for macro in self.macros[name])
                    return self._call(name, (), node.at, inside) if bare else node
            return node

        return rewrite(root, change)

    def _call(
        self, name: str, arguments: tuple[syntax.Expr, ...], at: int, inside: tuple[str, ...]
    ) -> syntax.BlockValue:
        macro = self._meant(name, arguments, at)
        if self._label(macro) in inside:
            chain = " > ".join(each.partition("/")[0] for each in (*inside, name))
            raise self.source.error(at, f"the macro {name} calls itself: {chain}", hint="use a loop")
        if macro.at not in self.bodies:
            self.bodies[macro.at] = self.expanded(macro.body, (*inside, self._label(macro)))
        self.calls += 1
        try:
            made = _filled(self.source, macro, self.bodies[macro.at], arguments, self.calls)
        except ScriptError as error:
            raise self.source.used(error, f"the macro {name}", at) from None
        self.written += sum(1 for _ in nodes((made.body, made.value)))
        if self.written > _MOST_NODES:
            raise self.source.error(at, f"the macro {name} unfolds into too much", hint="write it out as a loop")
        return replace(made, macro=name, at=at)

    @staticmethod
    def _label(macro: syntax.Macro) -> str:
        return f"{macro.name}/{macro.at}"

    def _meant(self, name: str, arguments: tuple[syntax.Expr, ...], at: int) -> syntax.Macro:
        """Return the first definition that takes the arguments."""
        definitions = self.macros[name]
        many = [macro for macro in definitions if len(macro.parameters) == len(arguments)]
        for macro in many:
            if all(map(_takes, macro.parameters, arguments)):
                return macro
        if not many:
            numbers = " or ".join(sorted({str(len(macro.parameters)) for macro in definitions}))
            given = "is 1" if len(arguments) == 1 else f"are {len(arguments)}"
            raise self.source.error(
                at,
                f"the macro {name} takes {numbers} argument{'s' if numbers != '1' else ''}, here {given}",
                hint=f"write {_written(definitions[0])}",
            )
        wrong = next(
            (name_, argument)
            for name_, argument in zip(many[0].parameters, arguments, strict=True)
            if not _takes(name_, argument)
        )
        raise self.source.error(
            wrong[1].at,
            f"the macro {name} takes {_KINDS[_kind(wrong[0])]} for {wrong[0]}",
            why="what a macro may change is handed to it by name",
            hint=f"write {_written(many[0])}, or take a value: macro {name}({wrong[0][1:]})",
        )


def _written(macro: syntax.Macro) -> str:
    return f"{macro.name}({', '.join(macro.parameters)})"


def _filled(
    source: Source, macro: syntax.Macro, body: syntax.BlockValue, arguments: tuple[syntax.Expr, ...], number: int
) -> syntax.BlockValue:
    """Return the block with the arguments in place of the parameters, and with variables of its own."""
    given = dict(zip(macro.parameters, map(_as_argument, macro.parameters, arguments), strict=True))
    own = set(_assigned(body)) - set(given)
    for declared in nodes((body.body, body.value)):
        if isinstance(declared, syntax.Let | syntax.For) and declared.name in given:
            raise source.error(declared.at, f"{declared.name} is a parameter already", hint="use another name")

    def name(text: str) -> str:
        return f"{text}{MADE}{number}" if text in own else text

    def change(node: syntax.Node) -> syntax.Node:
        match node:
            case syntax.Name(name=word) if word in given:
                return given[word]
            case syntax.Variable(name=word):
                return replace(given[word], at=node.at) if word in given else replace(node, name=name(word))
            case syntax.Let(name=word) | syntax.For(name=word):
                return replace(node, name=name(word))
            case syntax.Map(name=word) if word in given:
                return replace(node, name=_name_of(given[word]))
            case syntax.Map(name=word):
                raise source.error(
                    node.at,
                    f"{word} was not handed to the macro {macro.name}",
                    why="a macro reaches no map but those that it is called with",
                    hint=f"make it a parameter: macro {macro.name}({', '.join((*macro.parameters, word))})",
                )
        return node

    return rewrite(body, change)


def _as_argument(parameter: str, argument: syntax.Expr) -> syntax.Expr:
    """Return what stands for a parameter: of one that takes a value, a variable or a map is its value there."""
    if not _kind(parameter) and isinstance(argument, syntax.Variable | syntax.Map):
        return syntax.BlockValue(at=argument.at, body=(), value=argument)
    return argument


def _name_of(argument: syntax.Expr) -> str:
    return argument.name if isinstance(argument, syntax.Map | syntax.Variable) else ""


def _assigned(body: syntax.BlockValue) -> Iterator[str]:
    """Yield the names of the variables that a block assigns or declares."""
    for node in nodes((body.body, body.value)):
        match node:
            case syntax.Assign(target=syntax.Variable(name=name)) | syntax.Let(name=name) | syntax.For(name=name):
                yield name
