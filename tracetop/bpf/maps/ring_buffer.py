"""Reads the kernel's ring buffer: what programs send to user space, in the order that they reserved it.

Owns: the two mappings of the map and the layout of its records (Documentation/bpf/ringbuf.rst). Refuses to own: what a
record means. The tracer's one thread, which is the buffer's only reader.
"""

import mmap
import struct

from tracetop.bpf.sys.uapi import BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT

_WORD = 8
_RECORD_HEADER = struct.Struct("=II")
_LENGTH = BPF_RINGBUF_DISCARD_BIT - 1


class RingBuffer:
    """One ring buffer. Its map's `descriptor`, which somebody else closes, is readable while there is something."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        self.descriptor = descriptor
        self._mask = size_bytes - 1
        page = mmap.PAGESIZE
        self._consumer = mmap.mmap(descriptor, page)
        # The data stand there twice, one after the other, so that a record that wraps around is in one piece.
        self._producer = mmap.mmap(descriptor, page + 2 * size_bytes, prot=mmap.PROT_READ, offset=page)
        # A cast view reads and writes whole words: the kernel never sees half of a position, nor is seen half-way.
        self._consumed = memoryview(self._consumer).cast("Q")
        self._produced = memoryview(self._producer)[:_WORD].cast("Q")
        self._data = memoryview(self._producer)[page:]
        self._headers = self._data.cast("I")

    def read(self) -> list[bytes]:
        """Return the records that are complete, at most one buffer full, and free their room.

        Records are copied in one piece and taken apart after their room is free. The first one that its program
        has not yet committed ends the reading: records after it wait for it.
        """
        start = self._consumed[0]
        end, lengths = self._complete(start, self._produced[0])
        if end == start:
            return []
        first = start & self._mask
        copied = bytes(self._data[first : first + end - start])
        self._consumed[0] = end
        records, at = [], 0
        for length in lengths:
            size = length & _LENGTH
            if not length & BPF_RINGBUF_DISCARD_BIT:
                records.append(copied[at + _RECORD_HEADER.size : at + _RECORD_HEADER.size + size])
            at += _room(size)
        return records

    def close(self) -> None:
        """Unmap the buffer."""
        for view in (self._headers, self._data, self._produced, self._consumed):
            view.release()
        self._producer.close()
        self._consumer.close()

    def _complete(self, start: int, end: int) -> tuple[int, list[int]]:
        """Return where the complete records between two positions end, and the length words of their headers."""
        headers, mask, lengths, at = self._headers, self._mask, [], start
        while at < end:
            length = headers[(at & mask) >> 2]
            if length & BPF_RINGBUF_BUSY_BIT:
                break
            lengths.append(length)
            at += _room(length & _LENGTH)
        return at, lengths


def _room(size: int) -> int:
    """Return the bytes that a record takes: its header, its data, and padding to a whole word."""
    return _RECORD_HEADER.size + size + _WORD - 1 & -_WORD
