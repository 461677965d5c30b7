"""``%gr``: the flags of an allocation (gfp_t) by name, the combinations that have one first, as the kernel prints them.

Facts of include/linux/gfp_types.h as of Linux 6.12; bits without a name are printed in hex. Pure.
"""

_BITS = """
DMA HIGHMEM DMA32 MOVABLE RECLAIMABLE HIGH IO FS ZERO UNUSED DIRECT_RECLAIM KSWAPD_RECLAIM WRITE NOWARN RETRY_MAYFAIL
NOFAIL NORETRY MEMALLOC COMP NOMEMALLOC HARDWALL THISNODE ACCOUNT ZEROTAGS SKIP_ZERO SKIP_KASAN NOLOCKDEP NO_OBJ_EXT
"""
_BIT = {name: 1 << i for i, name in enumerate(_BITS.split())}


def _all(*names: str) -> int:
    return sum(_BIT[name] for name in names)


_RECLAIM = _all("DIRECT_RECLAIM", "KSWAPD_RECLAIM")
_KERNEL = _RECLAIM | _all("IO", "FS")
_USER = _KERNEL | _all("HARDWALL")
_HIGHUSER_MOVABLE = _USER | _all("HIGHMEM", "MOVABLE", "SKIP_KASAN")
_TRANSHUGE_LIGHT = (_HIGHUSER_MOVABLE | _all("COMP", "NOMEMALLOC", "NOWARN")) & ~_RECLAIM
_NAMED = {
    "GFP_TRANSHUGE": _TRANSHUGE_LIGHT | _all("DIRECT_RECLAIM"),
    "GFP_TRANSHUGE_LIGHT": _TRANSHUGE_LIGHT,
    "GFP_HIGHUSER_MOVABLE": _HIGHUSER_MOVABLE,
    "GFP_HIGHUSER": _USER | _all("HIGHMEM"),
    "GFP_USER": _USER,
    "GFP_KERNEL_ACCOUNT": _KERNEL | _all("ACCOUNT"),
    "GFP_KERNEL": _KERNEL,
    "GFP_NOFS": _RECLAIM | _all("IO"),
    "GFP_ATOMIC": _all("HIGH", "KSWAPD_RECLAIM"),
    "GFP_NOIO": _RECLAIM,
    "GFP_DMA": _all("DMA"),
    "GFP_DMA32": _all("DMA32"),
}


def gfp_text(flags: int) -> str:
    """Return the names of the flags with bars between them, 0 for none."""
    flags &= 0xFFFFFFFF
    found: list[str] = []
    for name, bits in (*_NAMED.items(), *((f"__GFP_{name}", bit) for name, bit in _BIT.items())):
        if flags & bits == bits:
            found.append(name)
            flags &= ~bits
    return "|".join([*found, *([f"{flags:#x}"] if flags or not found else [])]) if flags or found else "0"
