"""Functions on addresses of the network, and on sockets: ``ntop``, ``pton``, ``macaddr``, ``socket_cookie``."""

import socket
from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.emit.dispatch import address, value
from tracetop.lang.emit.prelude import Helper
from tracetop.lang.emit.reads import copy
from tracetop.lang.emit.writer import Writer
from tracetop.lang.functions.memory import target_of
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import UINT64, Form, Type, opaque, spoken
from tracetop.model.ctype import CKind, CType
from tracetop.model.kinds import ProgramType
from tracetop.model.value import Shape

_AF_INET, _AF_INET6 = 2, 10
_ADDRESS = Type(signed=False)
_BYTE = CType(kind=CKind.INT, size=1, name="unsigned char")


@partial(ValueFunction, "macaddr(POINTER)", "a MAC address as text")
def _macaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    operand = arguments.value(0)
    if operand.type.form in (Form.ARRAY, Form.STRING):
        if operand.type.size < 6:
            raise arguments.error("a MAC address has 6 bytes", at=arguments.at(0))
        where: typed.Expr = typed.Unary("&", operand, _ADDRESS)
        user = operand.type.user
    else:
        where = arguments.pointer(0)
        user = arguments.space(where)
    return typed.Call(_macaddr_c, (where,), opaque(Shape.MAC, 8), user)


def _macaddr_c(call: typed.Call, out: Writer) -> str:
    place = out.array(8)
    copy(target_of(call, out), place, Type(form=Form.OPAQUE, size=6), out)
    return f"*(u64 *)({place})"


@partial(ValueFunction, "ntop(FAMILY, ADDRESS)", "an IP address as text; FAMILY may be left out")
def _ntop(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    family = (arguments.integer(0),) if len(arguments) == 2 else ()
    operand = arguments.value(len(arguments) - 1)
    if not operand.type.is_integer and not (operand.type.form is Form.ARRAY and operand.type.size in (4, 16)):
        raise arguments.error(
            f"ntop() takes an address of 4 or 16 bytes, this is {spoken(operand.type)}",
            hint="write ntop(AF_INET, INTEGER) or ntop(ARRAY)",
            at=arguments.at(len(arguments) - 1),
        )
    return typed.MemoryCall(_ntop_c, (*family, operand), opaque(Shape.INET, 24))


def _ntop_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    *families, operand = call.arguments
    in_memory = operand.type.form is Form.ARRAY
    size = operand.type.size if in_memory else 4
    default = str(_AF_INET6 if size == 16 else _AF_INET)
    out.line(f"*(u32 *)({place}) = {value(families[0], out) if families else default};")
    if in_memory:
        copy(address(operand, out), f"({place} + 4)", Type(form=Form.OPAQUE, size=size), out)
    else:
        out.line(f"*(u32 *)({place} + 4) = {value(operand, out)};")


@partial(ValueFunction, 'pton("ADDRESS")', "the bytes of an IP address, 4 or 16 of them")
def _pton(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    text = arguments.literal(0).decode(errors="replace")
    try:
        data = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        raise arguments.error(
            f"{text} is not an IP address", hint="write one as 127.0.0.1 or ::1", at=arguments.at(0)
        ) from None
    array = CType(kind=CKind.ARRAY, size=len(data), element=_BYTE, count=len(data))
    type_ = Type(form=Form.ARRAY, size=len(data), signed=False, c=array, user=False, shape=Shape.ARRAY)
    return typed.Member(typed.Text(data, Type(form=Form.STRING, size=len(data) + 8, signed=False)), 0, type_)


_COOKIE = Helper(
    "tt_socket_cookie", "static u64 (*tt_socket_cookie)(void *socket) = (void *)46;  /* bpf_get_socket_cookie() */\n"
)


@partial(ValueFunction, "socket_cookie(SOCK)", "the kernel's number of a socket, in fentry and fexit")
def _socket_cookie(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    hook = arguments.scope.hook
    if hook.kind.facts.program is not ProgramType.TRACING:
        raise arguments.error(
            f"socket_cookie() cannot be used in {hook.name}",
            why="the kernel allows it in fentry and fexit only",
            hint="use fentry, or the address of the sock as its number",
        )
    return typed.Call(_socket_cookie_c, (arguments.pointer(0),), UINT64)


def _socket_cookie_c(call: typed.Call, out: Writer) -> str:
    return f"{out.need(_COOKIE)}((void *){value(call.arguments[0], out)})"
