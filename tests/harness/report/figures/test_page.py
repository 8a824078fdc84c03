from dataclasses import replace

import pytest

from harness.report.figures.page import Page, new_page, panel_pages, seeds_text
from harness.report.figures.style import MAX_HEIGHT_INCHES, drawing
from tests.support.plots import heading


@pytest.mark.parametrize(
    ("seeds", "text"),
    [
        ({"mtd": {"a": (0,)}}, "Seed 0"),
        ({"mtd": {"a": (0, 1), "b": (0, 1)}, "ksdd": {"a": (0, 1)}}, "Seeds 0, 1"),
        ({"mtd": {"a": (0, 1)}, "ksdd": {"a": (0,)}}, "Seeds mtd 0, 1; ksdd 0"),
        ({"mtd": {"a": (0, 1), "b": (0, 1), "c": (0,)}}, "Seeds 0, 1 (c on mtd 0)"),
    ],
)
def test_seeds_are_said_once_where_they_agree(seeds: dict[str, dict[str, tuple[int, ...]]], text: str) -> None:
    assert seeds_text(seeds) == text


def words(page: Page) -> str:
    return " ".join(text.get_text() for text in page.figure.texts)


def test_a_page_says_what_it_shows_and_what_it_does_not() -> None:
    page = new_page(heading("name", notes=("padim on mtd: failed in mtd",)), 1.0, wide=False, remark="A remark.")
    said = words(page)
    assert said.startswith("castings: a title of one line Seeds 0, 1. Protocol: mfrnet-bench-1/192/keep/127.")
    assert "A remark." in said
    assert said.endswith("Not drawn: padim on mtd: failed in mtd.")


def test_many_notes_are_cut() -> None:
    notes = tuple(f"method {number} on mvtec_ad: failed in bottle, cable, capsule" for number in range(30))
    page = new_page(heading("name", notes=notes), 1.0, wide=False)
    assert words(page).endswith("... and more.")
    assert page.figure.get_size_inches()[1] < 2.5


def test_another_split_is_named() -> None:
    assert "Split noisy." in words(new_page(replace(heading("name"), split="noisy"), 1.0, wide=True))


@pytest.mark.parametrize("num_panels", [1, 7, 8, 9, 40])
def test_panels_fill_pages_that_fit_a_sheet_of_paper(num_panels: int) -> None:
    with drawing():
        pages = list(panel_pages(heading("name"), range(num_panels), across=2, panel_inches=1.65, wide=False))
    assert [panel for _, panels in pages for _, panel in panels] == list(range(num_panels))
    assert all(page.figure.get_size_inches()[1] <= MAX_HEIGHT_INCHES + 0.01 for page, _ in pages)
    assert all(len(page.figure.axes) == len(panels) for page, panels in pages)
    names = [page.name for page, _ in pages]
    assert names == (["name"] if len(names) == 1 else [f"name_{number}" for number in range(1, len(names) + 1)])
