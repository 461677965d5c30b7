"""A thread's number means its process."""

import os
import threading

import pytest

from tracetop.model.filter import Filter
from tracetop.source.thread_ids import named_process, of_process


def test_a_thread_means_its_process_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    number = thread.native_id
    assert number
    try:
        assert of_process(Filter(number, "x*")) == Filter(os.getpid(), "x*")
        assert named_process(number) == os.getpid()
    finally:
        done.set()
        thread.join()
    assert capsys.readouterr().err == f"note: {number} is a thread of process {os.getpid()}: that process is traced\n"


def test_a_process_is_itself_and_so_is_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert [named_process(number) for number in (0, os.getpid(), 1 << 22)] == [0, os.getpid(), 1 << 22]
    assert of_process(Filter()) == Filter()
    assert capsys.readouterr().err == ""
