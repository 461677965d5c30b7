"""Kernel addresses to names, from the text of /proc/kallsyms."""

from tracetop.bpf.symbols.kallsyms import KernelSymbols

KALLSYMS = b"""\
ffffffff81000000 T _text
ffffffff81000000 T _stext
ffffffff81000100 t do_one
ffffffff81000180 D some_data
ffffffff81000200 W do_two
ffffffffc0001000 t late_one\t[ext4]
ffffffffc0000000 t early_one\t[nf tables]
"""


def symbols(text: bytes = KALLSYMS) -> KernelSymbols:
    return KernelSymbols(lambda: text)


def test_an_address_is_in_the_symbol_before_it() -> None:
    assert symbols().name(0xFFFFFFFF81000100) == ("do_one", 0)
    assert symbols().name(0xFFFFFFFF810001FF) == ("do_one", 0xFF)
    assert symbols().name(0xFFFFFFFF81000200) == ("do_two", 0)


def test_data_is_no_function() -> None:
    assert symbols().name(0xFFFFFFFF81000190) == ("do_one", 0x90)


def test_of_several_names_the_first_is_taken() -> None:
    assert symbols().name(0xFFFFFFFF81000010) == ("_text", 0x10)


def test_a_modules_function_names_its_module_wherever_it_stands() -> None:
    assert symbols().name(0xFFFFFFFFC0000010) == ("early_one [nf tables]", 0x10)
    assert symbols().name(0xFFFFFFFFC0001010) == ("late_one [ext4]", 0x10)


def test_far_behind_a_symbol_is_not_in_it() -> None:
    assert symbols().name(0xFFFFFFFFA0000000) == ("0xffffffffa0000000", 0)
    assert symbols().name(0x10) == ("0x10", 0)


def test_a_program_loaded_after_the_first_look_up_gets_its_name() -> None:
    reads: list[bytes] = []

    def read() -> bytes:
        reads.append(KALLSYMS + (b"ffffffffd0000000 t bpf_prog_x\t[bpf]\n" if reads else b""))
        return reads[-1]

    lookup = KernelSymbols(read)
    assert lookup.name(0xFFFFFFFF81000100) == ("do_one", 0)
    assert lookup.name(0xFFFFFFFFD0000008) == ("bpf_prog_x [bpf]", 8)
    assert len(reads) == 2


def test_odd_addresses_do_not_read_the_list_for_ever() -> None:
    reads: list[int] = []

    def read() -> bytes:
        reads.append(1)
        return KALLSYMS

    lookup = KernelSymbols(read)
    for page in range(100):
        lookup.name(0x1000 * page)
    assert len(reads) < 10


def test_hidden_addresses_are_said_to_be_hidden() -> None:
    hidden = symbols(b"0000000000000000 T _text\n0000000000000000 t do_one\n")
    assert hidden.hidden
    assert hidden.name(0xFFFFFFFF81000100) == ("0xffffffff81000100", 0)
    assert not symbols().hidden
