"""Rust's names, of both ways to mangle them; the long ones are from the RFC's own examples and from rustc."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.abi.rust_names import demangle_rust, without_hash

CRATE = "Cs32gj3y4fnmh_4main"


@pytest.mark.parametrize(
    ("symbol", "spoken"),
    [
        ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
        ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"),
        (f"_RNvMNt{CRATE}6shapesINtB2_6CirclefE4areaB4_", "<main::shapes::Circle<f32>>::area"),
        (f"_RINv{CRATE}4showeEB2_", "main::show::<str>"),
        (f"_RNvM{CRATE}INtB2_3ArrKj7_E3lenB2_", "<main::Arr<7>>::len"),
        (f"_RNCNv{CRATE}4main0B3_", "main::main::{closure#0}"),
        (f"_RNCNv{CRATE}4mains_0B3_", "main::main::{closure#1}"),
        (
            "_RNvXs1i_NtCsgEmfK2I1SDS_4core3fmtRlNtB6_7Display3fmtCs32gj3y4fnmh_4main",
            "<&i32 as core::fmt::Display>::fmt",
        ),
        ("_RNvYNtC1a1bNtC1c1d1e", "<a::b as c::d>::e"),
        ("_RINvC1a1fTlmEE", "a::f::<(i32, u32)>"),
        ("_RINvC1a1fThEE", "a::f::<(u8,)>"),
        ("_RINvC1a1fSRhE", "a::f::<[&u8]>"),
        ("_RINvC1a1fQAhj3_E", "a::f::<&mut [u8; 3]>"),
        ("_RINvC1a1fPxE", "a::f::<*const i64>"),
        ("_RINvC1a1fFUKCyEzE", 'a::f::<unsafe extern "C" fn(u64) -> !>'),
        ("_RINvC1a1fFG_RL0_hEuE", "a::f::<for<'a> fn(&'a u8)>"),
        ("_RINvC1a1fDNtC1b1TEL_E", "a::f::<dyn b::T>"),
        ("_RINvC1a1fDNtC1b1Tp5OtherlEL_E", "a::f::<dyn b::T<Other = i32>>"),
        ("_RINvC1a1fKb1_E", "a::f::<true>"),
        ("_RINvC1a1fKln2a_E", "a::f::<-42>"),
        ("_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y", "utf8_idents::საჭმელად_გემრიელი_სადილი"),
        ("_RNvC1a1f.llvm.12", "a::f"),
    ],
)
def test_a_name_of_v0(symbol: str, spoken: str) -> None:
    assert demangle_rust(symbol) == spoken


@pytest.mark.parametrize(
    "symbol", ["_ZN1a1bEv", "main", "_R", "_RNvC1a", "_RNvC9a1b", "_RB_", "_RINvB_1aB_E", "_RNvNvNv"]
)
def test_what_is_no_name_of_v0(symbol: str) -> None:
    assert demangle_rust(symbol) is None


def test_a_name_that_refers_back_to_itself_over_and_over_ends() -> None:
    doubled = "_RINvC1a1f" + "T" + "h" + "".join(f"TB{i}_B{i}_E" for i in "89abcdefghijklmnopqrstuvwxyz") + "EE"
    demangle_rust(doubled)
    assert demangle_rust("_R" + "Nv" * 5000 + "C1a1b") is None


@given(st.text("_RNvCs0123456789abcETSABKIMXY", max_size=60))
def test_no_text_is_a_fault(text: str) -> None:
    demangle_rust(f"_R{text}")


@pytest.mark.parametrize(
    ("spoken", "plain"),
    [
        ("main::count::h0123456789abcdef", "main::count"),
        (
            "_$LT$main..shapes..Circle$LT$T$GT$$u20$as$u20$main..Named$GT$::name::h0123456789abcdef",
            "<main::shapes::Circle<T> as main::Named>::name",
        ),
        ("core::ptr::drop_in_place$LT$$RF$$u5b$u8$u5d$$GT$::h0123456789abcdef", "core::ptr::drop_in_place<&[u8]>"),
        ("main::main::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef", "main::main::{{closure}}"),
        ("app::Pool::add(int)", "app::Pool::add(int)"),
        ("app::f::hash", "app::f::hash"),
    ],
)
def test_a_name_of_the_older_way(spoken: str, plain: str) -> None:
    assert without_hash(spoken) == plain
