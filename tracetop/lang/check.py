"""The pass that gives everything a type: syntax tree in, typed tree out.

Owns: statements, clauses, and running over the script until nothing new is learnt of its maps and variables. How
expressions are typed is in `expressions`, how uses of one map agree in `scope`.
"""

from dataclasses import replace
from functools import singledispatch

from tracetop.lang import syntax, typed
from tracetop.lang.expressions import arithmetic, check_expr, check_integer, check_keys, check_step, unusable_call
from tracetop.lang.functions import AGGREGATIONS, MAP_FUNCTIONS
from tracetop.lang.header import process_directive
from tracetop.lang.probes import Expansion, HookedClause
from tracetop.lang.scope import Learnt, MapUse, Scope, undefined_map
from tracetop.lang.source import Source
from tracetop.lang.suggest import did_you_mean
from tracetop.lang.types import INT64, UNKNOWN, Form, Type
from tracetop.model.kernel import Kernel
from tracetop.model.program import KeyRole, ProbeKind, ValueKind

_MAX_RUNS = 10
"""Types only widen, so this is never reached by a script that a person wrote."""
_UNFILTERED = frozenset({ProbeKind.BEGIN, ProbeKind.END, ProbeKind.INTERVAL})
_MAX_KEY_PARTS = 16
_ADDED_UP = frozenset({ValueKind.COUNT, ValueKind.SUM})


def check(source: Source, expansion: Expansion, kernel: Kernel) -> typed.Script:
    """Return the typed tree of a script. ScriptError, with its place, for the first thing that makes no sense."""
    known = Learnt()
    for _run in range(_MAX_RUNS):
        learnt = Learnt()
        clauses = tuple(
            _clause(Scope(source, kernel, hooked.hook, number, known, learnt), hooked)
            for number, hooked in enumerate(expansion.clauses)
        )
        if learnt == known:
            break
        known = learnt
    undefined = undefined_map(source, known)
    if undefined:
        raise undefined
    for name, use in known.maps.items():
        _check_stacks(source, name, use)
    return typed.Script(clauses, tuple(_map_type(name, use) for name, use in known.maps.items()))


def _check_stacks(source: Source, name: str, use: MapUse) -> None:
    """Refuse a map keyed by a stack that a call tree cannot show."""
    stacks = [key for key in use.keys if key.role is KeyRole.KSTACK]
    if stacks and use.kind not in _ADDED_UP:
        raise source.error(
            use.at,
            f"{name} is keyed by a stack and holds no count",
            why="a call tree adds up what is below each function",
            mend=f"write {name}[…] = count(), or sum()",
        )
    if len(stacks) > 1:
        raise source.error(use.at, f"{name} is keyed by {len(stacks)} stacks", mend="leave one of them")


def _map_type(name: str, use: MapUse) -> typed.MapType:
    value = use.value if use.value.form is not Form.UNKNOWN else INT64
    kind = use.kind or ValueKind.SCALAR
    return typed.MapType(name, kind, use.keys, use.labels, value, use.linear)


def _clause(scope: Scope, hooked: HookedClause) -> typed.Clause:
    clause = hooked.clause
    predicate = None if clause.predicate is None else check_integer(clause.predicate, scope, "a predicate")
    body = _block(clause.body, scope)
    variables = tuple(
        (name[1:], type_) for (owner, name), type_ in scope.learnt.variables.items() if owner == scope.clause
    )
    line, _column = scope.source.line_and_column(clause.at)
    return typed.Clause(hooked.hook, hooked.probe, clause.at, line, _subject(scope, clause), predicate, body, variables)


def _subject(scope: Scope, clause: syntax.Clause) -> typed.Subject:
    """Return whose event the clause counts: the header line before it says so, else it is the current task's."""
    text, at = process_directive(scope.source, clause.at)
    if scope.hook.kind in _UNFILTERED or text == "any":
        return typed.Subject(filtered=False)
    if not text:
        return typed.Subject()
    name = text.removeprefix("args->").removeprefix("args.")
    fields = {field.name: field for field in scope.hook.format.fields} if scope.hook.format else {}
    if name == text or name not in fields:
        raise scope.error(
            at,
            f"{text} is no process of {scope.hook.name}",
            mend=did_you_mean(text, [f"args->{field}" for field in fields], "write any, or a field such as args->pid"),
        )
    return typed.Subject(pid_field=fields[name])


def _block(statements: tuple[syntax.Statement, ...], scope: Scope) -> tuple[typed.Statement, ...]:
    return tuple(check_statement(statement, scope) for statement in statements)


