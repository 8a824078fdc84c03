"""Time and memory of every bad input of ``tests/hostile``: each alone, after everything is imported.

    python benchmarks/hostile_limits.py [PART OF A NAME]

Making the input counts too. As in the tests, no more than 500 MB can be had.
Ends with 1 if one took more than 2 s or 500 MB, or did not get its line.
"""

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.cells.peak_memory import PeakMemory
from harness.errors import BenchError
from tests.hostile.bad_input import told
from tests.hostile.memory import at_most
from tests.hostile.test_bad_inputs import INPUTS, LINES, MAX_BYTES

MAX_SECONDS = 2.0


def measured(name: str) -> tuple[float, int | None, str]:
    """Seconds, growth of the resident size at its peak, and the line that a bad input gets."""
    bad = next(bad for bad in INPUTS if bad.name == name)
    line, before = "", Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("here").mkdir()
        with PeakMemory("cpu") as memory:
            started = time.perf_counter()
            try:
                with at_most(MAX_BYTES):
                    bad.read(Path("here"))
            except BenchError as error:
                line = told(error)
            seconds = time.perf_counter() - started
        os.chdir(before)
    return seconds, memory.process_bytes, line


def main(part: str) -> int:
    logging.disable(logging.WARNING)
    names = [bad.name for bad in INPUTS if part in bad.name]
    for name in {name.partition(": ")[0]: name for name in names}.values():
        measured(name)  # imports what its reader needs
    found = {name: measured(name) for name in names}
    for title, column, unit in (("seconds", 0, 1.0), ("megabytes", 1, 1e6)):
        print(f"most {title}:")
        for name in sorted(found, key=lambda name: -(found[name][column] or 0))[:8]:
            print(f"  {(found[name][column] or 0) / unit:8.2f}  {name}")
    over = [name for name, (seconds, size, _) in found.items() if seconds > MAX_SECONDS or (size or 0) > MAX_BYTES]
    wrong = [name for name, (_, _, line) in found.items() if line != LINES[name]]
    limits = f"{MAX_SECONDS:g} s or {MAX_BYTES / 1e6:g} MB"
    print(f"{len(found)} bad inputs, {len(over)} over {limits}, {len(wrong)} with another line")
    for name in [*over, *wrong]:
        print(f"  {name}: {found[name][2]}")
    return 1 if over or wrong else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
