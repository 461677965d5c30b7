"""Functions about processes and threads: ``pid``, ``comm``, ``ppid`` and their like, and what is sent to them."""

from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import HOOK_BUILTINS, of_task
from tracetop.lang.emit.dispatch import fill, value
from tracetop.lang.emit.writer import Writer
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, Form, Type, opaque
from tracetop.lang.vocabulary.builtins import BUILTINS
from tracetop.model.filter import COMM_BYTES
from tracetop.model.program import KeyRole
from tracetop.model.value import Shape

_NAMESPACES = ("init", "curr_ns")


def _number(role: KeyRole, name: str) -> ValueFunction:
    """Return ``pid(namespace)`` or ``tid(namespace)``: here always that of the machine, which the tracer is in."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(0, 1)
        if len(arguments) and arguments.word(0) not in _NAMESPACES:
            raise arguments.error(
                "there is no such namespace", hint=f"write {name}(init) or {name}(curr_ns)", at=arguments.at(0)
            )
        return typed.BuiltinValue(name, Type(size=4, signed=False, role=role))

    return ValueFunction(f"{name}(NAMESPACE)", "as without parentheses; init or curr_ns, the machine's number", check)


_PID = _number(KeyRole.PID, "pid")
_TID = _number(KeyRole.TID, "tid")


def _field(usage: str, about: str, *path: str) -> ValueFunction:
    """Return a function that reads a field of a task, of the current one where none is given."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(0, 1)
        task = arguments.call.arguments[0] if len(arguments) else syntax.Name(at=arguments.call.at, name="curtask")
        return of_task(task, path, arguments.scope)

    return ValueFunction(usage, about, check)


_PPID = _field("ppid(TASK)", "id of a task's parent process", "real_parent", "tgid")
_PCOMM = _field("pcomm(TASK)", "name of a task's parent process", "real_parent", "comm")
_LEADER_COMM = _field("leader_comm(TASK)", "name of a task's process", "group_leader", "comm")


@partial(ValueFunction, "comm(PID)", "name of a process, as it is when it is printed")
def _comm(arguments: Arguments) -> typed.Expr:
    arguments.count(0, 1)
    if not len(arguments):
        return typed.BuiltinValue("comm", BUILTINS["comm"].type)
    number = arguments.integer(0)
    if number.type.form is Form.POINTER:
        at = arguments.at(0)
        raise arguments.error("comm() takes the number of a process", hint="write leader_comm(TASK)", at=at)
    leader = of_task(syntax.Name(at=arguments.call.at, name="curtask"), ("group_leader", "comm"), arguments.scope)
    return typed.MemoryCall(_comm_c, (number, leader), opaque(Shape.COMM, 8 + COMM_BYTES))


def _comm_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    """Write the number, and the name where it is the current process's, which may be gone when it is printed."""
    number, leader = call.arguments
    pid = out.temporary(Type(signed=False), f"(u32){value(number, out)}", "pid")
    out.line(f"*(u64 *)({place}) = {pid};")
    with out.block(f"if ({pid} == bpf_get_current_pid_tgid() >> 32)"):
        fill(leader, f"({place} + 8)", out)


@partial(ValueFunction, "has_cpid()", "whether `tracetop run -c` started a process")
def _has_cpid(arguments: Arguments) -> typed.Expr:
    arguments.count(0)
    return typed.Const(int(arguments.scope.options.child > 0), BOOL)


@partial(ValueFunction, "cpid()", HOOK_BUILTINS["cpid"].about)
def _cpid(arguments: Arguments) -> typed.Expr:
    arguments.count(0)
    return HOOK_BUILTINS["cpid"].value(syntax.Name(at=arguments.call.at, name="cpid"), arguments.scope)
