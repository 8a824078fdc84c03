import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from harness.metrics import aupro, measure, pixel_metrics
from tests.support.oracles import aupro_by_loop

EYE = np.eye(4, dtype=bool)
NAMES = ("pixel_auroc", "pixel_average_precision", "pixel_f1_max", "aupro_30", "aupro_05")


def pixel_metrics_of(maps_and_masks):
    """The pixel metrics of maps that stream by."""
    metrics = measure(np.array([0.0, 1.0]), np.array([False, True]), maps_and_masks).metrics
    return {name: metrics[name] for name in NAMES}


def category(num_images=6, height=40, width=32, seed=0):
    """Smooth integer-valued maps with many ties, blobs as defects, the last image without any."""
    rng = np.random.default_rng(seed)
    noise_BHW = gaussian_filter(rng.standard_normal((2, num_images, height, width)), (0, 0, 2, 2))
    masks_BHW = noise_BHW[0] > 0.2
    masks_BHW[-1] = False
    maps_BHW = np.round(300 * (noise_BHW[1] + 0.2 * masks_BHW))
    return maps_BHW, masks_BHW


def test_ranking_metrics_equal_scikit_learn():
    maps_BHW, masks_BHW = category()
    metrics = pixel_metrics(maps_BHW, masks_BHW)
    truth, scores = masks_BHW.ravel(), maps_BHW.ravel()
    precision, recall, _ = precision_recall_curve(truth, scores)
    assert metrics["pixel_auroc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert metrics["pixel_average_precision"] == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    assert metrics["pixel_f1_max"] == pytest.approx(
        (2 * precision * recall / (precision + recall + 1e-300)).max(), abs=1e-12
    )


def test_aupro_of_both_limits_equals_the_function():
    maps_BHW, masks_BHW = category()
    metrics = pixel_metrics(maps_BHW, masks_BHW)
    assert metrics["aupro_30"] == aupro(maps_BHW, masks_BHW, max_fpr=0.3)
    assert metrics["aupro_05"] == aupro(maps_BHW, masks_BHW, max_fpr=0.05)


@pytest.mark.parametrize("increasing", [np.exp, np.cbrt, lambda maps: 1e-3 * maps - 7, np.float32])
def test_no_increasing_map_of_the_scores_changes_a_bit(increasing):
    maps_BHW, masks_BHW = category()
    assert pixel_metrics(increasing(maps_BHW), masks_BHW) == pixel_metrics(maps_BHW, masks_BHW)


def test_perfect_map_gives_one_everywhere():
    _, masks_BHW = category()
    assert set(pixel_metrics(masks_BHW.astype(np.float32), masks_BHW).values()) == {1.0}


def test_constant_map_gives_exactly_half_an_auroc():
    _, masks_BHW = category()
    assert pixel_metrics(np.full(masks_BHW.shape, 0.3, dtype=np.float32), masks_BHW)["pixel_auroc"] == 0.5


def test_stream_equals_arrays_to_the_last_bit():
    maps_BHW, masks_BHW = category()
    assert pixel_metrics_of(lambda: zip(maps_BHW, masks_BHW, strict=True)) == pixel_metrics(maps_BHW, masks_BHW)


def test_size_of_the_batches_changes_nothing(monkeypatch):
    maps_BHW, masks_BHW = category(num_images=8)
    at_once = pixel_metrics(maps_BHW, masks_BHW)
    monkeypatch.setattr("harness.metrics.tally.MIN_BATCH_SCORES", 1)
    assert pixel_metrics(maps_BHW, masks_BHW) == at_once


def test_order_of_images_may_change_between_the_passes():
    images = list(zip(*category(), strict=True))
    passes = iter([images, images[::-1]])
    assert pixel_metrics_of(lambda: next(passes)) == pixel_metrics_of(lambda: images)


