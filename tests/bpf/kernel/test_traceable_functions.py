"""A function is known by each of its names."""

from tracetop.bpf.kernel.traceable_functions import with_aliases

KALLSYMS = b"""\
ffffffff81000000 T _stext
ffffffff810b0f90 t __do_sys_getppid
ffffffff810b0f90 T __ia32_sys_getppid
ffffffff810b0f90 T __x64_sys_getppid
ffffffff810b1000 t not_listed
ffffffff810b1000 t its_other_name
ffffffff81200000 D data
ffffffff81200000 t code
ffffffffc0000000 t init_module\t[m]
ffffffffc0000000 t m_init\t[m]
"""


def test_other_names_of_the_same_code_are_added() -> None:
    assert with_aliases({b"__do_sys_getppid", b"code", b"m_init"}, KALLSYMS) == {
        *(b"__do_sys_getppid", b"__ia32_sys_getppid", b"__x64_sys_getppid"),
        *(b"code", b"m_init", b"init_module"),
    }


def test_hidden_addresses_make_no_aliases() -> None:
    assert with_aliases({b"a"}, b"0000000000000000 t a\n0000000000000000 t b\n") == {b"a"}
