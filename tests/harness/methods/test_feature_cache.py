import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from harness.config import Protocol
from harness.errors import DataError, SettingsError
from harness.framing import frame
from harness.images import ImageSet, View
from harness.methods import feature_cache
from harness.methods.feature_cache import FeatureCache
from mfrnet import BackboneSettings, FeatureStack
from tests.support.image_sets import image_set
from tests.support.miniatures import truncate

SETTINGS = BackboneSettings(backbone="filter_bank", layers=(1, 2))


@pytest.fixture
def images(tmp_path: Path) -> ImageSet:
    return image_set(tmp_path / "images", 5, (32, 64))


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "features")


def stack_of(cache: FeatureCache, images: ImageSet, settings: BackboneSettings = SETTINGS) -> FeatureStack:
    return cache.stack(images, settings, None, "cpu")


def entries(cache: FeatureCache) -> set[Path]:
    return {path for path in cache.folder.iterdir() if path.is_dir()}


def without_backbones(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a backbone was opened")

    monkeypatch.setattr(feature_cache, "open_backbone", refuse)


def test_features_are_a_half_precision_array_a_layer(cache: FeatureCache, images: ImageSet) -> None:
    stack = stack_of(cache, images)
    assert [layer.shape[0] for layer in stack.layers_NCHW] == [5, 5]
    assert [layer.shape[2:] for layer in stack.layers_NCHW] == [(8, 16), (4, 8)]
    assert {layer.dtype for layer in stack.layers_NCHW} == {np.dtype(np.float16)}
    assert stack.image_size_px == (32, 64)


def test_a_second_call_runs_no_backbone(cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch) -> None:
    first = stack_of(cache, images)
    assert cache.seconds > 0
    without_backbones(monkeypatch)
    again = stack_of(FeatureCache(cache.folder), images)
    for one, other in zip(first.layers_NCHW, again.layers_NCHW, strict=True):
        assert np.array_equal(one, other)


def test_a_selection_computes_the_whole_and_reads_rows_of_it(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_of(cache, images.select([0]))
    without_backbones(monkeypatch)
    whole = stack_of(cache, images)
    chosen = stack_of(cache, images.select([3, 1]))
    assert len(chosen) == 2
    for one, other in zip(chosen.batch([0, 1]), whole.batch([3, 1]), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("of_images", "of_settings"),
    [
        ({}, {"layers": (1,)}),
        ({}, {"layers": (2, 1)}),
        ({"key": "b"}, {}),
        ({"size_px": (64, 64)}, {}),
        ({"views": (View((32, 64), (0, 0)),) * 5}, {}),
    ],
)
def test_other_content_is_another_entry(
    cache: FeatureCache, images: ImageSet, of_images: dict[str, Any], of_settings: dict[str, Any]
) -> None:
    stack_of(cache, images)
    stack_of(cache, replace(images, **of_images), replace(SETTINGS, **of_settings))
    assert len(entries(cache)) == 2


@pytest.mark.parametrize(("name", "value"), [("source_hash", "other code"), ("version", "other package")])
def test_other_code_or_packages_make_another_entry(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    stack_of(cache, images)
    monkeypatch.setattr(feature_cache, name, lambda *asked: value)
    stack_of(cache, images)
    assert len(entries(cache)) == 2


def test_what_another_worker_has_just_finished_is_not_in_the_way(cache: FeatureCache, images: ImageSet) -> None:
    cache.folder.mkdir(parents=True)
    # Listed, and gone when it is looked at.
    (cache.folder / "making-of-another").symlink_to(cache.folder / "finished")
    stack_of(cache, images)
    assert len(entries(cache)) == 1


@pytest.mark.parametrize("text", ["50GB", "nan", "-1"])
def test_a_limit_that_is_no_number_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("BENCH_CACHE_LIMIT_GB", text)
    with pytest.raises(SettingsError, match=rf"^BENCH_CACHE_LIMIT_GB: expected a number .* got '{text}'\.$"):
        FeatureCache(tmp_path)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"aspect": "keep"}, {"aspect": "pad"}),
        ({"aspect": "square"}, {"aspect": "tiles"}),
        ({"aspect": "tiles"}, {"aspect": "tiles", "tile_overlap": 0.75}),
        ({"aspect": "tiles"}, {"aspect": "tiles", "tiled_size_px": 64}),
    ],
)
def test_two_framings_never_share_features(
    cache: FeatureCache, images: ImageSet, one: dict[str, Any], other: dict[str, Any]
) -> None:
    sets = [
        frame(images.ids, images.paths, images.key, (32, 32), Protocol(image_size_px=32, **choices))
        for choices in (one, other)
    ]
    first, second = (stack_of(cache, each) for each in sets)
    assert len(entries(cache)) == 2
    assert (len(first), len(second)) == (len(sets[0]), len(sets[1]))
    stack_of(cache, sets[1].select([1, 0]))
    assert len(entries(cache)) == 2


def test_methods_on_equal_backbone_settings_share_an_entry(cache: FeatureCache, images: ImageSet) -> None:
    from mfrnet import MapSettings, MFRNetSettings

    for kind in (MapSettings, MFRNetSettings):
        stack_of(cache, images, kind(backbone="filter_bank", layers=(1, 2)))
    assert len(entries(cache)) == 1


def test_two_that_want_one_entry_compute_it_once(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    original = feature_cache.open_backbone
    monkeypatch.setattr(feature_cache, "open_backbone", lambda *a: (opened.append("once"), original(*a))[1])
    together = Barrier(2)

    def want(_: int) -> int:
        together.wait()
        return len(stack_of(FeatureCache(cache.folder), images))

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(want, range(2))) == [5, 5]
    assert opened == ["once"]


def test_an_unreadable_image_is_named_and_leaves_no_entry(cache: FeatureCache, images: ImageSet) -> None:
    truncate(images.paths[4])
    with pytest.raises(DataError, match=r"4\.png: cannot be read as an image"):
        stack_of(cache, images)
    assert entries(cache) == set()


def test_a_crash_while_computing_leaves_no_entry_and_the_next_call_computes(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def crash(*_: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr(feature_cache, "stored_features", crash)
        with pytest.raises(KeyboardInterrupt, match=r"^$"):
            stack_of(cache, images)
    assert entries(cache) == set()
    assert len(stack_of(cache, images)) == 5


def test_the_least_recently_used_entries_go_when_the_limit_is_reached(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = {key: replace(images, key=key) for key in "abc"}
    entry_of: dict[str, Path] = {}
    for age, key in enumerate("ab"):
        before = entries(cache) if cache.folder.exists() else set()
        stack_of(cache, sets[key])
        (entry_of[key],) = entries(cache) - before
        os.utime(entry_of[key], (1_000 + age, 1_000 + age))
    stack_of(cache, sets["a"])  # so that b is the one not used for longest

    num_bytes = sum(file.stat().st_size for file in entry_of["a"].iterdir())
    monkeypatch.setenv("BENCH_CACHE_LIMIT_GB", str(2.5 * num_bytes / 2**30))
    stack_of(cache, sets["c"])
    assert entry_of["a"].is_dir()
    assert not entry_of["b"].exists()
    assert len(entries(cache)) == 2


def test_an_entry_larger_than_the_limit_stays_while_it_is_used(
    cache: FeatureCache, images: ImageSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE_LIMIT_GB", "0")
    assert len(stack_of(cache, images)) == 5
    assert len(entries(cache)) == 1
    stack_of(cache, replace(images, key="b"))
    assert len(entries(cache)) == 1


def test_entries_are_kept_below_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    assert FeatureCache().folder == tmp_path / "features"
