from dataclasses import replace
from typing import Any

import pytest

from harness.leaderboard.tables import NOT_DEFINED, NOT_MEASURED, WITHHELD, Column, Entry, Quantity, Table
from harness.report.wording import caption, column_headings, entry_text, footnotes
from tests.support.tables import COSTS, REPORTED, TABLE

FRACTION = Column(title="image AUROC")


def table(*, seeds: dict[str, tuple[int, ...]], entry: Entry = Entry(mean=0.5)) -> Table:  # noqa: B008 (frozen)
    return Table(
        name="main",
        title="Title",
        row_title="Method",
        groups=("demo",),
        columns=(FRACTION,),
        rows=("mfrnet",),
        entries=((entry,),),
        protocol="p-1",
        seeds=seeds,
    )


def test_a_mean_is_percent_with_one_decimal() -> None:
    assert entry_text(Entry(mean=0.98765), FRACTION) == "98.8"


def test_a_caption_names_seeds_and_protocol() -> None:
    assert caption(table(seeds={"demo": (0, 1, 2)}, entry=Entry(mean=0.5, std=0.1))) == (
        "Title. Percent, higher is better; mean ± standard deviation over seeds; 3 seeds (0, 1, 2). Protocol: p-1."
    )


def test_one_seed_is_said_and_no_std_is_promised() -> None:
    assert caption(table(seeds={"demo": (0,)})) == "Title. Percent, higher is better; 1 seed (0). Protocol: p-1."


def test_data_sets_with_different_seeds_are_told_apart() -> None:
    assert "demo 2 seeds (0, 1), mtd 1 seed (0)" in caption(table(seeds={"demo": (0, 1), "mtd": (0,)}))


@pytest.mark.parametrize(
    ("entry", "legend"),
    [
        (WITHHELD, "--: withheld, because a cell is missing or failed."),
        (NOT_DEFINED, "n/a: not defined for these data."),
        (NOT_MEASURED, "n/m: not measured or not reported."),
    ],
)
def test_each_absence_has_its_mark_and_its_legend(entry: Entry, legend: str) -> None:
    assert caption(table(seeds={"demo": (0,)}, entry=entry)).endswith(f"Protocol: p-1. {legend}")
    assert legend.startswith(f"{entry_text(entry, FRACTION)}: ")


@pytest.mark.parametrize(
    ("why", "text"),
    [("few seeds", "no ± with fewer than 3 seeds"), ("same value", "no ± if all seeds give the same value")],
)
def test_a_caption_says_why_there_is_no_std(why: Any, text: str) -> None:
    assert text in caption(table(seeds={"demo": (0, 1)}, entry=Entry(mean=0.5, unspread=why)))


def test_an_interval_follows_the_mean_when_asked_for() -> None:
    entry = Entry(mean=0.9811, std=0.01, low=0.9752, high=0.9861)
    assert entry_text(entry, FRACTION, "interval") == "98.1 [97.5, 98.6]"
    assert entry_text(entry, FRACTION, "none") == "98.1"
    assert entry_text(Entry(mean=0.9811, std=0.01), FRACTION, "interval") == "98.1"


@pytest.mark.parametrize(
    ("quantity", "value", "shown"),
    [
        ("duration", 745.26, "745.3"),
        ("latency", 0.0213, "21.3"),
        ("rate", 45.04, "45.0"),
        ("memory", 1_234_000_000, "1.23"),
        ("size", 15_260_000, "15.3"),
        ("parameters", 1_820_000, "1.82"),
    ],
)
def test_a_quantity_has_its_unit_and_decimals(quantity: Quantity, value: float, shown: str) -> None:
    assert entry_text(Entry(mean=value), Column(title="x", quantity=quantity)) == shown


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert entry_text(Entry(mean=-0.0003), Column(title="loss")) == "0.0"


def test_headings_name_units_and_directions_where_they_are_not_percent() -> None:
    assert column_headings(COSTS)[:2] == ["demo p50 (ms ↓)", "demo batch 1 (images/s ↑)"]
    assert column_headings(TABLE)[:2] == ["demo image AUROC", "demo AUPRO"]


def test_a_caption_says_what_the_brackets_are() -> None:
    entry = Entry(mean=0.5, low=0.4, high=0.6)
    assert "mean over seeds [95 % bootstrap interval over test images];" in caption(
        table(seeds={"demo": (0, 1)}, entry=entry), "interval"
    )
    assert "over test images, if it is known];" in caption(TABLE, "interval")


def test_a_caption_promises_no_brackets_where_there_are_none() -> None:
    assert "bootstrap" not in caption(table(seeds={"demo": (0, 1)}), "interval")


def test_a_caption_names_a_split_that_is_not_the_published_one() -> None:
    assert "Split" not in caption(TABLE)
    assert "Protocol: mfrnet-bench-1/192/keep/127. Split few-shot-4." in caption(replace(TABLE, split="few-shot-4"))


def test_a_caption_names_rows_with_other_seeds() -> None:
    other = replace(TABLE, own_seeds={"constant": {"demo": (0,)}, "pixel_mean": {"demo": (0, 1)}})
    assert "† other seeds: constant on demo 1 seed (0); pixel_mean on demo 2 seeds (0, 1)." in caption(other)


def test_a_caption_of_costs_explains_arrows_and_names_the_machine() -> None:
    text = caption(COSTS)
    assert "lower is better with ↓, higher with ↑" in text
    assert "Measured on bench-1 (cpu, 2 threads)." in text
    assert "Percent" not in text


def test_reported_rows_are_explained_and_their_sources_named() -> None:
    with_reported = replace(TABLE, reported=REPORTED)
    assert caption(with_reported).endswith("‡ reported by others; other protocols.")
    assert footnotes(with_reported) == [*TABLE.notes, "PatchCore_W‡: demo: its paper, arXiv 2106.08265"]
