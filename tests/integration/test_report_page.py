"""The report as people see it: in a real browser, from ``file://``."""

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.store import RecordStore
from tests.support import chromium, report_pages
from tests.support import records as make
from tests.support.chromium import Open
from tests.support.report_pages import HOSTILE
from tests.support.scores import scored_record

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chromium.browser_path()
    folder = tmp_path_factory.mktemp("results")
    report_pages.small_store(folder)
    return harness.report(str(folder))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_it_fits_any_width_in_light_and_dark(opened: Open, width: int, scheme: str) -> None:
    page = opened(width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # Tall enough for everything to be laid out: what is drawn only when it is seen must fit too.
    page.set_viewport_size({"width": width, "height": 8000})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_variants_with_many_settings_fit_a_phone(browser: Any, tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    for value in range(2):
        settings = {f"a_setting_with_a_long_name_{number}": number + value / 3 for number in range(12)}
        identity = make.identity(dataset="castings", settings=settings)
        store.write(scored_record(identity, report_pages.drawn_scores(value)))
        store.write_costs(make.cost_record(identity.cell_id))
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(harness.report(str(tmp_path), all_variants=True).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert page.locator("table.sortable tbody tr").first.bounding_box()["height"] < 150
    assert page.locator("text.name").all_text_contents() == ["mfrnet [a_setting_with_a_lo…"] * 2
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_contrast(opened: Open, scheme: str) -> None:
    assert opened(1600, scheme).evaluate(chromium.FAINT_TEXT) == []


def test_a_hostile_name_is_shown_and_does_not_run(opened: Open) -> None:
    page = opened()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.locator(".by-category button").first.click()
    assert page.get_by_text(HOSTILE.replace("/", "|")).count() > 0
    assert page.locator("script").count() == 5
    assert dialogs == []


def labels(table: Any) -> list[str]:
    return [text.strip() for text in table.locator("tbody th").all_inner_texts()]


def test_a_table_sorts_by_click_and_by_keyboard(opened: Open) -> None:
    page = opened()
    table = page.locator("#data-1-2 table.sortable").first
    heading = table.locator("thead th").nth(1)
    assert labels(table)[0] == "mfrnet"
    heading.locator("button").click()
    assert (heading.get_attribute("aria-sort"), labels(table)) == ("descending", ["mfrnet", "gaussian", "padim†"])
    heading.locator("button").press("Enter")
    # The mean that is withheld stays last in both directions.
    assert (heading.get_attribute("aria-sort"), labels(table)) == ("ascending", ["gaussian", "mfrnet", "padim†"])
    table.locator("thead th").first.locator("button").press("Space")
    assert (heading.get_attribute("aria-sort"), labels(table)) == ("none", ["gaussian", "mfrnet", "padim†"])


def test_the_metric_of_the_categories_can_be_chosen(opened: Open) -> None:
    page = opened()
    group = page.locator("#data-1-1 .by-category")
    assert group.locator("table:visible caption").all_inner_texts() == [
        "image AUROC, mean over the seeds of each category"
    ]
    group.get_by_role("button", name="AUPRO", exact=True).click()
    assert group.locator("table:visible caption").all_inner_texts() == ["AUPRO, mean over the seeds of each category"]


def test_the_slider_counts_false_alarms_and_misses(opened: Open) -> None:
    page = opened()
    explorer = page.locator("#data-1-2 .explorer")

    def counts() -> tuple[int, int]:
        texts = [explorer.locator(f".{name}-count").inner_text() for name in ("alarms", "misses")]
        assert texts[0].endswith(" of 20 normal images")
        assert texts[1].endswith(" of 20 defect images")
        return int(texts[0].split()[0]), int(texts[1].split()[0])

    scores = report_pages.drawn_scores(0, gain=2.0)
    normals, defects = ([one.anomaly_score for one in scores if one.is_defect == side] for side in (False, True))
    slider = explorer.locator("input[type=range]")
    thresholds = sorted({*normals, *defects})
    for place in (0, 7, 25):
        slider.evaluate("(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')); }", place)
        threshold = thresholds[place]
        assert counts() == (
            sum(score >= threshold for score in normals),
            sum(score < threshold for score in defects),
        )
        alarms = 100 * counts()[0] / 20
        assert explorer.locator(".alarms-rate").inner_text() == f"{alarms:.1f} %"
    before = counts()
    slider.press("End")
    assert counts() == (0, 20) != before
    slider.press("ArrowLeft")
    assert sum(counts()) == 19
    explorer.get_by_role("button", name="no misses").click()
    assert counts()[1] == 0
    explorer.get_by_role("button", name="no false alarms").click()
    assert counts()[0] == 0


def test_another_method_or_seed_is_another_curve(opened: Open) -> None:
    page = opened()
    explorer = page.locator("#data-1-2 .explorer")
    legend = explorer.locator(".roc .legend")
    curve = explorer.locator(".roc .curve.chosen")
    first = curve.get_attribute("points")
    assert legend.locator(".chosen").inner_text().startswith("mfrnet")
    explorer.locator("[data-choice=method]").select_option("gaussian")
    assert legend.locator(".chosen").inner_text().startswith("gaussian")
    explorer.locator("[data-choice=method]").select_option("mfrnet")
    assert curve.get_attribute("points") == first
    explorer.locator("[data-choice=seed]").select_option("2")
    assert curve.get_attribute("points") != first
    assert explorer.locator(".overlap polyline.curve").count() == 2


def test_the_gallery_filters_by_kind_and_starts_with_the_worst(opened: Open) -> None:
    page = opened()
    gallery = page.locator("#data-1-1 .gallery")
    status, cards = gallery.locator("[role=status]"), gallery.locator(".card")
    assert status.inner_text() == "12 of 40 heat maps are shown."
    rates = [float(text.rsplit("(", 1)[1].split()[0]) for text in cards.locator(".error").all_inner_texts()]
    assert rates == sorted(rates, reverse=True)
    gallery.get_by_role("button", name="Show more").click()
    assert cards.count() == 36
    gallery.locator("[data-filter=kind]").select_option(HOSTILE)
    assert status.inner_text() == "10 of 10 heat maps are shown."
    assert set(cards.locator(".kind").all_inner_texts()) == {HOSTILE}
    image = cards.locator("img").first
    assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    cards.first.locator("button").click()
    assert cards.first.get_attribute("class") == "card large"


def test_it_prints(opened: Open) -> None:
    page = opened()
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.locator("#data-1-1 table").first.is_visible()
    assert len(page.pdf()) > 10_000


def test_where_chromium_is_required_its_absence_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setenv(chromium.REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="BENCH_REQUIRE_CHROMIUM is set and chromium is not installed"):
        chromium.browser_path()
    monkeypatch.delenv(chromium.REQUIRED)
    with pytest.raises(pytest.skip.Exception, match="chromium is not installed"):
        chromium.browser_path()
