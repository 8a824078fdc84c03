"""Processes that form a ``torch.distributed`` group on the CPU, without ports."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, multiprocessing

NUM_PROCESSES = 2


def run_in_group(work: Callable[[Path], Any], folder: Path) -> list[Any]:
    """Call ``work(folder)`` in each of two processes of a group; its results in the order of the ranks."""
    multiprocessing.spawn(_run, (work, folder), nprocs=NUM_PROCESSES)
    return [torch.load(folder / f"result{rank}", weights_only=False) for rank in range(NUM_PROCESSES)]


def _run(rank: int, work: Callable[[Path], Any], folder: Path) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder / 'rendezvous'}", rank=rank, world_size=NUM_PROCESSES
    )
    torch.save(work(folder), folder / f"result{rank}")
    distributed.destroy_process_group()
    # All is written. Threads of torch can abort a process while Python shuts down ("terminate called without an active
    # exception"), which would be taken for a failure of the work.
    os._exit(0)