def test_images_of_differing_size_count_pixel_by_pixel():
    small_maps, small_masks = category(num_images=3, height=9, width=14, seed=1)
    large_maps, large_masks = category(num_images=2, height=15, width=7, seed=2)
    maps, masks = [*small_maps, *large_maps], [*small_masks, *large_masks]
    metrics = pixel_metrics_of(lambda: zip(maps, masks, strict=True))
    truth, scores = (np.concatenate([array.ravel() for array in arrays]) for arrays in (masks, maps))
    assert metrics["pixel_auroc"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
    assert metrics["aupro_30"] == pytest.approx(aupro_by_loop(maps, masks, 0.3), abs=1e-12)
    assert metrics["aupro_05"] == pytest.approx(aupro_by_loop(maps, masks, 0.05), abs=1e-12)


def test_dtypes_are_not_rounded_to_one_another():
    defect_map, normal_map = np.full((1, 2), 0.1, dtype=np.float32), np.full((1, 2), 0.1, dtype=np.float64)
    images = [(defect_map, np.ones((1, 2), dtype=bool)), (normal_map, np.zeros((1, 2), dtype=bool))]
    assert np.float64(np.float32(0.1)) > 0.1
    assert set(pixel_metrics_of(lambda: images).values()) == {1.0}


def test_inputs_are_left_as_they_were():
    maps_BHW, masks_BHW = category()
    before = maps_BHW.copy(), masks_BHW.copy()
    pixel_metrics(maps_BHW, masks_BHW)
    np.testing.assert_array_equal(maps_BHW, before[0])
    np.testing.assert_array_equal(masks_BHW, before[1])


@pytest.mark.parametrize(
    ("maps_BHW", "masks_BHW", "message"),
    [
        (np.zeros((1, 4, 4)), np.ones((1, 4, 4), dtype=bool), "All of 16 pixels are defects"),
        (np.zeros((1, 4, 4)), np.zeros((1, 4, 4), dtype=bool), "None of 16 pixels is a defect"),
        (np.zeros((0, 4, 4)), np.zeros((0, 4, 4), dtype=bool), "No image was given"),
        (np.zeros((1, 0, 4)), np.zeros((1, 0, 4), dtype=bool), r"Image 0: shape \(0, 4\) is empty"),
        (np.zeros((1, 4, 4)), EYE[None].astype(np.uint8), "dtype uint8, expected bool"),
        (np.zeros((1, 4, 4), dtype=np.float16), EYE[None], "dtype float16, expected float32 or float64"),
        (
            np.zeros((1, 4, 4)),
            EYE[None, :3],
            r"Maps have shape \(1, 4, 4\), masks \(1, 3, 4\); expected the same three",
        ),
        (np.zeros((4, 4)), EYE, r"Maps have shape \(4, 4\), .* three dimensions \(BHW\)"),
        (np.where(EYE, np.nan, 0)[None], EYE[None], "Image 0: 4 of 16 scores are NaN or infinite"),
        (np.where(EYE, 0, -np.inf)[None], EYE[None], "Image 0: 12 of 16 scores are NaN or infinite"),
    ],
)
def test_input_without_meaning_is_refused(maps_BHW, masks_BHW, message):
    with pytest.raises(ValueError, match=message):
        pixel_metrics(maps_BHW, masks_BHW)


def test_bad_image_of_a_stream_is_named_by_its_position():
    images = [(np.zeros((4, 4)), EYE), (np.zeros((4, 5)), EYE)]
    with pytest.raises(ValueError, match=r"Image 1: scores have shape \(4, 5\), labels or masks \(4, 4\)"):
        pixel_metrics_of(lambda: images)


def test_map_with_a_channel_axis_is_refused():
    with pytest.raises(ValueError, match=r"Image 0: scores have shape \(1, 4, 4\), expected 2-D \(HW\)"):
        pixel_metrics_of(lambda: [(np.zeros((1, 4, 4)), EYE[None])])


def test_stream_that_can_be_read_once_only_is_refused():
    once = iter([(np.zeros((4, 4)), EYE)])
    with pytest.raises(ValueError, match="second pass over the images gave 0 normal pixels, the first 12"):
        pixel_metrics_of(lambda: once)
