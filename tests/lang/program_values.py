"""Random expressions of a wanted type: the values of `programs`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
Kind = str | tuple["Kind", ...]
"""``int``, ``str``, or of a tuple its parts."""
INT, STR = "int", "str"
Maker = Callable[["Values", int], str]
"""Makes an expression, of parts that are at most so deep."""


@dataclass(frozen=True)
class Hook:
    """A probe, and the expressions that only it has."""

    probe: str
    integers: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    has_stack: bool = False


@dataclass(frozen=True)
class MapOf:
    """A map of the script: its keys, and what it holds: a kind of value, or the name of an aggregation."""

    name: str
    keys: tuple[Kind, ...]
    holds: Kind
    is_aggregation: bool = False


_BUILTINS = ("pid", "tid", "uid", "gid", "nsecs", "cpu", "elapsed", "ncpus", "rand", "numaid", "cgroup", "$1", "$#")
_CASTS = ("uint8", "int8", "uint16", "int32", "uint32", "int64", "uint64", "unsigned long", "size_t", "bool")
_SIZES = ("uint64", "int8", "unsigned int", "struct task_struct *", "uint8[4]")
_LITERALS = st.one_of(
    st.integers(0, 9).map(str),
    st.integers(0, (1 << 63) - 1).map(str),
    st.integers(0, 1 << 40).map(hex),
    st.integers(1, 511).map(lambda value: f"0{value:o}"),
    st.sampled_from(["1e3", "1_000", "10ms", "1s", "5u", "7ULL", "0x0f", "2us", "true", "false"]),
)
_WORDS = st.sampled_from(["", "sh", "bash", "a b", "x\\n", "\\x41", "100%", '\\"q\\"', "é"])
_ARITHMETIC = ("+", "-", "*", "&", "|", "^")
_LOGIC = ("==", "!=", "<", "<=", ">", ">=", "&&", "||")


@dataclass
class Values:
    """Draws expressions within one clause; it knows the variables and maps that may be read there."""

    draw: st.DrawFn
    hook: Hook
    maps: tuple[MapOf, ...]
    variables: dict[str, Kind] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """All variables of the clause, those of closed blocks too."""

    def declare(self, prefix: str, kind: Kind) -> str:
        """Return the name of a new variable, which can be read from here on."""
        name = f"{prefix}{len(self.names)}"
        self.names.append(name)
        self.variables[name] = kind
        return name

    def pick(self, *choices: T) -> T:
        """Return one of some things."""
        return self.draw(st.sampled_from(choices))

    def of(self, kind: Kind, depth: int = 2) -> str:
        """Return an expression of a kind; `depth` bounds what is in it."""
        if kind == INT:
            return self.integer(depth)
        if kind == STR:
            return self.string(depth)
        return "(" + ", ".join(self.of(part, depth - 1) for part in kind) + ("," if len(kind) == 1 else "") + ")"

    def integer(self, depth: int = 2) -> str:
        """Return an expression of an integer."""
        plain: list[Maker] = [_literal, _builtin, *(self._readers(INT) if depth >= 0 else ())]
        make: Maker = self.pick(*plain, *(_INTEGERS if depth > 0 else ()))
        return make(self, depth - 1)

    def string(self, depth: int = 1) -> str:
        """Return an expression of a string."""
        plain: list[Maker] = [_word, _comm, *(self._readers(STR) if depth >= 0 else ())]
        make: Maker = self.pick(*plain, *(_STRINGS if depth > 0 else ()))
        return make(self, depth - 1)

    def key(self, of: MapOf, depth: int = 1) -> str:
        """Return the brackets that name an entry of a map, empty for a map without keys."""
        keys = [self.of(kind, depth) for kind in of.keys]
        if len(keys) > 1 and self.pick(False, False, True):
            return f"[({', '.join(keys)})]"
        return f"[{', '.join(keys)}]" if keys else ""

    def _readers(self, kind: Kind) -> list[Maker]:
        """Return what makes reads of variables, parts of tuples, maps and fields of that kind."""
        fields = self.hook.integers if kind == INT else self.hook.strings
        texts = [*fields, *(path for name, of in self.variables.items() for path in _paths(name, of, kind))]
        maps = [of for of in self.maps if of.holds == kind and not of.is_aggregation]
        return [*(_written(text) for text in texts), *(_entry(of) for of in maps)]


def _written(text: str) -> Maker:
    return lambda _values, _depth: text


def _entry(of: MapOf) -> Maker:
    return lambda values, depth: f"{of.name}{values.key(of, depth)}"


def _paths(name: str, of: Kind, wanted: Kind) -> list[str]:
    """Return how a variable, or a part of it where it is a tuple, is written that is of the wanted kind."""
    if of == wanted:
        return [name]
    if isinstance(of, str):
        return []
    return [path for number, part in enumerate(of) for path in _paths(f"{name}.{number}", part, wanted)]


def _literal(values: Values, _depth: int) -> str:
    return values.draw(_LITERALS)


def _builtin(values: Values, _depth: int) -> str:
    return values.pick(*_BUILTINS)


def _word(values: Values, _depth: int) -> str:
    return f'"{values.draw(_WORDS)}"'


def _comm(_values: Values, _depth: int) -> str:
    return "comm"


def _arithmetic(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} {values.pick(*_ARITHMETIC, *_LOGIC)} {values.integer(depth)})"


def _unbracketed(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} + {values.integer(depth)} * {values.integer(depth)})"


def _division(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} {values.pick('/', '%')} {values.pick('3', '10', '1000', '(pid + 1)')})"


def _shift(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} {values.pick('<<', '>>')} {values.draw(st.integers(0, 63))})"


def _unary(values: Values, depth: int) -> str:
    return f"{values.pick('!', '~', '-')}({values.integer(depth)})"


def _cast(values: Values, depth: int) -> str:
    return f"({values.pick(*_CASTS)})({values.integer(depth)})"


def _choice(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} ? {values.integer(depth)} : {values.integer(depth)})"


def _comparison(values: Values, depth: int) -> str:
    return f"({values.string(depth)} {values.pick('==', '!=')} {values.string(depth)})"


def _size(values: Values, _depth: int) -> str:
    return f"sizeof({values.pick(*_SIZES)})"


def _string_function(values: Values, depth: int) -> str:
    text, word = values.string(depth), f'"{values.draw(_WORDS)}"'
    return values.pick(f"strncmp({text}, {word}, 3)", f"strcontains({text}, {word})", f"strlen({text})")


def _swap(values: Values, depth: int) -> str:
    return f"bswap((uint32)({values.integer(depth)}))"


def _part(values: Values, depth: int) -> str:
    return f"({values.string(0)}, {values.integer(depth)}).1"


def _string_choice(values: Values, depth: int) -> str:
    return f"({values.integer(depth)} ? {values.string(depth)} : {values.string(depth)})"


def _string_part(values: Values, depth: int) -> str:
    return f"({values.integer(0)}, {values.string(depth)}).1"


_INTEGERS: tuple[Maker, ...] = (
    _arithmetic,
    _arithmetic,
    _unbracketed,
    _division,
    _shift,
    _unary,
    _cast,
    _choice,
    _comparison,
    _size,
    _string_function,
    _swap,
    _part,
)
_STRINGS: tuple[Maker, ...] = (_string_choice, _string_part)
