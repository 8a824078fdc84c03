import os
import tempfile

import numpy as np
import pytest
import torch

from mfrnet.disk_rows import DiskRows, release, reserve


def test_rows_come_back_as_they_were_written_in_any_order() -> None:
    values = torch.randn(7, 3, 2, 4, generator=torch.Generator().manual_seed(0)).half()
    rows = DiskRows.of(iter((values[:4], values[4:6], values[6:])), 7)
    assert (len(rows), rows.shape) == (7, (7, 3, 2, 4))
    assert torch.equal(rows[torch.tensor([6, 0, 0])], values[[6, 0, 0]])
    assert torch.equal(rows[3], values[3])
    # Once more, because the pages were given back after the first look.
    assert torch.equal(rows[torch.arange(7)], values)


def test_rows_lie_in_memory_as_those_of_a_tensor_with_its_channels_last() -> None:
    values = torch.randn(5, 3, 2, 4).to(memory_format=torch.channels_last)
    rows, chosen = DiskRows.of([values], 5), torch.tensor([4, 0])
    assert rows[chosen].stride() == values[chosen].stride()
    assert rows[1].stride() == values[1].stride()


def test_what_is_read_is_a_copy() -> None:
    rows = DiskRows.of([torch.zeros(2, 2, 1, 1)], 2)
    rows[0].fill_(1)
    assert not rows[0].any()


def test_an_array_in_memory_is_left_alone() -> None:
    array = np.ones(3)
    release(array)
    assert array.tolist() == [1, 1, 1]


def test_a_file_that_is_reserved_has_no_holes() -> None:
    with tempfile.TemporaryFile() as file:
        reserve(file, 1_000_000)
        status = os.fstat(file.fileno())
    assert status.st_size == 1_000_000
    assert status.st_blocks * 512 >= 1_000_000


def test_a_disk_without_room_is_an_error() -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(OSError, match=r"No space left|too large"):
        reserve(file, 2**60)
