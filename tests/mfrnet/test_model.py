from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mfrnet import AnomalyMaps, MFRNet, MFRNetSettings, load_backbone
from mfrnet.anomaly_map import image_scores, upsample_and_smooth
from mfrnet.features import FeatureStack

SETTINGS = MFRNetSettings(
    backbone="filter_bank", layers=(1, 2), grid_stride_px=8, width=16, num_heads=2, depth=1, steps=30, cell=1
)


def stripes(count: int, seed: int) -> NDArray[np.uint8]:
    """Noisy vertical stripes of 64 x 64 px: normal images that can be restored from their surroundings."""
    rng = np.random.default_rng(seed)
    wave = 120 + 60 * np.sin(np.arange(64) * 2 * np.pi / 8)
    images = wave[None, None, :, None] + rng.normal(0, 4, (count, 64, 64, 3))
    return images.clip(0, 255).astype(np.uint8)


def model(seed: int = 0) -> MFRNet:
    return MFRNet(SETTINGS, load_backbone(SETTINGS), seed=seed)


@pytest.fixture(scope="module")
def fitted() -> MFRNet:
    fresh = model()
    fresh.fit(stripes(16, 0))
    return fresh


def test_a_defect_scores_above_normal_images_and_where_it_is(fitted: MFRNet) -> None:
    normal, defect = stripes(4, 1), stripes(1, 2)
    defect[0, 40:56, 8:24] = 120
    result = fitted.anomaly_map(np.concatenate([normal, defect]))
    assert result.maps_BHW.shape == (5, 64, 64)
    assert result.scores_B[4] > result.scores_B[:4].max()
    row, column = np.unravel_index(result.maps_BHW[4].argmax(), (64, 64))
    assert 32 <= row < 64
    assert column < 32


def test_without_calibration_a_saved_model_gives_the_same_maps(tmp_path: Path) -> None:
    settings = replace(SETTINGS, calibration_share=0.0, steps=5)
    uncalibrated = MFRNet(settings, load_backbone(settings), seed=0)
    uncalibrated.fit(stripes(8, 0))
    uncalibrated.save(tmp_path)
    images = stripes(2, 1)
    before, after = (each.anomaly_map(images).maps_BHW for each in (uncalibrated, MFRNet.load(tmp_path)))
    assert (before > 0).all()  # a restoration error, and no distance from the usual one
    assert np.array_equal(before, after)


def test_another_seed_gives_other_maps(fitted: MFRNet) -> None:
    other = model(seed=1)
    other.fit(stripes(16, 0))
    images = stripes(3, 5)
    assert not np.array_equal(other.anomaly_map(images).maps_BHW, fitted.anomaly_map(images).maps_BHW)


def test_fitting_leaves_the_global_random_state_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    model().fit(stripes(4, 0))
    assert torch.equal(torch.rand(1), expected)


def test_a_saved_model_gives_the_same_map_to_the_last_bit(fitted: MFRNet, tmp_path: Path) -> None:
    fitted.save(tmp_path / "model")
    assert {file.name for file in (tmp_path / "model").iterdir()} == {"model.json", "model.safetensors"}
    images = stripes(3, 6)
    loaded = MFRNet.load(tmp_path / "model").anomaly_map(images)
    assert np.array_equal(loaded.maps_BHW, fitted.anomaly_map(images).maps_BHW)
    assert np.array_equal(loaded.scores_B, fitted.anomaly_map(images).scores_B)


