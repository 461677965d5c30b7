"""Both ends of the tracer's pipes: whole messages from cut-up bytes, and none lost when the pipe is full."""

import os
from collections.abc import Iterator

import pytest

from tracetop.errors import TracerError
from tracetop.model.wire import messages as m
from tracetop.tracer.pipe import Inbox, Outbox


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for descriptor in (read, write):
        try:
            os.close(descriptor)
        except OSError:
            continue


def log(size: int) -> m.LogLines:
    return m.LogLines(("x" * size,))


def test_an_inbox_without_bytes_has_no_command_and_does_not_block(pipe: tuple[int, int]) -> None:
    inbox = Inbox(pipe[0])
    assert (list(inbox.commands()), inbox.closed) == ([], False)


def test_an_inbox_whose_screen_has_gone_is_closed(pipe: tuple[int, int]) -> None:
    inbox = Inbox(pipe[0])
    os.write(pipe[1], m.encode(m.Reset()))
    os.close(pipe[1])
    assert (list(inbox.commands()), inbox.closed) == ([m.Reset()], False)
    assert (list(inbox.commands()), inbox.closed) == ([], True)


def test_a_message_is_no_command(pipe: tuple[int, int]) -> None:
    inbox = Inbox(pipe[0])
    os.write(pipe[1], m.encode(log(3)))
    with pytest.raises(TracerError):
        list(inbox.commands())


def test_a_full_pipe_blocks_nothing_and_loses_nothing(pipe: tuple[int, int]) -> None:
    """Messages larger than the pipe, and many after them, arrive whole and in order."""
    outbox, splitter = Outbox(pipe[1]), m.Splitter()
    messages = [log(3 << 20), log(1), log(200_000), log(2)]
    for message in messages:
        outbox.send(message)
    assert outbox.blocked
    heard: list[m.Message] = []
    while len(heard) < len(messages):
        heard += map(m.decode_message, splitter.feed(os.read(pipe[0], 1 << 16)))
        outbox.flush()
    assert heard == messages
    assert not outbox.blocked


def test_a_reader_that_has_gone_is_a_broken_pipe(pipe: tuple[int, int]) -> None:
    outbox = Outbox(pipe[1])
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        outbox.send(log(1))
