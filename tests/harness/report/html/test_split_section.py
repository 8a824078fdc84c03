from pathlib import Path

import pytest

from harness.leaderboard import Board, category_table
from harness.records import CostRecord
from harness.report.figures.plot_types import LatencyPlot, LeftOut
from harness.report.html import Notice, split_section
from harness.report.html.report_types import SplitSection
from harness.store.schema import Record
from tests.support import records as make
from tests.support.scores import drawn_scores, scored_record, scores_of


def section(*records: Record, costs: tuple[CostRecord, ...] = ()) -> SplitSection:
    board = Board.of(make.frame(*records, costs=costs))
    tables = [category_table(board, one.dataset) for one in board.standings]
    return split_section(
        "published", board, tables, scores_of(records), lambda *cell: [Path("hole-000.png")],
        expected={}, notices=[Notice(text="first")],
    )  # fmt: skip


FINISHED = [scored_record(make.identity(method=method), drawn_scores(0)) for method in ("mfrnet", "gaussian")]


def test_every_data_set_has_its_table_cells_and_heat_maps() -> None:
    made = section(*FINISHED, scored_record(make.identity(dataset="mtd"), drawn_scores(1)))
    assert [dataset.name for dataset in made.datasets] == ["demo", "mtd"]
    assert [dataset.table.name for dataset in made.datasets] == ["categories_demo", "categories_mtd"]
    assert [cell.row for cell in made.datasets[0].cells["tile"]] == ["gaussian", "mfrnet"]
    assert len(made.datasets[0].gallery.panels) == 2


def test_only_times_of_a_quiet_machine_are_drawn() -> None:
    quiet, loud = (
        make.cost_record(record.identity.cell_id, is_quiet=is_quiet)
        for record, is_quiet in zip(FINISHED, (True, False), strict=True)
    )
    latency = section(*FINISHED, costs=(quiet, loud)).latency
    assert isinstance(latency, LatencyPlot)
    assert latency.is_quiet
    assert [point.label for panel in latency.panels for point in panel.points] == ["mfrnet"]
    assert latency.heading.notes == ("gaussian on demo: records without latency",)
    assert isinstance(section(*FINISHED, costs=(loud,)).latency, LeftOut)
    assert isinstance(section(*FINISHED).latency, LeftOut)


@pytest.mark.parametrize(("num_failed", "ending"), [(1, "truncated)."), (7, "; and 2 more.")])
def test_failed_cells_are_a_warning(num_failed: int, ending: str) -> None:
    failed = [make.failure_record(identity=make.identity(method="padim", seed=seed)) for seed in range(num_failed)]
    made = section(*FINISHED, *failed)
    (warning,) = (notice for notice in made.notices if notice.is_warning)
    assert warning.text.startswith(f"{num_failed} cell{'s' * (num_failed > 1)} failed, and means that need them are")
    assert "demo/tile padim seed 0 (DataError: test/good/000.png is truncated" in warning.text
    assert warning.text.endswith(ending)
    assert made.notices[0].text == "first"


def test_failed_cells_alone_are_a_section_too() -> None:
    made = section(make.failure_record(identity=make.identity()))
    assert made.datasets[0].cells == {}
    assert made.latency == LeftOut(name="accuracy_latency", reason="no cell is finished")


def test_code_that_was_not_committed_is_told() -> None:
    changed = scored_record(make.identity(), drawn_scores(0), provenance=make.provenance(code_dirty=True))
    assert section(changed).notices[-1].text == ("The code had changes that were not committed when these ran: mfrnet.")
