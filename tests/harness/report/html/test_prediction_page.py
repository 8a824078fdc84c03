import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import harness
from harness.bundles.bundle import read_description, rewrite_description
from harness.report.html import prediction_page
from harness.report.prediction_rows import PredictionRow
from tests.support.predictions import (
    HOSTILE,
    judged_row,
    some_rows,
    threshold_of,
    write_overlays,
    write_predictions,
)
from tests.support.report_pages import page_data


@pytest.fixture(scope="module")
def threshold(bundle: Path) -> float:
    return threshold_of(read_description(bundle))


@pytest.fixture(scope="module")
def page(bundle: Path, threshold: float, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = write_predictions(tmp_path_factory.mktemp("found") / "found", bundle)
    write_overlays(folder, some_rows(threshold))
    return harness.report_predictions(folder).read_text(encoding="utf-8")


def data_of(page: str) -> dict[str, Any]:
    (data,) = page_data(page)
    return data


def test_the_images_come_with_the_highest_scores_first(page: str, threshold: float) -> None:
    images = data_of(page)["images"]
    assert [image["score"] for image in images] == sorted((image["score"] for image in images), reverse=True)
    assert (len(images), images[0]["name"], images[0]["image"]) == (40, HOSTILE, f"new/{HOSTILE}")
    assert images[0]["link"] == "overlays/%3Cscript%3Ealert%281%29%3C/script%3E.png.png"
    assert images[0]["picture"].startswith("data:image/webp;base64,")
    assert (images[0]["regions"], images[0]["share"]) == (1, 0.0125)
    assert sum(image["verdict"] == "anomalous" for image in images) == 10
    assert data_of(page)["threshold"] == threshold


def test_held_out_images_are_those_of_the_bundle_and_near_duplicates_count_once(
    bundle: Path, threshold: float, tmp_path: Path
) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    description = read_description(copy)
    first, second, *_ = description.held_out
    twins = (*description.held_out, second.model_copy(update={"group": first.group, "score": first.score + 1}))
    rewrite_description(copy, description.model_copy(update={"held_out": twins}))
    page = harness.report_predictions(write_predictions(tmp_path / "found", copy)).read_text(encoding="utf-8")
    expected = sorted([first.score + 1, *(each.score for each in description.held_out[1:])])
    assert data_of(page)["heldOut"] == expected


def test_it_says_who_judged_and_how_the_threshold_came(page: str, bundle: Path) -> None:
    description = read_description(bundle)
    limits = description.thresholds
    assert limits is not None
    facts = dict(re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", page))
    assert facts["Method"] == "gaussian, version 5"
    assert facts["Fitted on"] == "30 good images of parts"
    assert facts["Anomalous above"] == f"score {limits.score:.6g}, pixel {limits.pixel:.6g}"
    assert facts["Asked rate of false alarms"] == "10 %"
    assert facts["Held-out good images above"] == f"{limits.num_above} of 10"
    assert facts["True rate of false alarms"] == "0 to 31 % (95 % interval)"
    assert facts["backbone"] == "filter_bank"
    assert "bench predict .../parts new\n" in page
    assert '<span class="what">Judged</span> <span class="rate">40</span> <span class="count">of 41</span>' in page
    assert '<span class="what">Anomalous</span> <span class="rate">10</span>' in page
    assert '<span class="what">Normal</span> <span class="rate">30</span>' in page
    assert '<a href="predictions.csv">predictions.csv</a>' in page


def test_the_commands_name_the_one_that_set_the_threshold(bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    set_anew = {"threshold_command": "bench threshold /mnt/parts --false-alarms 20%"}
    rewrite_description(copy, read_description(copy).model_copy(update=set_anew))
    page = harness.report_predictions(write_predictions(tmp_path / "found", copy)).read_text(encoding="utf-8")
    assert "\nbench threshold .../parts --false-alarms 20%\nbench predict .../parts new\n" in page


def test_names_of_files_never_become_elements(page: str) -> None:
    assert re.findall(r"<script[^>]*>", page) == ['<script type="application/json" id="json-judged">', "<script>"]
    assert "<td>new/broken&lt;script&gt;alert(1)&lt;/script&gt;.png: not an image</td>" in page


def test_a_detector_without_thresholds_has_scores_and_no_verdicts(bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(bundle, tmp_path / "copy")
    rewrite_description(copy, read_description(copy).model_copy(update={"thresholds": None, "held_out": ()}))
    folder = write_predictions(tmp_path / "found", copy, [PredictionRow(image="a.png", score=1.0)])
    page = harness.report_predictions(folder).read_text(encoding="utf-8")
    assert "none, so that there are no verdicts" in page
    assert "<select" not in page
    assert data_of(page)["heldOut"] == []


def test_where_nothing_could_be_judged_the_reasons_are_all_there_is(bundle: Path, tmp_path: Path) -> None:
    rows = [PredictionRow(image=f"{number}.png", error="gone") for number in range(prediction_page.MAX_UNREADABLE + 5)]
    folder = write_predictions(tmp_path / "found", bundle, rows)
    page = harness.report_predictions(folder).read_text(encoding="utf-8")
    assert page.count("<td>gone</td>") == prediction_page.MAX_UNREADABLE
    assert '5 more are in <a href="predictions.csv">' in page
    assert 'id="images"' not in page


def test_a_thousand_images_fit_five_megabytes_and_further_pictures_are_links(
    bundle: Path, threshold: float, tmp_path: Path
) -> None:
    rows = [judged_row(f"new/{number}.png", number / 1000, threshold, f"{number}.png") for number in range(1000)]
    folder = write_predictions(tmp_path / "found", bundle, rows)
    write_overlays(folder, rows, size_px=(600, 800))
    path = harness.report_predictions(folder)
    assert path.stat().st_size < 5_000_000
    images = data_of(path.read_text(encoding="utf-8"))["images"]
    embedded = [image["picture"] is not None for image in images]
    assert embedded == sorted(embedded, reverse=True)
    assert 0 < sum(embedded) < 1000
    assert sum(len(image["picture"] or "") for image in images) <= prediction_page.PICTURES_BUDGET_BYTES
    assert all((folder / image["link"]).is_file() for image in images)


def test_images_beyond_the_list_are_counted_and_still_in_the_scores(
    bundle: Path, threshold: float, tmp_path: Path
) -> None:
    num = prediction_page.MAX_LISTED + 7
    rows = [judged_row(f"{number}.png", number / num - 0.5, threshold) for number in range(num)]
    page = harness.report_predictions(write_predictions(tmp_path / "found", bundle, rows)).read_text(encoding="utf-8")
    assert "the other 7 are in" in page
    assert len(data_of(page)["images"]) == prediction_page.MAX_LISTED
    assert data_of(page)["scores"] == sorted(row.score for row in rows if row.score is not None)
    assert "bench predict --overlays" in page


def test_a_picture_that_is_damaged_is_left_to_its_link(bundle: Path, threshold: float, tmp_path: Path) -> None:
    rows = [judged_row("a.png", 0.5, threshold, "a.png"), judged_row("b.png", 0.4, threshold, "b.png")]
    folder = write_predictions(tmp_path / "found", bundle, rows)
    (folder / "overlays").mkdir()
    (folder / "overlays/a.png.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "overlays/b.png.png")
    first, second = data_of(harness.report_predictions(folder).read_text(encoding="utf-8"))["images"]
    assert (first["picture"], first["link"]) == (None, "overlays/a.png.png")
    assert second["picture"].startswith("data:image/webp;base64,")
