"""A syntax tree as text: every operator in parentheses, every statement on one line; what parser tests compare."""

from functools import singledispatch

from tracetop.lang.tree import syntax


@singledispatch
def show(node: object) -> str:
    """Return the text of a node."""
    raise AssertionError(node)


def _listed(nodes: tuple[syntax.Expr, ...]) -> str:
    return ", ".join(show(node) for node in nodes)


def _block(body: tuple[syntax.Statement, ...]) -> str:
    return f"{{ {''.join(show(statement) + '; ' for statement in body)}}}"


@show.register
def _integer(node: syntax.Integer) -> str:
    return str(node.value)


@show.register
def _string(node: syntax.String) -> str:
    shown = (chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}" for byte in node.value)
    return f'"{"".join(shown)}"'


@show.register
def _name(node: syntax.Name | syntax.Variable) -> str:
    return node.name


@show.register
def _parameter(node: syntax.Parameter) -> str:
    return f"${node.index or '#'}"


@show.register
def _map(node: syntax.Map) -> str:
    return f"{node.name}[{_listed(node.keys)}]" if node.keys else node.name


@show.register
def _access(node: syntax.Access) -> str:
    return f"{show(node.base)}.{node.field}"


@show.register
def _index(node: syntax.Index) -> str:
    return f"{show(node.base)}[{show(node.index)}]"


@show.register
def _unary(node: syntax.Unary) -> str:
    return f"({node.op}{show(node.operand)})"


@show.register
def _binary(node: syntax.Binary) -> str:
    return f"({show(node.left)} {node.op} {show(node.right)})"


@show.register
def _ternary(node: syntax.Ternary) -> str:
    return f"({show(node.condition)} ? {show(node.then)} : {show(node.otherwise)})"


@show.register
def _type(node: syntax.TypeName) -> str:
    return node.name + "*" * node.pointers + "".join(f"[{count or ''}]" for count in node.dimensions)


@show.register
def _cast(node: syntax.Cast) -> str:
    return f"(({show(node.to)}){show(node.operand)})"


@show.register
def _tuple(node: syntax.Tuple) -> str:
    return f"({_listed(node.items)},)"


@show.register
def _sizeof(node: syntax.SizeOf) -> str:
    return f"sizeof({show(node.of)})"


@show.register
def _offsetof(node: syntax.OffsetOf) -> str:
    return f"offsetof({show(node.of)}, {'.'.join(node.path)})"


@show.register
def _step(node: syntax.Step) -> str:
    return f"({node.op}{show(node.target)})" if node.prefix else f"({show(node.target)}{node.op})"


@show.register
def _call(node: syntax.Call) -> str:
    return f"{node.name}({_listed(node.arguments)})"


@show.register
def _assign(node: syntax.Assign) -> str:
    return f"{show(node.target)} {node.op} {show(node.value)}"


@show.register
def _evaluate(node: syntax.Evaluate) -> str:
    return show(node.value)


@show.register
def _if(node: syntax.If) -> str:
    otherwise = f" else {_block(node.otherwise)}" if node.otherwise else ""
    return f"if {show(node.condition)} {_block(node.then)}{otherwise}"


@show.register
def _let(node: syntax.Let) -> str:
    type_ = f": {show(node.type)}" if node.type else ""
    return f"let {node.name}{type_}" + (f" = {show(node.value)}" if node.value else "")


@show.register
def _while(node: syntax.While) -> str:
    return f"while {show(node.condition)} {_block(node.body)}"


@show.register
def _range(node: syntax.Range) -> str:
    return f"{show(node.low)}..{show(node.high)}"


@show.register
def _for(node: syntax.For) -> str:
    return f"for {node.name} : {show(node.over)} {_block(node.body)}"


@show.register
def _unroll(node: syntax.Unroll) -> str:
    return f"unroll {show(node.count)} {_block(node.body)}"


@show.register
def _nested(node: syntax.Block) -> str:
    return _block(node.body)


@show.register
def _jump(node: syntax.Break | syntax.Continue) -> str:
    return type(node).__name__.lower()


@show.register
def _return(node: syntax.Return) -> str:
    return f"return {show(node.value)}" if node.value else "return"


@show.register
def _member(node: syntax.Declarator) -> str:
    written = show(node.type) + "*" * node.pointers + "".join(f"[{count or ''}]" for count in node.dimensions)
    return f"{written} {node.name}".rstrip() + ("" if node.bits is None else f" : {node.bits}")


@show.register
def _record(node: syntax.Record) -> str:
    head = f"{'packed ' if node.packed else ''}{'union' if node.is_union else 'struct'} {node.name}".rstrip()
    return f"{head} {{ {''.join(show(member) + '; ' for member in node.members)}}}"


@show.register
def _enumeration(node: syntax.Enumeration) -> str:
    return f"enum {node.name} {{ {', '.join(f'{name} = {value}' for name, value in node.members)} }}"


@show.register
def _alias(node: syntax.Alias) -> str:
    return f"typedef {show(node.type)} {node.name}"


@show.register
def _declaration(node: syntax.MapDeclaration) -> str:
    return f"let {node.name} = {node.kind}({node.entries})"
