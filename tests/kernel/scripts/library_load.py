"""A known amount of every kind of work that a bundled script counts; prints as JSON what only this process can know.

Run as ``python -S library_load.py FOLDER``; its name is ``lib-load``.
"""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

OPENS, MISSING, RMDIRS, FORKS, THREADS, PROGRAMS, SIGNALS, CONNECTS, EVENTFDS = 37, 11, 23, 9, 5, 3, 7, 6, 500
CHUNKS, CHUNK_BYTES, DIRECT_WRITES, DIRECT_BYTES, MOVES = 50, 1000, 16, 4096, 20
WAIT_S = 0.4


def stall() -> tuple[socket.socket, list[socket.socket]]:
    """Open more connections than a listener takes: their first packets are dropped and sent again a second later."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    clients = [socket.socket() for _ in range(4)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    return listener, clients


def files(folder: Path) -> None:
    file_path = folder / "library-file"
    file_path.touch()
    for _ in range(OPENS - 2):  # and twice below
        os.close(os.open(file_path, os.O_RDONLY))
    for _ in range(MISSING):
        with suppress(FileNotFoundError):
            os.open(folder / "library-missing", os.O_RDONLY)
    for _ in range(RMDIRS):
        with suppress(FileNotFoundError):
            (folder / "nothing").rmdir()
    with file_path.open("wb", buffering=0) as file:
        for _ in range(CHUNKS):
            file.write(bytes(CHUNK_BYTES))
    descriptor = os.open(file_path, os.O_RDONLY)
    while os.read(descriptor, CHUNK_BYTES):
        pass
    os.close(descriptor)
    direct = os.open(folder / "direct", os.O_CREAT | os.O_WRONLY | os.O_DIRECT)
    page = mmap.mmap(-1, DIRECT_BYTES)
    for _ in range(DIRECT_WRITES):
        os.write(direct, page)
    os.close(direct)


def tasks() -> None:
    for _ in range(FORKS):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    lock = threading.Lock()
    with lock:
        threads = [threading.Thread(target=lock.acquire, args=(True, WAIT_S)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for _ in range(PROGRAMS):
        subprocess.run(["/bin/true", "--library-test"], check=True)
    cpus = sorted(os.sched_getaffinity(0))
    for i in range(MOVES):
        os.sched_setaffinity(0, {cpus[i % len(cpus)]})
    os.sched_setaffinity(0, cpus)


def signals() -> None:
    signal.signal(signal.SIGUSR2, lambda *_: None)
    for _ in range(SIGNALS):
        os.kill(os.getpid(), signal.SIGUSR2)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.sigtimedwait({signal.SIGUSR1}, WAIT_S)


def connections() -> int:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    for _ in range(CONNECTS):
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
        client.close()
        accepted.close()
    return int(listener.getsockname()[1])


def migrations() -> int:
    lines = Path("/proc/self/sched").read_text().splitlines()
    return next(int(line.split()[-1]) for line in lines if line.startswith("se.nr_migrations"))


def faults() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_minflt + used.ru_majflt


def main(folder: Path) -> None:
    ctypes.CDLL(None).prctl(15, b"lib-load", 0, 0, 0)  # PR_SET_NAME
    faults_before, migrations_before = faults(), migrations()
    listener, clients = stall()
    files(folder)
    tasks()
    signals()
    port = connections()
    for _ in range(EVENTFDS):
        os.close(os.eventfd(0))
    pages = mmap.mmap(-1, 256 * mmap.PAGESIZE)
    for i in range(256):
        pages[i * mmap.PAGESIZE] = 1
    time.sleep(1.3)  # until the dropped packets have been sent again
    known = {
        "pid": os.getpid(),
        "port": port,
        "stalled_port": listener.getsockname()[1],
        "faults": faults() - faults_before,
        "migrations": migrations() - migrations_before,
        "clients": len(clients),
    }
    print(json.dumps(known), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
