"""The pass that gives everything a type: syntax tree in, typed tree out.

Owns: clauses, and running over the script until nothing new is learnt of its maps and variables. How statements are
typed is in `statements`, expressions in `expressions`; how uses of one map agree in `scope`.
"""

from collections.abc import Mapping
from dataclasses import replace

from tracetop.errors import did_you_mean
from tracetop.lang.check import loops
from tracetop.lang.check.expressions import check_expr, check_integer
from tracetop.lang.check.learnt import Learnt, MapUse
from tracetop.lang.check.scope import Function, Scope, refuse_undefined
from tracetop.lang.check.statements import check_block
from tracetop.lang.ctypes.definitions import define
from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.options import Options, Settings
from tracetop.lang.resolve import Expansion, HookedClause
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.types import INT64, Form
from tracetop.lang.vocabulary.directives import process_directive
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import Layout, LinearScale, TimeSeries
from tracetop.model.value_kinds import ValueKind

_REGISTERED = loops
"""Imported for what it registers with `statements`."""
_MAP_KINDS = {
    "hash": Layout.HASH,
    "lruhash": Layout.LRU_HASH,
    "percpuhash": Layout.PERCPU_HASH,
    "percpulruhash": Layout.LRU_PERCPU_HASH,
}
"""What ``let @name = KIND(ENTRIES);`` takes."""
_MAX_RUNS = 200
"""Types only widen, one step of a chain of maps a run, so this is never reached by a script that a person wrote."""


def check(
    source: Source,
    expansion: Expansion,
    kernel: Kernel,
    functions: Mapping[str, Function],
    definitions: tuple[syntax.Definition, ...] = (),
    options: Options = Options(),
    settings: Settings = Settings(),
) -> tuple[typed.Script, KnownTypes]:
    """Return the typed tree of a script, and the types that it can name; `functions` are those of the language.

    ScriptError, with its place, for the first thing that makes no sense.
    """
    _refuse_declarations(source, definitions)
    types = KnownTypes(define(source, definitions, kernel), kernel)
    known, settling = Learnt(), False
    for _run in range(_MAX_RUNS):
        learnt = Learnt(outliving=known.outliving)
        clauses = tuple(
            _clause(
                Scope(
                    source,
                    kernel,
                    _types_of(types, hooked.hook),
                    options,
                    settings,
                    hooked.hook,
                    number,
                    known,
                    learnt,
                    check_expr,
                    functions,
                ),
                hooked,
            )
            for number, hooked in enumerate(expansion.clauses)
        )
        if learnt == known or settling:
            learnt, settling = learnt.settled(), True
            if learnt == known:
                break
        known = learnt
    refuse_undefined(source, known)
    declared = {node.name: node for node in definitions if isinstance(node, syntax.MapDeclaration)}
    maps = tuple(_map_type(name, use, declared.get(name), source) for name, use in known.maps.items())
    return typed.Script(clauses, maps), types


def _types_of(types: KnownTypes, hook: Hook) -> KnownTypes:
    """Return the types that a clause on the hook can name."""
    return replace(types, binary=hook.target) if hook.kind.facts.family is Family.USER else types


def _refuse_declarations(source: Source, definitions: tuple[syntax.Definition, ...]) -> None:
    """Raise ScriptError for a map that is declared as nothing that a map can be."""
    for node in definitions:
        if not isinstance(node, syntax.MapDeclaration):
            continue
        if node.kind not in _MAP_KINDS:
            raise source.error(
                node.at,
                f"there are no maps of kind {node.kind}",
                hint=did_you_mean(node.kind, list(_MAP_KINDS), f"write {', '.join(_MAP_KINDS)}"),
            )
        if not node.entries:
            raise source.error(node.at, f"{node.name} has room for nothing", hint="write how many entries it may have")


def _map_type(name: str, use: MapUse, declared: syntax.MapDeclaration | None, source: Source) -> typed.MapType:
    kind = use.kind or ValueKind.SCALAR
    if declared and _MAP_KINDS[declared.kind].is_per_cpu is kind.facts.is_shared:
        held = "one value that all CPUs share" if kind.facts.is_shared else "a value of each CPU"
        meant = {Layout.HASH: "percpuhash", Layout.PERCPU_HASH: "hash", Layout.LRU_HASH: "percpulruhash"}
        mend = meant.get(_MAP_KINDS[declared.kind], "lruhash")
        raise source.error(
            use.at,
            f"{name} is declared as {declared.kind}(), which does not go with what is kept in it",
            why=f"it keeps {held}",
            hint=f"write let {name} = {mend}({declared.entries});",
        )
    value = use.value if use.value.form is not Form.UNKNOWN else INT64
    scale = use.scale
    return typed.MapType(
        name,
        kind,
        use.keys,
        use.labels,
        value,
        linear=scale if isinstance(scale, LinearScale) else None,
        bits=scale if isinstance(scale, int) else 0,
        series=scale if isinstance(scale, TimeSeries) else None,
        entries=declared.entries if declared else 0,
        evicts=declared is not None and _MAP_KINDS[declared.kind].evicts,
    )


def _clause(scope: Scope, hooked: HookedClause) -> typed.Clause:
    clause = hooked.clause
    predicate = None if clause.predicate is None else check_integer(clause.predicate, scope, "a predicate")
    body = check_block(clause.body, scope)
    variables = tuple(
        (name[1:], type_) for (owner, name), type_ in scope.learnt.variables.items() if owner == scope.clause
    )
    line, _column = scope.source.line_and_column(clause.at)
    return typed.Clause(hooked.hook, hooked.probe, clause.at, line, _subject(scope, clause), predicate, body, variables)


def _subject(scope: Scope, clause: syntax.Clause) -> typed.Subject:
    """Return whose event the clause counts: the header line before it says so, else it is the current task's."""
    text, at = process_directive(scope.source, clause.at)
    if scope.hook.kind.facts.is_idle or scope.hook.kind is ProbeKind.ITER or text == "any":
        return typed.Subject(filtered=False)
    if not text:
        return typed.Subject()
    name = text.removeprefix("args->").removeprefix("args.")
    fields = {field.name: field for field in scope.hook.format.fields} if scope.hook.format else {}
    if name == text or name not in fields:
        raise scope.error(
            at,
            f"{text} is not a process of {scope.hook.name}",
            hint=did_you_mean(text, [f"args->{field}" for field in fields], "write any, or a field such as args->pid"),
        )
    return typed.Subject(pid_field=fields[name])
