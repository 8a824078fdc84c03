import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import harness
from harness.errors import StoreError
from harness.report.figures import write_figures
from harness.report.figures.plot_types import PlotSet
from tests.support.plots import LABELS, RANKS, category_plot

PLOTS = PlotSet(labels=LABELS, plots=(category_plot(), RANKS))


def test_each_figure_is_a_pdf_and_a_png(tmp_path: Path) -> None:
    paths = list(write_figures(PLOTS, tmp_path / "new" / "figures"))
    names = ("categories_castings", "critical_difference")
    assert [path.name for path in paths] == [f"{name}.{suffix}" for name in names for suffix in ("pdf", "png")]
    for path in paths:
        if path.suffix == ".pdf":
            content = path.read_bytes()
            assert content.startswith(b"%PDF-")
            assert content.rstrip().endswith(b"%%EOF")
            assert b"/Type3" not in content
            assert b"CreationDate" not in content
        else:
            with Image.open(path) as image:
                image.verify()
                assert image.width == pytest.approx(3.3 * 300, abs=1)


def test_a_wide_figure_is_as_wide_as_a_page(tmp_path: Path) -> None:
    paths = list(write_figures(PlotSet(labels=LABELS, plots=(RANKS,)), tmp_path, wide=True))
    with Image.open(paths[1]) as image:
        assert image.width == pytest.approx(6.9 * 300, abs=1)


def test_equal_plots_are_equal_files_in_another_process(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from harness.report.figures import write_figures;"
        "from harness.report.figures.plot_types import PlotSet;"
        "from tests.support.plots import LABELS, RANKS;"
        "list(write_figures(PlotSet(labels=LABELS, plots=(RANKS,)), Path('.')))"
    )
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    surroundings = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(Path(harness.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", program], cwd=there, env=surroundings, check=True)
    paths = list(write_figures(PlotSet(labels=LABELS, plots=(RANKS,)), here))
    assert [path.read_bytes() for path in paths] == [(there / path.name).read_bytes() for path in paths]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"Cannot write .*taken/critical_difference\.pdf: File exists"):
        list(write_figures(PlotSet(labels=LABELS, plots=(RANKS,)), tmp_path / "taken"))
