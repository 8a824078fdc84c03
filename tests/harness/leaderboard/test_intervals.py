from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.leaderboard import Board, category_table, intervals_of
from harness.store.schema import Record
from tests.support import records as make
from tests.support.scores import drawn_scores, image_scores, scored_record, scores_of

METRICS = ("image_auroc", "image_average_precision", "image_f1_max")


def cell(category: str, seed: int = 0, method: str = "mfrnet", gain: float = 1.0, **identity: Any) -> Record:
    named = make.identity(category=category, seed=seed, method=method, **identity)
    return scored_record(named, drawn_scores(100 * seed + len(category) + len(method), gain=gain))


def intervals(records: Sequence[Record], metrics: Sequence[str] = METRICS, **options: Any) -> dict[Any, Any]:
    return dict(intervals_of(make.frame(*records), scores_of(records), metrics, num_resamples=400, **options).ends)


FULL = [
    cell(category, seed, method)
    for method in ("mfrnet", "constant")
    for category in ("gear", "tile")
    for seed in (0, 1, 2)
]


def test_every_number_of_an_image_metric_has_an_interval_around_it() -> None:
    found = intervals(FULL)
    frame = make.frame(*FULL)
    assert len(found) == 2 * 3 * len(METRICS)
    table = category_table(Board.of(frame, METRICS), "demo")
    labels = [column.title for column in table.columns]
    places = [(row, metric, label) for row in table.rows for metric in METRICS for label in labels]
    entries = [entry for line in table.entries for entry in line]
    for (row, metric, label), entry in zip(places, entries, strict=True):
        low, high = found["demo", row, label, metric]
        assert entry.mean is not None
        assert 0 < low < entry.mean < high <= 1
        assert high - low < 0.3


def test_a_mean_is_surer_than_its_categories() -> None:
    found = intervals(FULL)
    width = {
        category: np.diff(found["demo", category, "mfrnet", "image_auroc"]) for category in ("gear", "tile", "mean")
    }
    assert width["mean"] < min(width["gear"], width["tile"])


def test_metrics_that_need_pixels_have_none() -> None:
    assert intervals(FULL, ["pixel_auroc", "aupro_30"]) == {}


def test_what_the_table_withholds_has_none() -> None:
    short = [record for record in FULL if record.identity != FULL[0].identity]
    failed = make.failure_record(identity=FULL[0].identity)
    for records in (short, [*short, failed]):
        found = intervals(records, ["image_auroc"])
        assert {category for _, category, row, _ in found if row == "mfrnet"} == {"tile"}
        assert {category for _, category, row, _ in found if row == "constant"} == {"gear", "tile", "mean"}


def test_a_category_that_the_data_set_is_known_to_have_withholds_the_mean() -> None:
    found = intervals(FULL, ["image_auroc"], expected={"demo": ["gear", "tile", "weave"]})
    assert {category for _, category, _, _ in found} == {"gear", "tile"}


def test_too_few_images_have_none_and_withhold_the_mean() -> None:
    small = scored_record(make.identity(category="weave"), image_scores([0.1, 0.2], [0.3]))
    found = intervals([cell("gear"), small], ["image_auroc"])
    assert list(found) == [("demo", "gear", "mfrnet", "image_auroc")]


def test_an_interval_does_not_depend_on_what_is_shown_beside_it() -> None:
    key = ("demo", "gear", "mfrnet", "image_auroc")
    alone = [record for record in FULL if (record.identity.category, record.identity.method) == ("gear", "mfrnet")]
    assert intervals(FULL)[key] == intervals(alone, ["image_auroc"])[key]


def test_rows_are_called_as_in_the_tables() -> None:
    records = [cell("gear", settings={"k": k}) for k in (3, 4)]
    assert {row for _, _, row, _ in intervals(records)} == {"mfrnet [k=3]", "mfrnet [k=4]"}


def test_a_data_set_without_known_near_duplicates_is_named_in_the_remark() -> None:
    records = [cell("gear"), cell("mtd", dataset="mtd")]
    groups = {("mtd", "mtd"): {"good/000": "good/001"}}
    found = intervals_of(make.frame(*records), scores_of(records), ["image_auroc"], groups=groups, num_resamples=100)
    assert found.independent == ("demo",)
    assert found.remark(["demo", "mtd"]).endswith("together, except for demo, where they are not known.")
    assert found.remark(["demo"]).endswith("the bootstrap took all images as independent.")
    assert found.remark(["ksdd"]) == ""
