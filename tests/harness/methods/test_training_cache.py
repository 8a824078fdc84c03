import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from harness.cached_folders import lock_of
from harness.errors import DataError
from harness.images import ImageSet, View
from harness.methods import training_cache
from harness.methods.base import MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.methods.mfrnet import MFRNetMethod
from harness.methods.training_cache import TrainingCache
from mfrnet import MFRNetSettings
from mfrnet.tensor_file import save_tensors
from tests.support.cells import TINY_SETTINGS
from tests.support.image_sets import image_set

SETTINGS = MFRNetSettings(**TINY_SETTINGS)


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    return image_set(tmp_path / "images", 6, (32, 32))


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seed of every training that was not taken from the cache."""
    seeds: list[int] = []
    of_mfrnet = training_cache.train

    def train(*arguments: Any) -> Any:
        seeds.append(arguments[2])
        return of_mfrnet(*arguments)

    monkeypatch.setattr(training_cache, "train", train)
    return seeds


def fitted(
    tmp_path: Path, images: ImageSet, cache: TrainingCache | None, seed: int = 0, **changes: Any
) -> NDArray[np.float32]:
    context = MethodContext(seed=seed, device="cpu", features=FeatureCache(tmp_path / "features"), trainings=cache)
    method = MFRNetMethod(replace(SETTINGS, **changes), context)
    method.fit(images, lambda done, total, loss: None)
    return np.concatenate([maps.maps_BHW for maps in method.score(images)])


def test_fits_that_differ_in_what_follows_training_train_once(
    tmp_path: Path, images: ImageSet, trainings: list[int]
) -> None:
    for changes in ({}, {"n": 3}, {"map_cosine": 1.0, "context_scaling": 0.0}):
        cache = TrainingCache(tmp_path / "trainings")
        shared = fitted(tmp_path, images, cache, **changes)
        assert np.array_equal(shared, fitted(tmp_path, images, None, **changes))
    assert trainings == [0]


@pytest.mark.parametrize("change", [{"seed": 1}, {"k": 3}, {"steps": 6}, {"layers": (2,)}])
def test_what_training_reads_is_trained_anew(
    tmp_path: Path, images: ImageSet, trainings: list[int], change: dict[str, Any]
) -> None:
    cache = TrainingCache(tmp_path / "trainings")
    fitted(tmp_path, images, cache)
    fitted(tmp_path, images, cache, **change)
    assert len(trainings) == 2


@pytest.mark.parametrize(
    "other",
    [
        lambda images: replace(images, key="b"),
        lambda images: images.select(range(5)),
        lambda images: replace(images, views=(View((40, 40), (2, 2)),) * 6),
        lambda images: replace(images, size_px=(40, 40)),
    ],
    ids=["other content", "a selection", "views", "another size"],
)
def test_other_images_are_trained_on_anew(
    tmp_path: Path, images: ImageSet, trainings: list[int], other: Callable[[ImageSet], ImageSet]
) -> None:
    cache = TrainingCache(tmp_path / "trainings")
    fitted(tmp_path, images, cache)
    fitted(tmp_path, other(images), cache)
    assert len(trainings) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("training_cache.weights_identity", "other weights"),
        ("computing.host_name", "other host"),
        ("computing.code_version", ("other commit", False)),
        ("computing.source_hash", "other code"),
        ("computing.package_versions", {"torch": "other"}),
    ],
)
def test_other_weights_code_packages_or_machines_train_anew(
    tmp_path: Path, images: ImageSet, trainings: list[int], monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"))
    monkeypatch.setattr(f"harness.methods.{name}", lambda *asked: value)
    fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"))
    assert len(trainings) == 2


def test_another_number_of_threads_trains_anew(tmp_path: Path, images: ImageSet, trainings: list[int]) -> None:
    before = torch.get_num_threads()
    try:
        for num_threads in (1, 2):
            torch.set_num_threads(num_threads)
            fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"))
    finally:
        torch.set_num_threads(before)
    assert len(trainings) == 2


def test_a_training_of_another_token_is_not_taken(tmp_path: Path, images: ImageSet, trainings: list[int]) -> None:
    for token in ("", "again", "again"):
        fitted(tmp_path, images, TrainingCache(tmp_path / "trainings", token))
    assert len(trainings) == 2


def test_who_waits_for_another_training_says_so_and_takes_it(
    tmp_path: Path, images: ImageSet, trainings: list[int]
) -> None:
    fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"))
    (entry,) = (path for path in (tmp_path / "trainings").iterdir() if path.is_dir())
    of_another = lock_of(entry)
    of_another.acquire()
    waits: list[bool] = []

    def waiting() -> None:
        waits.append(of_another.is_locked)
        of_another.release()

    fitted(tmp_path, images, TrainingCache(tmp_path / "trainings", waiting=waiting))
    assert waits == [True]
    assert trainings == [0]


def test_the_time_of_a_training_that_is_not_repeated_is_known(tmp_path: Path, images: ImageSet) -> None:
    first, second = (TrainingCache(tmp_path / "trainings") for _ in range(2))
    fitted(tmp_path, images, first)
    assert first.seconds <= 0
    (entry,) = (tmp_path / "trainings").glob("*/trained.safetensors")
    tensors = load_file(entry)
    save_tensors({**tensors, "seconds": tensors["seconds"] + 1000}, entry)
    fitted(tmp_path, images, second)
    assert 500 < second.seconds < 1000 + float(tensors["seconds"])


def test_the_time_of_a_fit_is_that_of_training_whatever_keeping_takes(
    tmp_path: Path, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    train = training_cache.train

    def trained(*arguments: Any) -> Any:
        clock[0] += 100
        return train(*arguments)

    def check() -> None:
        clock[0] += 7

    monkeypatch.setattr(training_cache, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    monkeypatch.setattr(training_cache, "train", trained)
    seconds = []
    for _ in range(2):
        cache = TrainingCache(tmp_path / "trainings", check_images=check)
        started = clock[0]
        fitted(tmp_path, images, cache)
        seconds.append(clock[0] - started + cache.seconds)
    assert seconds == [100, 100]


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: save_tensors({"seconds": torch.zeros(1)}, file),
        lambda file: save_tensors({**load_file(file), "network.entry.weight": torch.zeros(1)}, file),
    ],
    ids=["cut off", "without a network", "another network"],
)
def test_a_damaged_training_is_made_again(
    tmp_path: Path, images: ImageSet, trainings: list[int], damage: Callable[[Path], None]
) -> None:
    cache = TrainingCache(tmp_path / "trainings")
    whole = fitted(tmp_path, images, cache)
    (entry,) = (tmp_path / "trainings").glob("*/trained.safetensors")
    damage(entry)
    assert np.array_equal(fitted(tmp_path, images, cache, n=2), whole)
    fitted(tmp_path, images, cache, n=3)
    assert len(trainings) == 2


def test_images_that_were_replaced_meanwhile_leave_no_training(tmp_path: Path, images: ImageSet) -> None:
    def changed() -> None:
        raise DataError("changed")

    with pytest.raises(DataError, match=r"^changed$"):
        fitted(tmp_path, images, TrainingCache(tmp_path / "trainings", check_images=changed))
    assert not [entry for entry in (tmp_path / "trainings").iterdir() if entry.is_dir()]


def test_a_full_disk_does_not_cost_the_fit(
    tmp_path: Path, images: ImageSet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(training_cache, "save_tensors", full)
    maps = fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"))
    assert np.array_equal(maps, fitted(tmp_path, images, None))
    assert "a training is not kept: [Errno 28]" in caplog.text
    assert not [entry for entry in (tmp_path / "trainings").iterdir() if entry.is_dir()]


def test_two_that_want_the_same_network_train_it_once(tmp_path: Path, images: ImageSet, trainings: list[int]) -> None:
    def fit(n: int) -> None:
        fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"), n=n)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(fit, (1, 2)))
    assert trainings == [0]


def test_the_oldest_training_goes_when_there_are_too_many(
    tmp_path: Path, images: ImageSet, trainings: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE_LIMIT_GB", "1e-9")
    cache = TrainingCache(tmp_path / "trainings")
    for seed in (0, 1, 0):
        fitted(tmp_path, images, cache, seed)
    assert trainings == [0, 1, 0]
    assert len(list((tmp_path / "trainings").glob("*/trained.safetensors"))) == 1


@pytest.mark.parametrize("changes", [{}, {"compile": True}])
def test_neither_processes_of_a_group_nor_compiled_networks_share_a_training(
    tmp_path: Path, images: ImageSet, trainings: list[int], monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    monkeypatch.setattr(torch.nn.Module, "compile", lambda network: None)
    monkeypatch.setattr(training_cache, "world_size", lambda: 1 if changes else 2)
    for _ in range(2):
        fitted(tmp_path, images, TrainingCache(tmp_path / "trainings"), **changes)
    assert len(trainings) == 2
    assert not (tmp_path / "trainings").exists()
