from typing import Any

import pytest

from harness.config import RunSettings
from harness.errors import SettingsError
from harness.execution import sizing
from harness.execution.sizing import (
    Offer,
    WorkerSize,
    check_fit,
    check_workers,
    processes_of_cells,
    size_notes,
    size_workers,
)
from tests.support.cells import make_cell


def size_on(
    monkeypatch: pytest.MonkeyPatch, *, cores: int, gpus: int = 0, cells: int = 100, **asked: Any
) -> WorkerSize:
    monkeypatch.setattr(sizing, "num_cores", lambda: cores)
    monkeypatch.setattr(sizing, "num_gpus", lambda: gpus)
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


@pytest.mark.parametrize(("asked", "expected"), [(0, 0), (1, 0), (2, 2), (5, 3)])
def test_there_are_as_many_workers_as_asked_for_but_never_more_than_cells(
    monkeypatch: pytest.MonkeyPatch, asked: int, expected: int
) -> None:
    assert size_on(monkeypatch, cores=4, workers=asked, cells=3).workers == expected


def test_more_workers_than_cores_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=2, workers=5) == size(5, 1)


def test_the_workers_of_a_cluster_take_one_core_whatever_this_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=2, workers=4, address="head:6379") == size(4, 1)


def test_a_cluster_has_a_worker_for_each_of_its_gpus_or_cores() -> None:
    settings = RunSettings(address="head:6379")
    assert size_workers(settings, 100, Offer(cores=64, gpus=12)) == size(12, 1, 1.0)
    assert size_workers(settings, 100, Offer(cores=64, gpus=0)) == size(64, 1)


def test_a_single_cell_on_a_cluster_still_goes_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, cells=1, address="head:6379") == size(1, 1)


def test_a_ray_of_this_machine_s_own_is_counted_like_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=8, address="local") == size(8, 1)


def test_what_was_asked_for_is_what_a_worker_has(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"workers": 2, "cpus_per_worker": 0.5, "gpus_per_worker": 0.1}
    assert size_on(monkeypatch, cores=16, gpus=1, **asked) == size(2, 0.5, 0.1)


def test_more_workers_than_this_machine_can_carry_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "num_cores", lambda: 2)
    (note,) = size_notes(size(5, 1), RunSettings())
    assert note.startswith("5 workers with 1 cores each share the 2 cores of this machine")
    assert size_notes(size(2, 1), RunSettings()) == []
    assert size_notes(size(5, 1), RunSettings(address="head:6379")) == []


@pytest.mark.parametrize(("workers", "each", "fit"), [(5, 1, 4), (3, 2, 2), (9, 0.5, 8), (9, 0.4, 8), (3, 1.5, 2)])
def test_more_than_fit_are_refused(workers: int, each: float, fit: int) -> None:
    with pytest.raises(SettingsError, match=rf"{workers} workers with {each} GPUs each: .* enough for {fit}\."):
        check_fit(workers, each, 4)


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("each", [None, 0.1, 0.3, 0.4, 1])
def test_a_size_that_was_not_asked_for_always_fits(
    monkeypatch: pytest.MonkeyPatch, number: int, each: float | None
) -> None:
    for workers in range(1, 33) if each is None else [None]:
        found = size_on(monkeypatch, cores=4, gpus=number, workers=workers, gpus_per_worker=each)
        check_fit(found.workers, found.gpus_per_worker, number)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"device": "cuda", "gpus_per_worker": 0}, "--device cuda: the workers have no GPU"),
        ({"device": "cuda:1"}, r"--device cuda:1: .* expected --device cuda with CUDA_VISIBLE_DEVICES=1"),
        ({"workers": 0, "address": "head:6379"}, "expected at least 1 worker with --address, or no --address"),
        ({"workers": 0, "data_parallel": 2}, "--data-parallel 2 needs workers"),
    ],
)
def test_workers_that_could_not_run_a_cell_are_refused(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(sizing, "num_gpus", lambda: 4)
    settings = RunSettings(**{"workers": 2, **asked})
    with pytest.raises(SettingsError, match=message):
        check_workers(size_workers(settings, 10), settings)


def test_idle_gpus_join_when_cells_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert size_on(monkeypatch, cores=16, gpus=8, cells=2) == size(8, 2, 1.0)
    assert size_on(monkeypatch, cores=16, gpus=8, cells=2, data_parallel=1) == size(2, 8, 1.0)


@pytest.mark.parametrize(("batch", "most", "expected"), [(6, 4, 3), (8, 4, 4), (1, 4, 1), (0, 4, 1), (7, 4, 1)])
def test_auto_takes_the_largest_divisor_of_the_batch_that_there_are_gpus_for(
    batch: int, most: int, expected: int
) -> None:
    cell = make_cell("a")
    assert processes_of_cells([cell], {cell.id: batch}, "auto", most) == {cell.id: expected}


def test_a_number_of_processes_is_for_the_cells_that_can_be_divided() -> None:
    one, other = make_cell("a"), make_cell("b")
    assert processes_of_cells([one, other], {one.id: 8, other.id: 1}, 2, 1) == {one.id: 2, other.id: 1}
    with pytest.raises(SettingsError, match="no cell of this run can be trained by several processes"):
        processes_of_cells([other], {other.id: 1}, 2, 1)
