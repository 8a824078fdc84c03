from collections.abc import Sequence
from pathlib import Path

from harness.leaderboard.variants import row_labels
from harness.report.html.gallery import Gallery, gallery_of
from harness.report.panels import panel_names
from tests.support import records as make
from tests.support.scores import image_scores, scored_record, scores_of

SCORES = image_scores(normals=(0.0, 1.0, 2.0, 6.0), defects=(2.0, 0.5, 7.0))


def gallery(names: Sequence[str]) -> Gallery:
    record = scored_record(make.identity(), SCORES)
    frame = make.frame(record)
    labelled = frame.assign(row=row_labels(frame))
    return gallery_of("demo", labelled, scores_of([record]), lambda *cell: [Path(name) for name in names])


def test_the_worst_error_comes_first_whichever_side_it_is_on() -> None:
    found = gallery(["hole-000.png", "hole-001.png", "hole-002.png", "good-000.png", "good-003.png"])
    shown = [(panel.image.image_id, panel.num_beyond, panel.num_others) for panel in found.panels]
    assert shown == [
        ("hole/001", 3, 4),
        ("good/003", 2, 3),
        ("hole/000", 2, 4),
        ("good/000", 0, 3),
        ("hole/002", 0, 4),
    ]
    assert found.panels[0].severity == 0.75


def test_equal_scores_count_against_an_image() -> None:
    (defect,) = gallery(["hole-000.png"]).panels
    assert defect.num_beyond == 2  # the normal image of the same score, and the higher one
    (normal,) = gallery(["good-002.png"]).panels
    assert normal.num_beyond == 2


def test_files_of_no_test_image_are_left_out() -> None:
    assert gallery(["hole-000.png", "notes.png"]).panels[0].image.image_id == "hole/000"
    assert len(gallery(["hole-000.png", "notes.png"]).panels) == 1


def test_names_of_panels_are_those_that_a_run_writes() -> None:
    assert panel_names(["test/hole/a.b.jpg"]) == {"test/hole/a.b.jpg": "test-hole-a.b.png"}


def test_images_whose_names_differ_in_little_have_panels_of_their_own() -> None:
    names = panel_names(["x/y-1.png", "x-y/1.png", "x/y-1.jpg", "x/y-2.png"])
    assert len(set(names.values())) == 4
    assert names["x/y-2.png"] == "x-y-2.png"
