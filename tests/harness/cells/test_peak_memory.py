import numpy as np
import pytest

from harness.cells.peak_memory import PeakMemory


def test_only_what_is_held_inside_the_block_counts() -> None:
    before = np.ones(60_000_000)
    del before
    with PeakMemory("cpu") as large:
        block = np.ones(40_000_000)
    del block
    with PeakMemory("cpu") as small:
        pass
    if large.process_bytes is None or small.process_bytes is None:
        pytest.skip("this system does not let a process reset its peak")
    assert 250_000_000 < large.process_bytes < 450_000_000
    assert small.process_bytes < 100_000_000
    assert large.device_bytes is None
