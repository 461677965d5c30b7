"""What the tracer needs of a loaded script: what `bpf` has in `Loaded`, and a test may have without a kernel."""

from collections.abc import Iterable
from typing import Protocol

from tracetop.bpf import Bytes, Ints, MapSample, ProgStats
from tracetop.model.program import Program


class LoadedScript(Protocol):
    """One script in the kernel, from `Loaded.load` to `close`; its methods are described there."""

    @property
    def program(self) -> Program: ...  # noqa: D102
    @property
    def attached(self) -> bool: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def event_fd(self) -> int | None: ...  # noqa: D102

    def run_begin(self) -> None: ...  # noqa: D102
    def attach(self) -> None: ...  # noqa: D102
    def follow_cpus(self) -> None: ...  # noqa: D102
    def detach(self) -> None: ...  # noqa: D102
    def run_end(self) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102

    def set_control(self, value: bytes) -> None: ...  # noqa: D102
    def events(self) -> list[tuple[int, bytes]]: ...  # noqa: D102
    def read(self, map_name: str) -> MapSample: ...  # noqa: D102
    def lookup(self, map_name: str, key: bytes) -> Ints | Bytes | None: ...  # noqa: D102
    def clear(self, map_name: str) -> None: ...  # noqa: D102
    def zero(self, map_name: str) -> None: ...  # noqa: D102
    def delete_keys(self, map_name: str, keys: Bytes) -> int: ...  # noqa: D102
    def stack(self, stack_id: int, map_name: str = "") -> tuple[int, ...]: ...  # noqa: D102
    def delete_stacks(self, stack_ids: Iterable[int], map_name: str = "") -> None: ...  # noqa: D102

    def drops(self) -> dict[str, int]: ...  # noqa: D102
    def missed(self) -> int: ...  # noqa: D102
    def unread(self) -> int: ...  # noqa: D102
    def lost_events(self) -> int: ...  # noqa: D102
    def lost_exits(self) -> int: ...  # noqa: D102
    def stats(self) -> list[ProgStats]: ...  # noqa: D102
