from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import BenchError
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import MethodContext
from harness.methods.feature_cache import FeatureCache
from mfrnet.parallel import rank
from tests.support.cells import TINY_SETTINGS
from tests.support.miniatures import truncate, write_image
from tests.support.process_group import run_in_group

OF_METHOD: dict[str, dict[str, Any]] = {
    "mfrnet": TINY_SETTINGS | {"batch_size": 4},
    "gaussian": {"backbone": "filter_bank", "grid_stride_px": 8},
}


def outcomes(folder: Path) -> dict[str, Any]:
    """Maps and features with one cache folder for all processes and with one each."""
    images, found = image_set(folder, "images"), {}
    for place, cache in (("shared", folder / "shared"), ("own", folder / f"own{rank()}")):
        for name, choices in OF_METHOD.items():
            settings = METHODS.get(name).Settings(**choices)
            context = MethodContext(seed=3, device="cpu", features=FeatureCache(cache))
            method = METHODS.get(name)(settings, context)
            method.fit(images.select(range(30)), lambda done, total, loss: None)
            found[f"{name} {place}"] = np.concatenate([batch.maps_BHW for batch in method.score(images)])
        stack = context.features.stack(images, settings, None, "cpu")
        found[place] = [np.array(layer) for layer in stack.layers_NCHW]
        found[f"{place} folders"] = sorted(path.suffix for path in cache.iterdir())
    try:
        FeatureCache(folder / "shared").stack(image_set(folder, "damaged"), settings, None, "cpu")
    except BenchError as error:
        found["error"] = str(error)
    return found


def image_set(folder: Path, key: str) -> ImageSet:
    ids = tuple(f"{number}.png" for number in range(40))
    return ImageSet(ids=ids, paths=tuple(folder / key / name for name in ids), size_px=(32, 32), key=key)


def write_images(folder: Path) -> None:
    for key in ("images", "damaged"):
        for number, path in enumerate(image_set(folder, key).paths):
            write_image(path, number, size_px=(32, 32), defect=number >= 30)
    truncate(image_set(folder, "damaged").paths[39])


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("alone")
    write_images(folder)
    return outcomes(folder)


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("group")
    write_images(folder)
    return run_in_group(outcomes, folder)


@pytest.mark.parametrize("place", ["shared", "own"])
def test_features_of_a_group_are_those_of_one_process_to_the_last_bit(
    group: list[dict[str, Any]], alone: dict[str, Any], place: str
) -> None:
    for each in group:
        for one, other in zip(each[place], alone[place], strict=True):
            assert np.array_equal(one, other)
        # One entry, its lock, and nothing left over.
        assert each[f"{place} folders"] == ["", ".lock"]


@pytest.mark.parametrize("place", ["shared", "own"])
@pytest.mark.parametrize("name", OF_METHOD)
def test_maps_of_a_group_are_those_of_one_process(
    group: list[dict[str, Any]], alone: dict[str, Any], name: str, place: str
) -> None:
    for each in group:
        np.testing.assert_allclose(each[f"{name} {place}"], alone[f"{name} {place}"], rtol=1e-3, atol=1e-3)


def test_an_image_that_one_process_cannot_read_is_named_by_all(group: list[dict[str, Any]]) -> None:
    for each in group:
        assert "39.png: cannot be read as an image" in each["error"]
