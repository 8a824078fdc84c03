import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config.protocol import words_of
from harness.errors import StoreError
from harness.leaderboard import Board, Comparison, ComparisonLine, Side, category_table, compare
from harness.records import ImageScore
from harness.store.schema import Record
from tests.support import records as make
from tests.support.scores import drawn_scores, image_scores, scored_record, scores_of


def cell(
    scores: tuple[ImageScore, ...],
    category: str = "gear",
    seed: int = 0,
    method: str = "mfrnet",
    dataset: str = "demo",
    **results: Any,
) -> Record:
    identity = make.identity(dataset=dataset, category=category, seed=seed, method=method)
    return scored_record(identity, scores, **results)


def rows(categories: Sequence[str] = ("gear",), gain_a: float = 2.0, gain_b: float = 1.0, **where: Any) -> list[Record]:
    return [
        cell(drawn_scores(100 * seed + number, gain=gain), category, seed, method, **where)
        for method, gain in (("mfrnet", gain_a), ("gaussian", gain_b))
        for number, category in enumerate(categories)
        for seed in (0, 1, 2)
    ]


def side(row: str, records: Sequence[Record]) -> Side:
    return Side.of(make.frame(*records), row, scores_of(records))


def compared(
    records: Sequence[Record], metrics: Sequence[str] = ("image_auroc",), a: str = "mfrnet", b: str = "gaussian"
) -> Comparison:
    return compare(side(a, records), side(b, records), metrics=metrics, num_resamples=300)


def only(found: Comparison) -> ComparisonLine:
    (line,) = found.lines
    return line


def test_a_category_is_compared_over_its_seeds() -> None:
    records = rows()
    found = compared(records)
    line = only(found)
    table = category_table(Board.of(make.frame(*records), ["image_auroc"]), "demo")
    means = dict(
        zip((column.title for column in table.columns), (entry.mean for entry in table.entries[0]), strict=True)
    )
    assert (line.mean_a, line.mean_b) == (means["mfrnet"], means["gaussian"])
    assert line.difference.value == line.mean_a - line.mean_b
    assert line.difference.mark == "+"
    assert (found.a, found.b, found.protocol, found.num_cells) == ("mfrnet", "gaussian", words_of(make.PROTOCOL), 3)


def test_swapping_the_sides_flips_the_sign() -> None:
    records = rows(gain_a=1.3)
    metrics = ["image_auroc", "image_average_precision", "image_f1_max"]
    there, back = compared(records, metrics), compared(records, metrics, a="gaussian", b="mfrnet")
    for one, other in zip(there.lines, back.lines, strict=True):
        found, flipped = one.difference, other.difference
        assert (found.value, found.low, found.high) == pytest.approx((-flipped.value, -flipped.high, -flipped.low))
        assert found.p_value == flipped.p_value
        assert found.mark == flipped.mark.translate(str.maketrans("+-", "-+"))


def test_the_same_scores_do_not_differ() -> None:
    line = only(compared(rows(gain_a=1.0)))
    assert (line.difference.value, line.difference.low, line.difference.high) == (0, 0, 0)
    assert (line.difference.p_value, line.difference.mark) == (1.0, "~")


@settings(max_examples=4, deadline=None)
@given(st.floats(0.1, 5), st.floats(-3, 3))
def test_an_increasing_map_of_one_side_s_scores_changes_nothing(factor: float, shift: float) -> None:
    scores = drawn_scores(0)
    mapped = tuple(
        type(score)(**(vars(score) | {"anomaly_score": factor * score.anomaly_score**3 + shift})) for score in scores
    )
    against = drawn_scores(0, gain=1.5)
    plain, changed = (only(compared([cell(these), cell(against, method="gaussian")])) for these in (scores, mapped))
    assert plain == changed


def test_images_are_paired() -> None:
    # Both methods find the same images hard: their difference is far surer than either number.
    rng = np.random.default_rng(0)
    normals, defects = rng.normal(size=30), rng.normal(size=30) + 1
    near = [
        cell(image_scores(normals, defects)),
        cell(image_scores(normals, defects - 0.1), method="gaussian"),
    ]
    far = [near[0], cell(image_scores(normals[::-1], defects[::-1] - 0.1), method="gaussian")]
    widths = [(line := only(compared(records)).difference).high - line.low for records in (near, far)]
    assert widths[0] < widths[1] / 3


def test_exposures_of_one_part_are_surely_no_more_than_one_image() -> None:
    normals, defects = np.random.default_rng(0).normal(size=(2, 60))
    records = [
        cell(image_scores(normals, defects + gain), method=method)
        for method, gain in (("mfrnet", 1.2), ("gaussian", 1))
    ]
    groups = {
        ("demo", "gear"): {
            f"{kind}/{number:03}": f"{kind}/{number // 6}" for kind in ("good", "hole") for number in range(60)
        }
    }
    a, b = side("mfrnet", records), side("gaussian", records)
    alone, together = (compare(a, b, metrics=["image_auroc"], groups=known) for known in ({}, groups))
    assert only(alone).difference.value == only(together).difference.value
    assert "took all images as independent" in alone.resampling
    assert together.resampling == "Near duplicates among the test images were resampled together."


def test_pixel_metrics_are_compared_over_seeds() -> None:
    gains = [0.02, 0.03, 0.05]
    records = [
        cell(drawn_scores(seed), seed=seed, method=method, aupro_30=0.8 + (gain if method == "mfrnet" else 0))
        for method in ("mfrnet", "gaussian")
        for seed, gain in enumerate(gains)
    ]
    difference = only(compared(records, ["aupro_30"])).difference
    half = 4.302653 * statistics.stdev(gains) / 3**0.5
    assert difference.value == pytest.approx(statistics.mean(gains))
    assert (difference.low, difference.high) == pytest.approx(
        (statistics.mean(gains) - half, statistics.mean(gains) + half), abs=1e-6
    )


