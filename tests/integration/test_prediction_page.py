"""The page of predictions as people see it: in a real browser, from ``file://``."""

from pathlib import Path

import pytest

import harness
from harness.bundles.bundle import read_description
from tests.support import chromium
from tests.support.chromium import Open
from tests.support.detectors import fit_bundle, write_parts
from tests.support.predictions import HOSTILE, some_rows, threshold_of, write_overlays, write_predictions

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chromium.browser_path()
    folder = tmp_path_factory.mktemp("bundle")
    return fit_bundle(write_parts(folder / "parts"), folder / "bundle", "constant")


@pytest.fixture(scope="module")
def page_file(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_predictions(tmp_path_factory.mktemp("found") / "found", bundle)
    write_overlays(folder, some_rows(threshold_of(read_description(bundle))))
    return harness.report_predictions(folder)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_it_fits_any_width_and_can_be_read_in_light_and_dark(opened: Open, width: int, scheme: str) -> None:
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(chromium.FAINT_TEXT) == []


def test_a_hostile_name_is_shown_and_does_not_run(opened: Open) -> None:
    page = opened()
    assert page.locator(".card .file").first.inner_text() == HOSTILE
    assert f"new/broken{HOSTILE}" in page.locator("#unreadable").inner_text()
    assert page.locator("script").count() == 2


def test_the_slider_counts_held_out_and_new_images_above_it(opened: Open, bundle: Path) -> None:
    page = opened()
    description = read_description(bundle)
    held_out = sorted(each.score for each in description.held_out)
    threshold = threshold_of(description)
    scores = [row.score for row in some_rows(threshold) if row.score is not None]
    thresholds = [-float("inf"), *sorted({*held_out, *scores, threshold})]

    def counts() -> list[tuple[int, int]]:
        texts = [page.locator(f".{name}-count").inner_text().split() for name in ("alarms", "flagged")]
        return [(int(text[0]), int(text[2])) for text in texts]

    def expected(at: float) -> list[tuple[int, int]]:
        return [(sum(score > at for score in of), len(of)) for of in (held_out, scores)]

    assert counts() == expected(threshold)
    slider = page.locator("input[type=range]")
    for place in (0, 9, len(thresholds) - 1):
        slider.evaluate("(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')); }", place)
        assert counts() == expected(thresholds[place])
        assert page.locator("svg .mark").count() == 1
    slider.press("ArrowLeft")
    assert counts() == expected(thresholds[-2])
    page.get_by_role("button", name="of the detector").click()
    assert counts() == expected(threshold)
    page.get_by_role("button", name="no held-out image above").click()
    assert counts()[0][0] == 0


def test_the_gallery_shows_more_and_filters_by_verdict(opened: Open) -> None:
    page = opened()
    status, cards = page.locator("#images [role=status]"), page.locator(".card")
    assert status.inner_text() == "12 of 40 images are shown."
    scores = [float(text.split()[1].rstrip(".")) for text in cards.locator(".error").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)
    page.get_by_role("button", name="Show more").click()
    assert cards.count() == 36
    page.locator("[data-filter=verdict]").select_option("anomalous")
    assert status.inner_text() == "10 of 10 images are shown."
    assert set(cards.locator(".kind").all_inner_texts()) == {"anomalous"}
    assert "1 region, 1.3 % of the image." in cards.locator(".error").first.inner_text()
    image = cards.locator("img").first
    assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    cards.first.locator("button").click()
    assert cards.first.get_attribute("class") == "card large"
    link = cards.first.locator("a.file")
    assert Path(link.evaluate("link => decodeURIComponent(new URL(link.href).pathname)")).is_file()


def test_it_prints(opened: Open) -> None:
    page = opened()
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert len(page.pdf()) > 10_000
