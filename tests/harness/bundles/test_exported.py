"""An exported detector gives the answers of the detector that it came from."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import harness
from harness.bundles import read_bundle
from harness.bundles.exported import DetectorGraph, Parity, open_export, write_export
from harness.errors import BundleError, MissingExtraError, SettingsError
from harness.jobs import export as export_job
from tests.support.baselines import random_weights
from tests.support.cells import TINY_SETTINGS

pytest.importorskip("onnxruntime")
EXAMPLE = Path(__file__).parents[3] / "docs/onnx_example.py"
SETTINGS: dict[str, dict[str, Any]] = {
    "constant": {},
    "gaussian": {"backbone": "filter_bank", "grid_stride_px": 8},
    "mfrnet": TINY_SETTINGS,
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module", params=["constant", "gaussian", "mfrnet"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(request.param, tmp_path_factory.mktemp("bundles") / request.param)


def fitted(method: str, out: Path, **fields: Any) -> Path:
    protocol = fields.pop("protocol", {}) | {"image_size_px": 64}
    overrides = {method: SETTINGS.get(method, {}) | fields.pop("overrides", {})}
    (folder,) = harness.fit(
        datasets=["demo/board"], methods=overrides, protocol=protocol, out=out, false_alarms=0.2, device="cpu", **fields
    )
    return folder


@pytest.mark.parametrize("target", ["onnx", "torch"])
def test_maps_scores_and_verdicts_agree_with_the_detector(
    bundle: Path, images: list[Path], target: Any, tmp_path: Path
) -> None:
    made = harness.export(bundle, target, images, out=tmp_path / "export")
    assert made.parity.holds
    assert made.parity.num_images == 3
    assert json.loads((made.folder / "parity.json").read_text())["num_verdicts_changed"] == 0
    read = read_bundle(bundle)
    pixels = np.random.default_rng(9).integers(0, 256, (5, *read.description.size_px, 3), dtype=np.uint8)
    maps, scores, verdicts, masks = open_export(made.folder, target)(pixels)
    judged = read.method.judge(pixels)
    assert read.description.thresholds is not None
    np.testing.assert_allclose(maps, judged.maps_BHW, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(scores, judged.scores_B, rtol=1e-3, atol=1e-3)
    assert np.array_equal(verdicts, judged.scores_B > read.description.thresholds.score)
    assert masks.shape == maps.shape
    assert masks.dtype == np.bool_


@pytest.mark.parametrize("bundle", ["gaussian"], indirect=True)
def test_openvino_agrees_too(bundle: Path, images: list[Path], tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    made = harness.export(bundle, "openvino", images, out=tmp_path / "export")
    assert made.parity.holds
    assert made.file.name == "detector.xml"


@pytest.mark.baselines
def test_padim_agrees_too(images: list[Path], tmp_path: Path) -> None:
    @dataclasses.dataclass
    class OfResnet:
        backbone: str = "resnet18"

    weights = random_weights(OfResnet(), tmp_path)
    assert weights is not None
    bundle = fitted("padim", tmp_path / "padim", backbone="resnet18", weights={"": weights})
    assert harness.export(bundle, "onnx", images, out=tmp_path / "export").parity.holds


@pytest.mark.parametrize("bundle", ["mfrnet"], indirect=True)
def test_the_example_needs_nothing_of_this_package(bundle: Path, images: list[Path], tmp_path: Path) -> None:
    made = harness.export(bundle, "onnx", images, out=tmp_path / "export")
    blocked = "import sys; sys.modules['torch'] = sys.modules['harness'] = None; "
    run = f"import runpy; sys.argv = {[str(EXAMPLE), str(made.folder), *map(str, images)]!r}; "
    command = f"{blocked}{run}runpy.run_path({str(EXAMPLE)!r})"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    expected = [judged.score for judged in harness.load(bundle).judge(images)]
    assert [float(line.split("score ")[1].split(",")[0]) for line in found.stdout.splitlines()] == pytest.approx(
        expected, rel=1e-3
    )


class _Shifted(nn.Module):
    """Answers that are not those of the method."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps, scores = self.network(images)
        return maps + 0.1 * maps.amax(), scores


@pytest.mark.parametrize("bundle", ["gaussian"], indirect=True)
def test_a_file_with_other_answers_is_not_kept(
    bundle: Path, images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "harness.bundles.exported.DetectorGraph", lambda network, limits: DetectorGraph(_Shifted(network), limits)
    )
    with pytest.raises(BundleError, match=r"gives other answers than the detector on 3 images: maps differ by up to"):
        harness.export(bundle, "torch", images, out=tmp_path / "export")
    assert list(tmp_path.iterdir()) == []


def test_one_changed_verdict_or_a_large_difference_breaks_parity() -> None:
    same = Parity(
        num_images=1, map_range=10.0, map_difference=0.009, score_difference=0.0, num_verdicts_changed=0,
        torch_ms=(1.0, 1.0), runtime_ms=(1.0, 1.0),
    )  # fmt: skip
    assert same.holds
    assert not dataclasses.replace(same, num_verdicts_changed=1).holds
    assert not dataclasses.replace(same, map_difference=0.011).holds
    assert not dataclasses.replace(same, score_difference=0.011).holds
    assert not dataclasses.replace(same, score_difference=float("nan")).holds


def test_tiles_and_padding_are_refused(images: list[Path], tmp_path: Path) -> None:
    bundle = fitted("constant", tmp_path / "padded", protocol={"aspect": "pad"})
    with pytest.raises(BundleError, match=r"sees images by aspect=pad, .* expected one fitted with --protocol aspect"):
        harness.export(bundle, "torch", images, out=tmp_path / "export")


def test_what_cannot_be_traced_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = read_bundle(fitted("constant", tmp_path / "constant"))

    class Depends(nn.Module):
        def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
            if images.float().mean().item() > 3:
                return images[..., 0].float(), images.float().mean(dim=(1, 2, 3))
            return images[..., 1].float(), images.float().mean(dim=(1, 2, 3))

    monkeypatch.setattr(type(bundle.method), "network", lambda self: Depends())
    (tmp_path / "export").mkdir()
    with pytest.raises(BundleError, match=r"^constant: torch\.export cannot trace it \("):
        write_export(bundle, tmp_path / "export", "torch")


def test_a_missing_package_names_the_extra(images: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = fitted("constant", tmp_path / "constant")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtraError, match=r"needs onnxscript, .* pip install 'mfrnet-bench\[export\]'"):
        harness.export(bundle, "onnx", images, out=tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_an_unknown_format_and_a_folder_that_exists_are_refused(images: list[Path], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"--to: expected one of onnx, torch, openvino, got 'tflite'"):
        harness.export(tmp_path, "tflite", images)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="exists already"):
        harness.export(tmp_path / "bundle", "onnx", images, out=tmp_path)


def test_an_image_that_cannot_be_read_is_left_out_of_the_comparison(images: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no image")
    bundle = fitted("constant", tmp_path / "constant")
    made = harness.export(bundle, "torch", [tmp_path / "bad.png", *images], out=tmp_path / "export")
    assert made.parity.num_images == 3
    assert export_job.MAX_IMAGES == 32


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
