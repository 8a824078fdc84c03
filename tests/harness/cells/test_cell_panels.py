import tempfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.cells.cell_panels import chosen_defects, save_panels, worst_false_alarms
from harness.cells.map_file import MapFile
from harness.datasets import Sample
from harness.datasets.finding import find
from harness.report import panels
from harness.report.panels import panel_names
from tests.support import miniatures
from tests.support.cells import make_cell


@pytest.fixture
def samples(tmp_path: Path) -> tuple[Sample, ...]:
    """Three good images and four defects."""
    miniatures.mvtec_ad(tmp_path)
    return find("mvtec_ad", tmp_path).split(tmp_path, "bottle", 0).test


def scored(samples: tuple[Sample, ...], *good: float) -> NDArray[np.float32]:
    scores_B, of_good = np.full(len(samples), 9.0, np.float32), iter(good)
    for row, sample in enumerate(samples):
        if not sample.is_defect:
            scores_B[row] = next(of_good)
    return scores_B


def written(folder: Path, samples: tuple[Sample, ...], scores_B: NDArray[np.float32], count: int) -> list[str]:
    with tempfile.TemporaryFile() as file:
        maps = MapFile(file, [(32, 32)] * len(samples))
        maps.values[:] = np.linspace(0, 1, len(maps.values))
        save_panels(folder / "panels", make_cell("bottle"), samples, maps, scores_B, count)
    return sorted(path.name for path in (folder / "panels").iterdir())


def test_the_good_image_that_scores_highest_is_the_first(samples: tuple[Sample, ...]) -> None:
    good = [row for row, sample in enumerate(samples) if not sample.is_defect]
    assert worst_false_alarms(samples, scored(samples, 1.0, 3.0, 2.0), 2) == [good[1], good[2]]
    assert worst_false_alarms(samples, scored(samples, 1.0, 1.0, 1.0), 9) == good


def test_the_choice_of_defects_looks_at_no_score(samples: tuple[Sample, ...]) -> None:
    defects = [row for row, sample in enumerate(samples) if sample.is_defect]
    assert chosen_defects(samples, 2) == [defects[0], defects[2]]
    assert chosen_defects(samples, 9) == defects


def test_names_of_files_are_those_that_a_report_looks_for(tmp_path: Path, samples: tuple[Sample, ...]) -> None:
    names = written(tmp_path, samples, scored(samples, 1.0, 3.0, 2.0), 2)
    good = [row for row, sample in enumerate(samples) if not sample.is_defect]
    drawn = [*chosen_defects(samples, 2), good[1], good[2]]
    assert names == sorted(panel_names([sample.id for sample in samples])[samples[row].id] for row in drawn)


def test_titles_say_which_is_which_and_only_masks_are_outlined(
    tmp_path: Path, samples: tuple[Sample, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: dict[str, bool] = {}

    def draw(path: Path, image: object, mask_HW: object, map_HW: object, *, title: str, **_: object) -> None:
        path.parent.mkdir(exist_ok=True)
        drawn[title.splitlines()[1]] = mask_HW is not None

    monkeypatch.setattr(panels, "save_panel", draw)
    written(tmp_path, samples, scored(samples, 1.0, 3.0, 2.0), 2)
    kinds = {f"defect: {samples[row].defect_kind}": True for row in chosen_defects(samples, 2)}
    assert drawn == kinds | {"good image, the worst false alarm": False, "good image, false alarm 2": False}
