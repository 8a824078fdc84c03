import numpy as np
import pytest

from harness.records import ImageScore
from harness.stats import ImagePool
from tests.support.scores import image_scores


def score(image_id: str, value: float, is_defect: bool = False) -> ImageScore:
    return ImageScore(image_id=image_id, is_defect=is_defect, defect_kind="", anomaly_score=value)


def test_cells_share_images_by_id_whatever_their_order() -> None:
    pool = ImagePool.of([[score("b", 2.0, True), score("a", 1.0)], [score("a", 3.0), score("b", 4.0, True)]])
    assert pool.is_defect_I.tolist() == [False, True]
    assert pool.scores_CI.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_an_image_that_a_cell_did_not_test_has_no_score_there() -> None:
    pool = ImagePool.of([[score("a", 1.0), score("b", 2.0, True)], [score("c", 3.0), score("b", 4.0, True)]])
    assert pool.is_tested.tolist() == [[True, True, False], [False, True, True]]
    assert np.isnan(pool.scores_CI[~pool.is_tested]).all()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "No cell was given"),
        ([[score("a", 1.0), score("a", 2.0)]], "Cell 0 has an image twice"),
        ([[score("a", 1.0)], [score("a", 1.0, True)]], "a is a defect in one cell and normal in another"),
        ([[score("a", float("inf"))]], "A score is NaN or infinite"),
    ],
)
def test_scores_without_meaning_are_refused(cells: list[list[ImageScore]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ImagePool.of(cells)


@pytest.mark.parametrize(
    ("normals", "defects", "shortage"),
    [
        ([0.1, 0.2], [0.3, 0.4], ""),
        ([0.1], [0.3, 0.4], "a cell has 1 independent normal test image, fewer than 2"),
        ([0.1, 0.2], [], "a cell has 0 independent defect test images, fewer than 2"),
    ],
)
def test_a_class_of_one_image_is_a_shortage(normals: list[float], defects: list[float], shortage: str) -> None:
    assert ImagePool.of([image_scores([0.1, 0.2], [0.3, 0.4]), image_scores(normals, defects)]).shortage == shortage


def test_images_of_a_group_are_one_unit_and_count_once() -> None:
    cell = image_scores([0.1, 0.2], [0.3, 0.4])
    pool = ImagePool.of([cell], {"good/000": "a", "good/001": "a"})
    assert pool.unit_I.tolist() == [0, 0, 1, 2]
    assert pool.shortage == "a cell has 1 independent normal test image, fewer than 2"
