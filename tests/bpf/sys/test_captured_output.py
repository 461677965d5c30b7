"""Whatever is printed on descriptors 1 and 2, by C or Python, is caught; the old descriptor 1 stays usable."""

import json
import subprocess
import sys

SCRIPT = """
import ctypes, json, os
from tracetop.bpf.sys.captured_output import CapturedOutput
libc = ctypes.CDLL(None)
print("before")
output = CapturedOutput()
libc.puts(b"from C stdio")
print("from Python")
os.write(2, b"raw \\xff bytes\\n")
first = output.drain()
inner = CapturedOutput()
os.write(1, b"inner")
inside = inner.drain()
inner.restore()
libc.puts(b"again")
second = output.drain()
third = output.drain()
os.write(output.saved_stdout, b"frame\\n")
inheritable = os.get_inheritable(output.saved_stdout)
output.restore()
print("after")
print(json.dumps([first, inside, second, third, inheritable]))
"""


def test_output_is_caught_in_order_and_given_back() -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    before, frame, after, caught = run.stdout.splitlines()
    assert (before, frame, after) == ("before", "frame", "after")
    first, inside, second, third, inheritable = json.loads(caught)
    assert sorted(first.splitlines()) == ["from C stdio", "from Python", "raw \udcff bytes"]
    assert (inside, second, third) == ("inner", "again\n", "")
    assert inheritable is False, "a child must not hold the frame pipe open"
    assert run.stderr == ""
