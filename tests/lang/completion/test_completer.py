"""Completion: which words are offered at a place of a script that does not parse yet, in a kernel written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang.completion.completer import Completer
from tracetop.lang.completion.probe_names import MOST, best
from tracetop.model.ctype import CField, CFunction, CKind, CParameter, CStruct, CType
from tracetop.model.kernel import UserSymbol
from tracetop.model.kinds import ProbeKind

SOCK = CType(kind=CKind.STRUCT, size=16, name="sock")
PORT = CType(kind=CKind.INT, size=2, name="unsigned short", alias="__be16")
INNER = CType(kind=CKind.STRUCT, size=8, name="sock_common")


def pointer(to: CType) -> CType:
    return CType(kind=CKind.POINTER, size=8, element=to)


@pytest.fixture
def kernel() -> FakeKernel:
    send = CFunction(name="tcp_sendmsg", parameters=(CParameter("sk", pointer(SOCK)),), returns=PORT)
    return FakeKernel(
        structs={
            "sock": CStruct(name="sock", size=16, fields=(CField(name="common", type=INNER, offset=0),)),
            "sock_common": CStruct(name="sock_common", size=8, fields=(CField(name="dport", type=PORT, offset=0),)),
        },
        types={"struct sock": SOCK},
        functions={"tcp_sendmsg": send, "tcp_recvmsg": send, "vfs_read": send},
        paths={"libc": "/lib/libc.so.6"},
        symbols={"/lib/libc.so.6": {name: UserSymbol(name, 1) for name in ("malloc", "free", "mallopt")}},
    )


def words(kernel: FakeKernel, marked: str) -> list[str]:
    """Return what is offered at the ``|`` of a text."""
    text, behind = marked.split("|")
    start, found = Completer(kernel).complete(text + behind, len(text))
    assert text[start:] == "" or len(text) - start <= len(text.split()[-1])
    return [one.word for one in found]


def about(kernel: FakeKernel, text: str, word: str) -> str:
    _, found = Completer(kernel).complete(text, len(text))
    return next(one.about for one in found if one.word == word)


def test_an_empty_script_is_offered_every_kind_of_probe(kernel: FakeKernel) -> None:
    found = words(kernel, "|")
    assert len(found) == len(ProbeKind)
    assert {"tracepoint:", "profile:", "BEGIN"} < {*found}


def test_kinds_that_the_kernel_refuses_come_last_and_say_why(kernel: FakeKernel) -> None:
    kernel.refusals = {ProbeKind.KPROBE: "kprobes are compiled out"}
    assert words(kernel, "|")[-1] == "kprobe:"
    assert about(kernel, "kp", "kprobe:") == "not here: kprobes are compiled out"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("trace|", "tracepoint:"),
        ("tracepoint:sch|", "sched:"),
        ("t:sched:sched_sw|", "sched_switch"),
        ("tracepoint:a:b,\ntracepoint:sched:sched_sw|", "sched_switch"),
        ("tracepoint:switch|", "sched:sched_switch"),
        ("sched_switch|", "tracepoint:sched:sched_switch"),
        ("kprobe:tcp_|", "tcp_recvmsg"),
        ("fentry:vmlinux:vfs|", "vfs_read"),
        ("vfs_r|", "fentry:vfs_read"),
        ("rt:sched_sw|", "sched_switch"),
        ("software:pag|", "page-faults"),
        ("profile:h|", "hz:"),
        ("profile:hz:9|", "99"),
        ("uprobe:libc:mal|", "malloc"),
        ("BEGIN { @a = 1 } tracepoint:sched:sched_sw|", "sched_switch"),
    ],
)
def test_probes_are_completed_from_colon_to_colon(kernel: FakeKernel, text: str, first: str) -> None:
    assert words(kernel, text)[0] == first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tracepoint:sched:sched_switch { @[args.next|", ["next_comm", "next_pid", "next_prio"]),
        ("tracepoint:sched:sched_switch /args->prev_p|/ { }", ["prev_pid", "prev_prio"]),
        ("tracepoint:sched:sched_wak* { @[args.p|", ["pid", "prio", "target_cpu"]),
        ("fentry:tcp_sendmsg { @[args.|", ["sk"]),
        ("fentry:tcp_sendmsg { @[args.sk->|", ["common"]),
        ("fentry:tcp_sendmsg { @[arg0->common.|", ["dport"]),
        ("kprobe:f { $s = (struct sock *)arg0; $c = $s->common; @[$c.|", ["dport"]),
        ("kprobe:f { @[((struct sock *)arg0)->common.d|", ["dport"]),
        ("kprobe:f { @[$unknown->|", []),
        ("kprobe:f { $a = $b; $b = $a; @[$a->|", []),
    ],
)
def test_fields_are_those_of_what_stands_before(kernel: FakeKernel, text: str, expected: list[str]) -> None:
    assert words(kernel, text)[: len(expected)] == expected
    assert expected or not words(kernel, text)


def test_a_field_says_its_type(kernel: FakeKernel) -> None:
    assert about(kernel, "tracepoint:sched:sched_switch { @[args.", "next_pid") == "field: pid_t"
    assert about(kernel, "fentry:tcp_sendmsg { @[args.", "sk") == "field: struct sock *"
    assert about(kernel, "kprobe:f { ((struct sock *)arg0)->common.", "dport") == "field: __be16"


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("BEGIN { @bytes[pid] = cou|", "count()"),
        ("BEGIN { @b = su|", "sum("),
        ("BEGIN { nse|", "nsecs"),
        ("BEGIN { @bytes = 1; @by|", "@bytes"),
        ("BEGIN { $abc = 1; $a|", "$abc"),
        ("kprobe:f /pi|/ { }", "pid"),
        ("kprobe:f /pid/ { whi|", "while"),
        ("uprobe:/bin/sh:main /pi|/ { }", "pid"),
    ],
)
def test_words_of_the_language_are_offered_in_predicates_and_actions(kernel: FakeKernel, text: str, first: str) -> None:
    assert words(kernel, text)[0] == first


@pytest.mark.parametrize(
    "text", ['BEGIN { printf("tr|', "// trace|", "/* trace|", "struct s { int a|", 'BEGIN { printf("a\\"tr|']
)
def test_nothing_is_offered_in_strings_comments_and_definitions(kernel: FakeKernel, text: str) -> None:
    assert words(kernel, text) == []


def test_what_stands_behind_the_cursor_does_not_matter(kernel: FakeKernel) -> None:
    assert words(kernel, "tracepoint:sch| { broken ((( } }") == ["sched:"]


@pytest.mark.parametrize("text", ["}}}|", "{{{ (|", "uprobe:nosuch:|", ")->|", "a ) . |", "\udcff|", "@[->|"])
def test_no_text_is_too_odd(kernel: FakeKernel, text: str) -> None:
    assert isinstance(words(kernel, text), list)


TOKENS = st.sampled_from(
    [
        *("tracepoint:", "sched:", "sched_switch", "uprobe:", "libc:", "args", "arg0", "pid", "$a", "(struct sock *)"),
        *(
            " ",
            "\n",
            "{",
            "}",
            "/",
            "//",
            "/*",
            "*/",
            '"',
            "\\",
            "@",
            "=",
            ";",
            ".",
            "->",
            "(",
            ")",
            "[",
            "]",
            ",",
            "*",
        ),
        *("é", "\udcff"),
    ]
)


@given(st.lists(TOKENS, max_size=30).map("".join), st.integers(-2, 200))
def test_any_text_has_an_answer_that_fits_the_cursor(text: str, at: int) -> None:
    """The unfinished word lies before the cursor, and no more is offered than a person reads."""
    start, found = Completer(FakeKernel()).complete(text, at)
    assert 0 <= start <= max(0, min(at, len(text)))
    assert len(found) <= MOST


def test_a_few_letters_find_the_beginning_then_a_part_then_anything() -> None:
    names = sorted(["xaread", "vfs_read", "read_more", "ksys_ready"])
    assert best("read", names) == ["read_more", "vfs_read", "ksys_ready", "xaread"]


def test_of_many_names_only_the_best_are_offered() -> None:
    kernel = FakeKernel(
        functions={f"some_function_{i}": CFunction(name="", parameters=(), returns=PORT) for i in range(60_000)},
        formats={f"category{i % 50}:event_{i}": () for i in range(2_000)},
    )
    _, found = Completer(kernel).complete("function_5", 10)
    assert len(found) == MOST
    assert all("function_5" in one.word for one in found)
