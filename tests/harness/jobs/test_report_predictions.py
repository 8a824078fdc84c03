import html
import os
import re
import shutil
from pathlib import Path

import pytest

import harness
from harness.errors import BundleError, DataError, SettingsError, StoreError
from harness.jobs.predict import Pictures
from harness.report.prediction_rows import RowFormat
from tests.support.detectors import write_defect, write_good
from tests.support.predictions import write_predictions
from tests.support.report_pages import page_data


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_page_needs_only_what_predict_wrote(bundle: Path, tmp_path: Path, kind: RowFormat) -> None:
    copy = shutil.copytree(bundle, tmp_path / "bundle")
    write_good(tmp_path / "new/good 1.png", 100)
    write_defect(tmp_path / "new/größer <zwei>.png", 101)
    out = tmp_path / "found"
    harness.predict(copy, [tmp_path / "new"], out=out, row_format=kind, pictures=Pictures(overlays=True))
    shutil.rmtree(copy)
    shutil.rmtree(tmp_path / "new")
    page = harness.report_predictions(out)
    assert page == out / "report.html"
    (data,) = page_data(page.read_text(encoding="utf-8"))
    assert [(image["name"], image["verdict"]) for image in data["images"]] == [  # type: ignore[attr-defined]
        ("größer <zwei>.png", "anomalous"),
        ("good 1.png", "normal"),
    ]
    assert f'<a href="predictions.{kind}">' in page.read_text(encoding="utf-8")


def test_links_of_a_page_elsewhere_lead_to_the_folder(bundle: Path, tmp_path: Path) -> None:
    folder = write_predictions(tmp_path / "found here", bundle)
    page = harness.report_predictions(folder, tmp_path / "pages/one.html").read_text(encoding="utf-8")
    page = html.unescape(page)
    assert '<a href="../found%20here/predictions.csv">' in page
    assert f"bench report '{folder}' --out {tmp_path}/pages/one.html\n" in page


def test_equal_predictions_give_equal_bytes(bundle: Path, tmp_path: Path) -> None:
    folder = write_predictions(tmp_path / "found", bundle)
    assert harness.report_predictions(folder).read_bytes() == harness.report_predictions(folder).read_bytes()


def test_mistakes_are_one_line_and_leave_an_older_page(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        BundleError, match=r"none: no detector\.json here; expected a folder that 'bench predict --out'"
    ):
        harness.report_predictions(tmp_path / "none")
    folder = write_predictions(tmp_path / "found", bundle)
    with pytest.raises(SettingsError, match=r"^--out: expected the name of a file, e\.g\. .*, got the folder"):
        harness.report_predictions(folder, folder)
    (folder / "report.html").write_text("older")

    def refuse(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(StoreError, match=rf"^Cannot write {re.escape(str(folder))}/report\.html: No space left"):
            harness.report_predictions(folder)
    (folder / "predictions.csv").unlink()
    with pytest.raises(DataError, match=r"expected predictions\.csv or predictions\.jsonl .* found none"):
        harness.report_predictions(folder)
    assert (folder / "report.html").read_text() == "older"
