import base64

import numpy as np
import pytest

from harness.leaderboard.variants import row_labels
from harness.records import CellRecord
from harness.report.html.score_series import CellScores, cell_scores, within_budget
from tests.support import records as make
from tests.support.scores import drawn_scores, image_scores, scored_record, scores_of


def series_of(*records: CellRecord) -> dict[str, tuple[CellScores, ...]]:
    frame = make.frame(*records)
    return cell_scores(frame.assign(row=row_labels(frame)), scores_of(records))


@pytest.mark.parametrize(("scores", "width"), [((0.5, 2.0), 4), ((0.1, 0.1 + 1e-12), 8)])
def test_scores_arrive_exactly(scores: tuple[float, ...], width: int) -> None:
    record = scored_record(make.identity(), image_scores(normals=(9.0, *scores), defects=(3.0, 1.0)))
    (cell,) = series_of(record)["tile"]
    assert cell.bytes_per_score == width
    decoded = np.frombuffer(base64.b64decode(cell.scores), dtype=f"<f{width}").tolist()
    assert decoded == [*sorted((9.0, *scores)), 1.0, 3.0]
    assert (cell.num_normals, cell.num_defects) == (3, 2)


def test_numbers_are_those_of_the_record() -> None:
    record = scored_record(make.identity(seed=4), drawn_scores(0), aupro_30=0.625, overlap_curve=(0.0, 0.33333, 1.0))
    (cell,) = series_of(record)["tile"]
    assert (cell.row, cell.seed, cell.image_auroc, cell.aupro) == ("mfrnet", 4, record.metrics["image_auroc"], 0.625)
    assert cell.overlaps == (0.0, 0.3333, 1.0)


def test_without_masks_there_is_no_overlap() -> None:
    with_masks = scored_record(make.identity(category="a"), drawn_scores(0))
    without = scored_record(make.identity(category="b"), drawn_scores(0), aupro_30=None, overlap_curve=None)
    found = series_of(with_masks, without)
    assert found["a"][0].overlaps is not None
    assert (found["b"][0].aupro, found["b"][0].overlaps) == (None, None)


def test_a_first_seed_of_everything_comes_before_further_seeds() -> None:
    records = [
        scored_record(make.identity(category=category, method=method, seed=seed), drawn_scores(seed))
        for category in ("a", "b")
        for method in ("gaussian", "mfrnet")
        for seed in (3, 5)
    ]
    found = series_of(*records)
    one = found["a"][0].num_bytes
    (kept,), num_left_out = within_budget([found], 5 * one)
    assert num_left_out == 3
    assert [(cell.row, cell.seed) for cell in kept["a"]] == [("gaussian", 3), ("gaussian", 5), ("mfrnet", 3)]
    assert [(cell.row, cell.seed) for cell in kept["b"]] == [("gaussian", 3), ("mfrnet", 3)]
    assert within_budget([found], 8 * one) == ([found], 0)
