import dataclasses
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BenchError
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.base import MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.testing import MethodCase, MethodContract, MethodDeclarationContract
from harness.testing.method_contract import FittedMethod, all_maps
from tests.support.baselines import SIZES_PX, random_weights, tiny_baseline
from tests.support.cells import TINY_SETTINGS
from tests.support.miniatures import write_image

SIZE_PX = (64, 96)
OURS = ("mfrnet", "gaussian", "constant")
THEIRS = tuple(name for name in METHODS.names() if name not in OURS)
"""Models of anomalib. They have no filter bank, so they run on random weights from files."""


def make_case(name: str, folder: Path) -> MethodCase:
    settings_type = METHODS.get(name).Settings
    tiny = TINY_SETTINGS if name in OURS else tiny_baseline(name, folder)
    known = {field.name for field in dataclasses.fields(settings_type)}
    settings = settings_type(**{field: value for field, value in tiny.items() if field in known})
    weights = None if name in OURS else random_weights(settings, folder)
    return MethodCase(name, settings, weights, SIZES_PX.get(name, SIZE_PX))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contract")


class TestOurMethods(MethodContract):
    @pytest.fixture(scope="class", params=OURS)
    @classmethod
    def case(cls, request: pytest.FixtureRequest, folder: Path) -> MethodCase:
        return make_case(request.param, folder)

    def test_a_bright_square_scores_above_every_normal_image(self, case: MethodCase, fitted: FittedMethod) -> None:
        scores = all_maps(fitted.method, fitted.images).scores_B
        assert case.name == "constant" or scores[10:].min() > scores[:10].max()


@pytest.mark.baselines
class TestModelsOfAnomalib(MethodContract):
    @pytest.fixture(scope="class", params=[name for name in THEIRS if name != "efficient_ad"])
    @classmethod
    def case(cls, request: pytest.FixtureRequest, folder: Path) -> MethodCase:
        return make_case(request.param, folder)


@pytest.mark.baselines
class TestEfficientAD(MethodDeclarationContract):
    """It takes no image below 256 px and seconds for each; tests/integration/test_baselines.py fits it once."""

    @pytest.fixture(scope="class")
    @classmethod
    def case(cls, folder: Path) -> MethodCase:
        return make_case("efficient_ad", folder)


@pytest.mark.parametrize("name", ["mfrnet", "gaussian", pytest.param("padim", marks=pytest.mark.baselines)])
def test_too_few_images_are_an_error_of_the_data(name: str, folder: Path, tmp_path: Path) -> None:
    ids = tuple(f"{number}.png" for number in range(3))
    for number, image in enumerate(ids):
        write_image(tmp_path / image, number, size_px=SIZE_PX)
    images = ImageSet(ids=ids, paths=tuple(tmp_path / image for image in ids), size_px=SIZE_PX, key="too few")
    context = MethodContext(seed=0, device="cpu", features=FeatureCache(tmp_path / "features"))
    method = METHODS.get(name)(make_case(name, folder).settings, context)
    with pytest.raises(BenchError, match=r"at least 4\b"):
        method.fit(images, lambda done, total, loss: None)


@pytest.mark.parametrize(
    ("name", "choices", "message"),
    [
        ("mfrnet", {"layers": (2, 9)}, "Backbone 'filter_bank' has no layer 9; expected 0 or 'scale0'"),
        ("gaussian", {"layers": (2, 9)}, "Backbone 'filter_bank' has no layer 9; expected 0 or 'scale0'"),
        ("mfrnet", {"grid_stride_px": 65}, "grid_stride_px: expected at most 64 for 64 x 96 px images, got 65"),
        ("gaussian", {"grid_stride_px": 65}, "grid_stride_px: expected at most 64 for 64 x 96 px images, got 65"),
        ("mfrnet", {"k": 7}, r"k: expected 2 to 6 masks on a 4 x 6 grid with cell = 2 \(6 whole blocks\), got 7"),
    ],
)
def test_settings_that_cannot_work_on_the_images_are_refused(name: str, choices: dict[str, Any], message: str) -> None:
    method = METHODS.get(name)
    with pytest.raises(ValueError, match=rf"^{message}"):
        method.check(method.Settings(backbone="filter_bank", **choices), SIZE_PX)
