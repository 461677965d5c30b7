"""Reads and writes the kernel's maps in batches, into buffers that are used again and again.

Owns: bpf(2)'s element and batch commands on one map, and the walk where a kernel has no batches. Refuses to own:
what values mean (`cpu_merge`). The tracer's one thread.
"""

import ctypes
import errno
import os
from contextlib import suppress

import numpy as np

from tracetop.bpf.maps.cpu_merge import Bytes
from tracetop.bpf.sys.syscalls import BatchAttr, ElementAttr, bpf
from tracetop.bpf.sys.sysfs import possible_cpus
from tracetop.bpf.sys.uapi import BPF_EXIST, ENOTSUPP, Command
from tracetop.model.program import Layout

_FIRST_ROOM = 512
"""Keys that a hash map's buffers hold at first; doubled whenever a read does not fit."""
_NO_BATCH = {errno.EINVAL, errno.EOPNOTSUPP, ENOTSUPP}


class KernelMap:
    """One map in the kernel, by its descriptor (which somebody else closes)."""

    def __init__(self, descriptor: int, layout: Layout, *, key_size: int, value_size: int, max_entries: int) -> None:
        self._descriptor = descriptor
        self._is_array = layout.is_array
        self._max_entries = max_entries
        # The kernel rounds a per-CPU value up to 8 bytes; a plain one is as long as it is.
        self._value_bytes = (value_size + 7) // 8 * 8 * possible_cpus() if layout.is_per_cpu else value_size
        self._batched = True
        # The cursor of a hash is a bucket's number in 32 bits, that of an array a key.
        self._cursor = np.zeros(max(key_size, 8), np.uint8)
        room = max_entries if self._is_array else min(_FIRST_ROOM, max_entries)
        self._keys = np.empty((room, key_size), np.uint8)
        self._values = np.empty((room, self._value_bytes), np.uint8)

    def read(self) -> tuple[Bytes, Bytes]:
        """Return keys (rows, key_size) and raw values (rows, bytes of all CPUs): views that the next read reuses."""
        rows = self._read_batches() if self._batched else None
        if rows is None:
            self._batched = False
            rows = self._read_walking()
        return self._keys[:rows], self._values[:rows]

    def lookup(self, key: bytes) -> bytes | None:
        """Return one raw value, or None where there is no such key."""
        value = ctypes.create_string_buffer(self._value_bytes)
        wanted = ctypes.create_string_buffer(key, len(key))
        try:
            self._element(Command.MAP_LOOKUP_ELEM, ctypes.addressof(wanted), ctypes.addressof(value))
        except FileNotFoundError:
            return None
        return value.raw

    def update(self, key: bytes, value: bytes) -> None:
        """Write one raw value. ValueError where it has not the map's length."""
        if len(value) != self._value_bytes:
            raise ValueError(f"a value of {len(value)} bytes for a map of {self._value_bytes}")
        wanted = ctypes.create_string_buffer(key, len(key))
        new = ctypes.create_string_buffer(value, len(value))
        self._element(Command.MAP_UPDATE_ELEM, ctypes.addressof(wanted), ctypes.addressof(new))

    def clear(self) -> None:
        """Delete every key; of an array, whose keys stay, write zero to every value."""
        if self._is_array:
            self.zero()
        else:
            self.delete(self.read()[0])

    def zero(self) -> None:
        """Write zero to the value of every key that is there."""
        keys, values = self.read()
        values[:] = 0
        # What a batch left undone (no batches here, or a key that was deleted meanwhile) is written one by one.
        flags = 0 if self._is_array else BPF_EXIST
        done, _ = self._batch(Command.MAP_UPDATE_BATCH, keys, values, elem_flags=flags)
        for key, value in zip(keys[done:], values[done:], strict=True):
            with suppress(FileNotFoundError):
                self._element(Command.MAP_UPDATE_ELEM, key.ctypes.data, value.ctypes.data, flags)

    def delete(self, keys: Bytes) -> int:
        """Delete these keys (rows, key_size) of a hash map; return how many were there."""
        keys = np.ascontiguousarray(keys)
        deleted = start = 0
        while start < len(keys):
            done, error = self._batch(Command.MAP_DELETE_BATCH, keys[start:], None)
            deleted += done
            start += done
            if error == errno.ENOENT:  # the batch stops at a key that is gone
                start += 1
            elif error in _NO_BATCH:
                return deleted + self._delete_singly(keys[start:])
            elif error:
                raise OSError(error, os.strerror(error))
        return deleted

    def _delete_singly(self, keys: Bytes) -> int:
        deleted = 0
        for key in keys:
            with suppress(FileNotFoundError):
                self._element(Command.MAP_DELETE_ELEM, key.ctypes.data, 0)
                deleted += 1
        return deleted

    def _read_batches(self) -> int | None:
        """Fill the buffers, growing them as needed; return the rows, or None where the kernel has no such batch.

        Percpu arrays have it since Linux commit f008d732ab18 ("bpf: Add batched ops support for percpu array"), v5.13.
        """
        rows, begun = 0, False
        while True:
            done, error = self._batch(
                Command.MAP_LOOKUP_BATCH, self._keys[rows:], self._values[rows:], out_batch=True, in_batch=begun
            )
            rows += done
            begun = True
            if error == errno.ENOENT or (self._is_array and not error):
                return rows
            if error in _NO_BATCH and not rows:
                return None
            if error not in (0, errno.ENOSPC):
                raise OSError(error, os.strerror(error))
            # The room was too small for the rest; ENOSPC: for the next bucket of the hash, which comes whole or not.
            self._grow(rows)

    def _read_walking(self) -> int:
        """Fill the buffers key by key; a map that changes meanwhile may show a key twice or not at all."""
        rows, previous = 0, 0
        while rows < self._max_entries:
            if rows == len(self._keys):
                self._grow(rows)
            key = self._keys[rows].ctypes.data
            try:
                self._element(Command.MAP_GET_NEXT_KEY, previous, key)
            except FileNotFoundError:
                break
            self._cursor[: self._keys.shape[1]] = self._keys[rows]
            previous = self._cursor.ctypes.data
            with suppress(FileNotFoundError):  # deleted meanwhile
                self._element(Command.MAP_LOOKUP_ELEM, key, self._values[rows].ctypes.data)
                rows += 1
        return rows

    def _grow(self, rows: int) -> None:
        """Double the buffers, keeping the first `rows` rows."""
        for name in ("_keys", "_values"):
            old: Bytes = getattr(self, name)
            new = np.empty((2 * len(old), old.shape[1]), np.uint8)
            new[:rows] = old[:rows]
            setattr(self, name, new)

    def _batch(
        self,
        command: Command,
        keys: Bytes,
        values: Bytes | None,
        *,
        elem_flags: int = 0,
        out_batch: bool = False,
        in_batch: bool = False,
    ) -> tuple[int, int]:
        """Do one batch command; return how many elements it did, and the errno or 0."""
        cursor = self._cursor.ctypes.data
        attr = BatchAttr(
            in_batch=cursor if in_batch else 0,
            out_batch=cursor if out_batch else 0,
            keys=keys.ctypes.data,
            values=0 if values is None else values.ctypes.data,
            count=len(keys),
            map_fd=self._descriptor,
            elem_flags=elem_flags,
        )
        if not len(keys):
            return 0, 0
        try:
            bpf(command, attr)
        except OSError as error:
            # Only these two say how far they came; with others the count is still the one that was asked for.
            code = error.errno or errno.EIO
            return (attr.count if code in (errno.ENOENT, errno.ENOSPC) else 0), code
        return attr.count, 0

    def _element(self, command: Command, key: int, value: int, flags: int = 0) -> None:
        bpf(command, ElementAttr(map_fd=self._descriptor, key=key, value=value, flags=flags))
