import os
from typing import Any

import pytest

from harness.config import RunSettings
from harness.execution import execute as execute_module
from harness.execution.sizing import WorkerSize, size_workers


def size_on(
    monkeypatch: pytest.MonkeyPatch, *, cores: int, gpus: int = 0, cells: int = 100, **asked: Any
) -> WorkerSize:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    monkeypatch.setattr(execute_module, "num_gpus", lambda: gpus)
    return size_workers(RunSettings(**asked), cells)


def size(workers: int, cpus: float, gpus: float = 0.0) -> WorkerSize:
    return WorkerSize(workers=workers, cpus_per_worker=cpus, gpus_per_worker=gpus)


def test_without_a_gpu_there_is_a_worker_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=8) == size(8, 1)


def test_fewer_cells_than_cores_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=8, cells=3) == size(3, 2)


@pytest.mark.parametrize(("cores", "cells"), [(8, 1), (1, 100)])
def test_a_single_worker_is_this_process_with_every_core(
    monkeypatch: pytest.MonkeyPatch, cores: int, cells: int
) -> None:
    assert size_on(monkeypatch, cores=cores, cells=cells) == size(0, cores)


def test_wide_workers_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=8, cpus_per_worker=3) == size(2, 3)


def test_a_worker_wider_than_the_machine_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=2, cpus_per_worker=4) == size(0, 4)


def test_with_gpus_there_is_a_worker_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=4) == size(4, 4, 1.0)


def test_a_share_of_a_gpu_gives_more_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=1, gpus_per_worker=0.25) == size(4, 4, 0.25)


def test_several_gpus_a_worker_give_fewer_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=4, gpus_per_worker=2) == size(2, 8, 2.0)


def test_one_gpu_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=1).workers == 0


def test_more_workers_than_gpus_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=2, workers=4) == size(4, 4, 0.5)


def test_shares_of_a_gpu_never_add_up_to_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=1, workers=3).gpus_per_worker == 0.33


def test_a_worker_takes_one_gpu_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=4, workers=2).gpus_per_worker == 1.0


@pytest.mark.parametrize("workers", [0, 1, 5])
def test_the_number_of_workers_that_was_asked_for_is_kept(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    assert size_on(monkeypatch, cores=4, workers=workers, cells=2).workers == workers


def test_more_workers_than_cores_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=2, workers=5) == size(5, 1)


def test_a_cluster_s_workers_take_one_core_whatever_this_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=2, workers=4, address="head:6379") == size(4, 1)


def test_a_single_cell_on_a_cluster_still_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, cells=1, address="head:6379") == size(1, 1)


def test_a_ray_of_this_machine_s_own_is_counted_like_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=8, address="local") == size(8, 1)


def test_what_was_asked_for_is_what_a_worker_has(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"workers": 2, "cpus_per_worker": 0.5, "gpus_per_worker": 0.1}
    assert size_on(monkeypatch, cores=16, gpus=1, **asked) == size(2, 0.5, 0.1)
