from pathlib import Path

import numpy as np
import pytest

from harness.cells import peak_memory
from harness.cells.peak_memory import PeakMemory


@pytest.mark.parametrize("is_sampled", [False, True])
def test_only_what_is_held_inside_the_block_counts(
    is_sampled: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if is_sampled:  # as where the kernel does not let the peak be reset
        monkeypatch.setattr(peak_memory, "_CLEAR_REFS", tmp_path / "missing" / "clear_refs")
    before = np.ones(60_000_000)
    del before
    with PeakMemory("cpu") as large:
        block = np.ones(40_000_000)
    del block
    with PeakMemory("cpu") as small:
        pass
    if large.process_bytes is None or small.process_bytes is None:
        pytest.skip("this system does not say how much memory a process has")
    assert 250_000_000 < large.process_bytes < 450_000_000
    assert small.process_bytes < 100_000_000
    assert large.device_bytes is None