@singledispatch
def check_statement(node: syntax.Statement, _scope: Scope) -> typed.Statement:
    """Return the typed tree of a statement."""
    raise AssertionError(f"no check for {node}")


@check_statement.register
def _assign(node: syntax.Assign, scope: Scope) -> typed.Statement:
    if isinstance(node.target, syntax.Variable):
        return _assign_variable(node, node.target, scope)
    return _assign_map(node, node.target, scope)


def _assign_variable(node: syntax.Assign, target: syntax.Variable, scope: Scope) -> typed.Statement:
    value = check_expr(node.value, scope)
    if node.op != "=":
        value = _combined(node, scope, scope.variable(target), value)
    scope.assign_variable(target, _whole(value.type))
    return typed.SetVariable(target.name[1:], value)


def _assign_map(node: syntax.Assign, target: syntax.Map, scope: Scope) -> typed.Statement:
    slot = scope.use_map(target, check_keys(target, scope))
    if len(slot.keys) > _MAX_KEY_PARTS:
        raise scope.error(target.at, f"{target.name} has {len(slot.keys)} keys", mend=f"use at most {_MAX_KEY_PARTS}")
    if isinstance(node.value, syntax.Call) and node.value.name in AGGREGATIONS:
        if node.op != "=":
            raise scope.error(node.at, f"{node.value.name}() is assigned with =", mend=f"write {target.name} = …")
        arguments = tuple(check_expr(argument, scope) for argument in node.value.arguments)
        return AGGREGATIONS[node.value.name](scope, target, slot, node.value, arguments)
    value = check_expr(node.value, scope)
    kind = ValueKind.SCALAR if value.type.is_integer else ValueKind.STRING
    # A number that is spelt out takes the meaning of what else is stored: `@start[tid] = 0` stores no time.
    spelt_out = isinstance(value, typed.Const)
    scope.assign_map(target, kind, UNKNOWN if spelt_out else _whole(value.type))
    if node.op == "=":
        return typed.Store(slot, value)
    current = typed.MapValue(slot, scope.map_value(target))
    combined = _combined(node, scope, current, value)
    if node.op == "+=":
        return typed.Add(slot, value)
    if node.op == "-=":
        return typed.Add(slot, typed.Unary("-", value, INT64))
    return typed.Store(slot, combined)


def _combined(node: syntax.Assign, scope: Scope, current: typed.Expr, value: typed.Expr) -> typed.Expr:
    if not (current.type.is_integer and value.type.is_integer):
        raise scope.error(node.at, f"{node.op} does not go with strings", mend="use = to assign a string")
    return arithmetic(node.op[:-1], current, value)


def _whole(type_: Type) -> Type:
    """Return the type that a place for such values has: integers are kept whole, 64 bits wide."""
    if type_.form is not Form.INTEGER or type_.size == 8:
        return type_
    return replace(type_, size=8, signed=True)


@check_statement.register
def _evaluate(node: syntax.Evaluate, scope: Scope) -> typed.Statement:
    value = node.value
    if isinstance(value, syntax.Step):
        target, _type = check_step(value, scope)
        one = typed.Const(1 if value.op == "++" else -1)
        if isinstance(target, typed.VarValue):
            return typed.SetVariable(target.name, arithmetic("+", target, one))
        return typed.Add(target, one)
    if isinstance(value, syntax.Call) and value.name in MAP_FUNCTIONS:
        return _map_call(value, scope)
    if isinstance(value, syntax.Call) and value.name in AGGREGATIONS:
        raise unusable_call(value, scope)
    return typed.Evaluate(check_expr(value, scope))


def _map_call(call: syntax.Call, scope: Scope) -> typed.Statement:
    first, *rest = call.arguments or (None,)
    if not isinstance(first, syntax.Map) or (first.keys and rest):
        raise scope.error(call.at, f"{call.name}() takes a map", mend=f"write {call.name}(@name)")
    # Since 0.22 bpftrace also writes delete(@map, key).
    node = replace(first, keys=tuple(rest)) if rest else first
    return MAP_FUNCTIONS[call.name](scope, call, node, check_keys(node, scope))


@check_statement.register
def _if(node: syntax.If, scope: Scope) -> typed.Statement:
    condition = check_integer(node.condition, scope, "a condition")
    return typed.If(condition, _block(node.then, scope), _block(node.otherwise, scope))


@check_statement.register
def _return(_node: syntax.Return, _scope: Scope) -> typed.Statement:
    return typed.Return()