def test_a_model_of_an_earlier_format_is_refused(fitted: MFRNet, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    description = tmp_path / "model.json"
    description.write_text(description.read_text().replace('"format": 3', '"format": 2'))
    with pytest.raises(ValueError, match="expected format 3, got 2"):
        MFRNet.load(tmp_path)


def test_files_of_two_models_are_refused(fitted: MFRNet, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    before = (tmp_path / "model.json").read_bytes()
    other = MFRNet(fitted.settings, fitted.backbone, seed=1)
    other.fit(stripes(8, 0))
    other.save(tmp_path)
    (tmp_path / "model.json").write_bytes(before)
    with pytest.raises(ValueError, match=r"model\.safetensors is not the one that model\.json describes"):
        MFRNet.load(tmp_path)


def test_without_calibration_nothing_is_expected_of_an_error() -> None:
    def judged(context_scaling: float) -> AnomalyMaps:
        changed = {"calibration_share": 0.0, "smoothing_border": "replicate", "context_scaling": context_scaling}
        settings = MFRNetSettings(**{**SETTINGS.__dict__, **changed})
        fresh = MFRNet(settings, load_backbone(settings))
        fresh.fit(stripes(8, 0))
        return fresh.anomaly_map(stripes(2, 6))

    assert np.array_equal(judged(1.0).maps_BHW, judged(0.0).maps_BHW)


def test_what_is_measured_anew_instead_of_kept_gives_the_same_map(
    fitted: MFRNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mfrnet.detector._MOST_BYTES_KEPT", 0)
    again = model()
    again.fit(stripes(16, 0))
    assert np.array_equal(again.anomaly_map(stripes(3, 6)).maps_BHW, fitted.anomaly_map(stripes(3, 6)).maps_BHW)


def test_a_map_does_not_depend_on_the_other_images_of_a_batch(fitted: MFRNet) -> None:
    images = stripes(3, 7)
    together, alone = fitted.anomaly_map(images).maps_BHW[1], fitted.anomaly_map(images[1:2]).maps_BHW[0]
    assert np.allclose(together, alone, atol=1e-4)


def test_training_lowers_the_loss() -> None:
    losses: list[float] = []
    long = MFRNetSettings(**{**SETTINGS.__dict__, "steps": 100})
    MFRNet(long, load_backbone(long)).fit(stripes(16, 0), lambda step, steps, loss: losses.append(loss))
    assert losses[-1] < 0.9 * losses[0]


def test_an_unfitted_model_says_so() -> None:
    with pytest.raises(RuntimeError, match=r"not fitted; call fit\(\)"):
        model().anomaly_map(stripes(1, 0))


def test_images_of_another_size_are_refused(fitted: MFRNet) -> None:
    with pytest.raises(ValueError, match="Expected images of 64 x 64 px as in fit, got 32 x 32"):
        fitted.anomaly_map(np.zeros((1, 32, 32, 3), np.uint8))


def test_bfloat16_trains_and_stays_near_float32(fitted: MFRNet) -> None:
    mixed = MFRNetSettings(**{**SETTINGS.__dict__, "precision": "bfloat16"})
    half = MFRNet(mixed, load_backbone(mixed))
    half.fit(stripes(16, 0))
    assert np.isfinite(half.anomaly_map(stripes(2, 1)).maps_BHW).all()


def test_a_stack_of_rows_reads_only_those_images() -> None:
    layer = np.arange(5, dtype=np.float16).reshape(5, 1, 1, 1)
    stack = FeatureStack([layer], (8, 8), rows=[4, 1])
    assert len(stack) == 2
    assert stack.batch([1, 0])[0].flatten().tolist() == [1.0, 4.0]


def test_smoothing_keeps_the_mean_of_a_constant_map_and_spreads_a_peak() -> None:
    constant = torch.full((1, 8, 8), 2.0)
    assert torch.allclose(upsample_and_smooth(constant, (64, 64), 4.0, "replicate"), torch.tensor(2.0))
    zero = upsample_and_smooth(constant, (64, 64), 4.0, "zero")
    assert torch.allclose(zero[:, 12:-12, 12:-12], torch.tensor(2.0))
    # Half of the Gaussian lies beyond an edge, three quarters beyond a corner.
    assert zero[0, 0, 32] == pytest.approx(1.0, abs=0.15)
    assert zero[0, 0, 0] == pytest.approx(0.5, abs=0.15)
    peak = torch.zeros(1, 8, 8)
    peak[0, 4, 4] = 1
    assert (
        upsample_and_smooth(peak, (64, 64), 4.0, "zero").max() < upsample_and_smooth(peak, (64, 64), 0.0, "zero").max()
    )


def test_the_image_score_is_the_maximum_or_the_mean_of_the_top() -> None:
    maps = torch.arange(100.0).view(1, 10, 10)
    assert image_scores(maps, 0.0).item() == 99
    assert image_scores(maps, 0.02).item() == 98.5
