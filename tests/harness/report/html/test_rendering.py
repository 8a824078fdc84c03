import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import harness
from harness.report.html import rendering
from tests.support import report_pages
from tests.support.report_pages import HOSTILE, page_data


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("small")
    report_pages.small_store(folder)
    return harness.report(str(folder)).read_text(encoding="utf-8")


def test_names_from_data_never_become_elements(small: str) -> None:
    scripts = Elements(small).of("script")
    assert [script.get("type") for script in scripts] == ["application/json"] * 4 + [None]
    assert "<script>alert" not in small
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in small
    (castings, *_) = page_data(small)
    assert HOSTILE in {panel["kind"] for panel in castings["panels"]}  # type: ignore[attr-defined]


def test_nothing_outside_the_file_is_named(small: str) -> None:
    for tag, attributes in Elements(small).found:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            value = attributes.get(name) or ""
            assert not value or value.startswith(("#", "data:")), (tag, name, value)
    assert "@import" not in small
    assert "url(" not in small
    (policy,) = (meta["content"] for meta in Elements(small).of("meta") if "http-equiv" in meta)
    assert policy is not None
    assert policy.startswith("default-src 'none';")


def test_the_one_script_is_the_one_that_may_run(small: str) -> None:
    import base64
    import hashlib

    script = small.rsplit("<script>", 1)[1].split("</script>", 1)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in small


def test_every_split_is_a_section_of_its_own(small: str) -> None:
    headings = re.findall(r"<h2 [^>]*>([^<]*)</h2>", small)
    assert headings == ["published", "grouped-1.1", "Make it again"]
    assert small.count("Numbers of different splits do not compare.") == 2


def test_warnings_of_all_splits_come_before_any_number(small: str) -> None:
    top = small[small.index('<main id="content">') : small.index('<section class="split"')]
    assert '<a href="#split-1">published</a>: 1 cell failed, and means that need them are withheld' in top
    assert small.count("1 cell failed") == 1
    assert small.count('<a href="#warnings">1 warning</a> at the top of this page.') == 1


def test_tables_have_headers_and_controls_have_labels(small: str) -> None:
    page = Elements(small)
    assert all(th.get("scope") in ("col", "row") for th in page.of("th"))
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {label["for"] for label in page.of("label") if "for" in label}
    assert {slider["id"] for slider in page.of("input")} == labelled
    assert len(re.findall(r"<label>[^<]+<select", small)) == len(page.of("select"))
    assert page.of("html") == [{"lang": "en"}]


def test_records_as_many_as_a_published_benchmark_fit_five_megabytes(tmp_path: Path) -> None:
    report_pages.large_store(tmp_path)
    page = harness.report(str(tmp_path))
    assert page.stat().st_size < 3_000_000
    (data,) = page_data(page.read_text(encoding="utf-8"))
    assert len(data["cells"]) == 15 * 5 * 3  # type: ignore[arg-type]


def test_thousands_of_heat_maps_stay_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_pages.large_store(tmp_path, num_categories=15, num_methods=2, num_panels=80)
    monkeypatch.setattr(rendering, "PANELS_BUDGET_BYTES", 100_000)
    path = harness.report(str(tmp_path))
    page = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 5_000_000
    (data,) = page_data(page)
    panels: list[dict[str, str]] = data["panels"]  # type: ignore[assignment]
    assert len(panels) == rendering.MAX_PANELS
    assert "400 heat maps with smaller errors are not listed to keep this page small." in page
    pictures = [panel["picture"] for panel in panels if panel["picture"]]
    assert 0 < sum(map(len, pictures)) <= 100_000
    assert all((tmp_path / panel["link"]).is_file() for panel in panels)


def test_curves_that_do_not_fit_are_left_out_with_a_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report_pages.small_store(tmp_path)
    monkeypatch.setattr(rendering, "SCORES_BUDGET_BYTES", 3_000)
    page = harness.report(str(tmp_path)).read_text(encoding="utf-8")
    num_left = sum(len(data["cells"]) for data in page_data(page))  # type: ignore[misc, arg-type]
    assert 0 < num_left < 36
    assert f"The curves of {36 - num_left} cells are left out to keep this page small" in page


def test_equal_records_give_equal_bytes(tmp_path: Path) -> None:
    report_pages.small_store(tmp_path)
    first = harness.report(str(tmp_path), out=tmp_path / "page.html").read_bytes()
    assert harness.report(str(tmp_path), out=tmp_path / "page.html").read_bytes() == first