def test_one_seed_has_no_interval_of_a_pixel_metric() -> None:
    records = [record for record in rows() if record.identity.seed == 0]
    image, pixel = compared(records, ["image_auroc", "aupro_30"]).lines
    assert image.difference.mark == "+"
    assert (pixel.difference.mark, pixel.difference.reason) == (
        "",
        "1 common seed, fewer than 3: too few to judge the spread over seeds",
    )


def test_categories_data_sets_and_all_have_a_line() -> None:
    found = compared([*rows(("gear", "tile")), *rows(("mtd",), dataset="mtd")], ["image_auroc", "aupro_30"])
    expected = [("demo", "gear"), ("demo", "tile"), ("demo", None), ("mtd", "mtd"), (None, None)]
    assert [(line.dataset, line.category) for line in found.lines] == 2 * expected
    gear, tile, demo, mtd, every = found.lines[:5]
    assert demo.mean_a == pytest.approx((gear.mean_a + tile.mean_a) / 2)
    assert every.mean_b == pytest.approx((gear.mean_b + tile.mean_b + mtd.mean_b) / 3)
    assert (demo.num_categories, every.num_categories) == (2, 3)
    assert every.difference.low is not None
    assert every.difference.low < every.difference.value < every.difference.high


def test_six_categories_are_tested_by_wilcoxon() -> None:
    categories = ["a", "b", "c", "d", "e", "f"]
    *single, mean = compared(rows(categories)).lines
    assert mean.wilcoxon is not None
    assert mean.wilcoxon.p_value == 2 / 2**6
    assert all(line.wilcoxon is None for line in single)
    *_, mean = compared(rows(categories[:5])).lines
    assert mean.wilcoxon is not None
    assert (mean.wilcoxon.p_value, mean.wilcoxon.reason) == (None, "5 of 5 categories differ, fewer than 6")


def test_categories_of_different_seeds_have_no_common_t_test() -> None:
    records = [
        record for record in rows(("gear", "tile")) if (record.identity.category, record.identity.seed) != ("tile", 2)
    ]
    *_, mean = compared(records, ["aupro_30"]).lines
    assert (mean.difference.low, mean.difference.reason) == (None, "the categories have different seeds")
    *_, mean = compared(records).lines
    assert mean.difference.mark == "+"


def test_a_category_without_masks_is_left_out_of_pixel_metrics() -> None:
    maskless = dict.fromkeys(("pixel_auroc", "aupro_30"))
    records = [
        *rows(("gear",)),
        *(cell(drawn_scores(1), "tile", method=method, **maskless) for method in ("mfrnet", "gaussian")),
    ]
    found = compared(records, ["image_auroc", "pixel_auroc", "aupro_30"])
    assert [line.category for line in found.lines] == ["gear", "tile", None, "gear", "gear"]
    assert found.left_out == ("left out of pixel AUROC, AUPRO, not defined: 1 cell (demo/tile seed 0)",)


def test_a_metric_of_one_side_is_left_out_and_named() -> None:
    records = [cell(drawn_scores(0)), cell(drawn_scores(0), method="gaussian", aupro_30=None)]
    found = compared(records, ["aupro_30"])
    assert found.lines == ()
    assert found.left_out == ("left out of AUPRO, only mfrnet has it: 1 cell (demo/gear seed 0)",)


def test_too_few_images_have_a_difference_and_no_interval() -> None:
    scores = image_scores([0.1, 0.2], [0.3])
    difference = only(compared([cell(scores), cell(scores, method="gaussian")])).difference
    assert (difference.value, difference.low) == (0.0, None)
    assert difference.reason == "a cell has 1 independent defect test image, fewer than 2"


def test_cells_that_tested_other_images_are_refused() -> None:
    records = [cell(drawn_scores(0)), cell(drawn_scores(0, num_images=21), method="gaussian")]
    with pytest.raises(
        StoreError, match=r"mfrnet and gaussian tested different images of demo/gear seed 0\. Expected cells"
    ):
        compared(records)


def test_seeds_may_test_other_normal_images() -> None:
    def moved(scores: tuple[ImageScore, ...], seed: int) -> tuple[ImageScore, ...]:
        names = {f"good/{number:03}": f"good/{number + 10 * seed:03}" for number in range(20)}
        return tuple(
            type(score)(**(vars(score) | {"image_id": names.get(score.image_id, score.image_id)})) for score in scores
        )

    records = [
        cell(moved(drawn_scores(seed, gain=gain), seed), seed=seed, method=method)
        for method, gain in (("mfrnet", 2.0), ("gaussian", 1.0))
        for seed in (0, 1)
    ]
    line = only(compared(records))
    assert line.difference.low is not None
    assert line.difference.low < line.difference.value < line.difference.high


def test_a_metric_that_an_older_record_lacks_is_compared_on_the_same_cells_throughout() -> None:
    # Of seed 0 alone, the older record would turn the interval round.
    old = cell(drawn_scores(7, gain=0.0), seed=0, image_recall_01=None)
    records = [old, *(each for each in rows() if (each.identity.method, each.identity.seed) != ("mfrnet", 0))]
    found = compared(records, metrics=("image_auroc", "image_recall_01"))
    of_all = compared([each for each in records if each.identity.seed != 0], metrics=("image_recall_01",))
    assert found.lines[1] == only(of_all)
    assert found.lines[0].difference.value != only(compared(rows())).difference.value
