"""Our adapter against anomalib's own engine and data module, on the same images and weights."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from harness.cells.opened_cell import image_sets
from harness.config import Protocol
from harness.datasets.demo import Demo
from harness.images import ImageSet
from harness.methods import METHODS
from harness.methods.anomalib.surroundings import quiet
from harness.methods.base import MethodContext
from harness.metrics import image_metrics
from tests.support.baselines import random_weights, tiny_baseline

pytestmark = pytest.mark.baselines

NUM_TRAIN, NUM_TEST = 12, 24


@pytest.fixture(scope="module")
def demo() -> tuple[ImageSet, ImageSet, NDArray[np.bool_]]:
    """Training images, test images and which of those are defects."""
    split = Demo().split(Path(), "nut", 0)
    train, test = image_sets(split, (96, 96), Protocol(), "demo")
    rows = sorted({round(row) for row in np.linspace(0, len(test) - 1, NUM_TEST)})
    labels = np.array([split.test[row].is_defect for row in rows])
    return train.select(range(NUM_TRAIN)), test.select(rows), labels


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = random_weights(SimpleNamespace(backbone="resnet18"), tmp_path_factory.mktemp("weights"))
    assert file is not None
    return file


def by_anomalib(model: Any, train: ImageSet, test: ImageSet, labels: NDArray[np.bool_], folder: Path) -> float:
    """Image AUROC of a model through ``Engine.fit`` and ``Engine.predict`` on files of these very pixels."""
    for number in range(len(train)):
        write(folder / f"train/{number}.png", train[number])
    for number in range(len(test)):
        write(folder / ("bad" if labels[number] else "good") / f"{number}.png", test[number])
    with quiet():
        from anomalib.data import Folder
        from anomalib.engine import Engine

        data = Folder(
            name="demo", root=folder, normal_dir="train", abnormal_dir="bad", normal_test_dir="good",
            num_workers=0, val_split_mode="same_as_test", eval_batch_size=8,
        )  # fmt: skip
        engine = Engine(default_root_dir=folder / "results", accelerator="cpu", enable_progress_bar=False)
        engine.fit(model, datamodule=data)
        batches = engine.predict(model, datamodule=data)
    scores = np.concatenate([batch.pred_score.reshape(-1).float().numpy() for batch in batches])
    found = np.concatenate([batch.gt_label.numpy() for batch in batches])
    return image_metrics(scores, found.astype(bool))["image_auroc"]


def by_us(name: str, settings: Any, train: ImageSet, test: ImageSet, labels: NDArray[np.bool_], weights: Path) -> float:
    method = METHODS.get(name)(settings, MethodContext(seed=0, device="cpu", weights=weights))
    method.fit(train, lambda done, total, loss: None)
    return image_metrics(np.concatenate([maps.scores_B for maps in method.score(test)]), labels)["image_auroc"]


def write(file: Path, pixels: NDArray[np.uint8]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


CHOICES: dict[str, dict[str, Any]] = {
    # The whole bank: which patches a coreset keeps depends on the order of the images.
    "patchcore": {"layers": ("layer2", "layer3"), "coreset_sampling_ratio": 1.0},
    # All features: a smaller number of them is drawn at random.
    "padim": {"layers": ("layer2",), "n_features": 128},
}


@pytest.mark.parametrize("name", CHOICES)
def test_image_auroc_is_that_of_anomalib_s_own_engine(
    name: str, demo: tuple[ImageSet, ImageSet, NDArray[np.bool_]], weights: Path, tmp_path: Path
) -> None:
    (train, test, labels), chosen = demo, CHOICES[name]
    with quiet():
        from anomalib.models import get_model
        from anomalib.pre_processing import PreProcessor
        from torchvision.transforms.v2 import Compose, Normalize, Resize

        resize = Resize(train.size_px, antialias=True)
        normalize = Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
        model: Any = get_model(
            name,
            backbone="resnet18",
            pre_trained=False,
            pre_processor=PreProcessor(transform=Compose([resize, normalize])),
            post_processor=False,
            evaluator=False,
            visualizer=False,
            **{key: list(value) if isinstance(value, tuple) else value for key, value in chosen.items()},
        )
    network = model.model.feature_extractor.feature_extractor
    network.load_state_dict(torch.load(weights, weights_only=True), strict=False)

    settings = METHODS.get(name).Settings(backbone="resnet18", **chosen)
    ours = by_us(name, settings, train, test, labels, weights)
    theirs = by_anomalib(model, train, test, labels, tmp_path)
    assert 0.55 < theirs < 1
    assert ours == pytest.approx(theirs, abs=0.005)


def test_efficient_ad_runs_on_files_of_its_own(
    demo: tuple[ImageSet, ImageSet, NDArray[np.bool_]], tmp_path: Path
) -> None:
    train, test, _ = demo
    tiny = {key: value for key, value in tiny_baseline("efficient_ad", tmp_path).items() if key == "imagenet_dir"}
    method_type: Any = METHODS.get("efficient_ad")
    settings = method_type.Settings(**tiny, epochs=1, steps=1)
    file = random_weights(settings, tmp_path)
    method_type.check_weights(settings, file)
    method = method_type(settings, MethodContext(seed=0, device="cpu", weights=file))
    reports: list[tuple[int, int, float | None]] = []
    method.fit(train.select(range(4)), lambda *report: reports.append(report))
    maps = method.judge(np.stack([test[0]]))
    assert reports[-1][:2] == (1, 1)
    assert maps.maps_BHW.shape == (1, *test.size_px)
    assert np.isfinite(maps.maps_BHW).all()
    # Quantiles of the held-out image put its own map near zero; without them a map has the scale of the loss.
    assert method.num_frozen_parameters > 0
