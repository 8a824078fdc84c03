from dataclasses import fields
from typing import Any

import pytest

from harness.leaderboard import Board, cost_table
from harness.leaderboard.tables import NOT_MEASURED, Entry, Table
from harness.records import CostRecord
from harness.store.schema import Record
from tests.support import records as make

Measured = tuple[Record, CostRecord | None]


def cell(method: str, category: str = "gear", dataset: str = "demo", seed: int = 0, **changes: Any) -> Measured:
    """A record and the costs that were measured on the machine of its run."""
    where = {name: changes[name] for name in ("host", "device", "num_threads") if name in changes}
    identity = make.identity(dataset=dataset, category=category, method=method, seed=seed)
    of_costs = {field.name: changes.pop(field.name) for field in fields(CostRecord) if field.name in changes}
    record = make.cell_record(identity=identity, provenance=make.provenance(**where), **changes)
    return record, make.cost_record(identity.cell_id, **of_costs)


def without_costs(method: str) -> Measured:
    """A record whose cell 'bench costs' has not measured, and which is older than some columns."""
    record = make.cell_record(identity=make.identity(category="gear", method=method), num_frozen_parameters=None)
    return record, None


def costs(*cells: Measured, is_quiet: bool = True) -> Table:
    frame = make.frame(*(record for record, _ in cells), costs=[found for _, found in cells if found is not None])
    table = cost_table(Board.of(frame.assign(is_quiet=is_quiet)))
    assert table is not None
    return table


def column(table: Table, title: str) -> list[Entry]:
    (number,) = [number for number, column in enumerate(table.columns) if column.title == title]
    return [row[number] for row in table.entries]


def test_costs_stand_in_base_units_with_their_directions() -> None:
    table = costs(cell("mfrnet"), cell("constant", image_auroc=0.5))
    assert [column.title for column in table.columns] == [
        "fit",
        "features",
        "p50",
        "p95",
        "batch 1",
        "batch 8",
        "memory",
        "learned",
        "frozen",
        "on disk",
    ]
    assert [column.title for column in table.columns if not column.lower_is_better] == ["batch 1", "batch 8"]
    assert table.rows == ("mfrnet", "constant")
    assert [entry.mean for entry in table.entries[0]] == [
        10.0,
        3.25,
        0.01,
        0.015,
        90.0,
        150.0,
        500_000_000.0,
        123_456.0,
        2_782_784.0,
        14_000_000.0,
    ]


def test_times_of_a_busy_machine_are_not_ranked_and_sizes_are() -> None:
    records = [cell("mfrnet", num_parameters=9), cell("constant", image_auroc=0.5, num_parameters=1)]
    table = costs(*records, is_quiet=False)
    assert [[entry.place for entry in column(table, title)] for title in ("fit", "memory")] == [[None, None]] * 2
    assert [entry.place for entry in column(table, "learned")] == [2, 1]
    assert table.notes == ("constant, mfrnet on demo: times and memory not ranked (load of the machine not recorded)",)
    assert costs(*records).remarks[-1] == "Measured by 'bench costs' on an otherwise quiet machine."


def test_times_are_medians_over_cells_and_memory_is_the_largest() -> None:
    table = costs(
        cell("mfrnet", "gear", fit_seconds=10.0, peak_memory_bytes=5),
        cell("mfrnet", "tile", fit_seconds=20.0, peak_memory_bytes=9),
        cell("mfrnet", "weave", fit_seconds=990.0, peak_memory_bytes=9),
    )
    assert column(table, "fit") == [Entry(mean=20.0)]
    assert column(table, "memory") == [Entry(mean=9.0)]


def test_the_lowest_cost_and_the_highest_throughput_are_first() -> None:
    table = costs(
        cell("mfrnet", fit_seconds=9.0, images_per_second=10.0),
        cell("constant", fit_seconds=1.0, images_per_second=99.0, image_auroc=0.5),
    )
    assert [entry.place for entry in column(table, "fit")] == [2, 1]
    assert [entry.place for entry in column(table, "batch 1")] == [2, 1]


def test_features_are_not_ranked_as_the_cache_serves_all_but_the_first() -> None:
    table = costs(cell("mfrnet", feature_seconds=30.0), cell("constant", feature_seconds=0.0))
    assert [entry.place for entry in column(table, "features")] == [None, None]
    assert "near 0 where another cell had left them in the cache" in " ".join(table.remarks)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"host": "gpu-1"}, "bench-1 (cpu, 2 threads), gpu-1 (cpu, 2 threads)"),
        ({"device": "cuda"}, "bench-1 (cpu, 2 threads), bench-1 (cuda, 2 threads)"),
        ({"num_threads": 1}, "bench-1 (cpu, 1 thread), bench-1 (cpu, 2 threads)"),
    ],
)
def test_cells_of_several_machines_are_not_ranked(other: dict[str, Any], named: str) -> None:
    here = {"num_threads": 2}
    same = [cell(method, dataset="mtd", **here) for method in ("mfrnet", "constant")]
    table = costs(cell("mfrnet", **here), cell("constant", **(here | other)), *same)
    places = [entry.place for entry in table.entries[0]]
    half = len(table.columns)
    assert set(places[:half]) == {None}
    assert 1 in places[half:]
    assert table.notes == (f"demo: not ranked, measured on several machines: {named}",)
    assert table.remarks[-2] == "Measured on: mtd bench-1 (cpu, 2 threads)."


def test_the_machine_is_in_the_caption() -> None:
    assert costs(cell("mfrnet", num_threads=4)).remarks[-2] == "Measured on bench-1 (cpu, 4 threads)."


def test_a_machine_a_data_set_is_named_for_each() -> None:
    table = costs(cell("mfrnet", num_threads=4), cell("mfrnet", dataset="mtd", host="b", num_threads=1))
    assert table.remarks[-2] == "Measured on: demo bench-1 (cpu, 4 threads); mtd b (cpu, 1 thread)."


def test_throughput_in_batches_of_several_sizes_is_not_ranked() -> None:
    table = costs(cell("mfrnet", batch_size=8), cell("constant", batch_size=4, batch_images_per_second=1.0))
    assert [entry.place for entry in column(table, "batch")] == [None, None]
    assert [entry.place for entry in column(table, "fit")] == [1, 1]
    assert table.notes == ("demo: batches of 4, 8 images, so not ranked",)


def test_costs_that_no_record_holds_have_no_column() -> None:
    table = costs(without_costs("mfrnet"))
    assert [column.title for column in table.columns] == ["fit", "features", "learned"]


def test_a_row_without_costs_is_not_measured() -> None:
    table = costs(cell("mfrnet", image_auroc=1.0), without_costs("constant"))
    assert column(table, "p50") == [Entry(mean=0.01), NOT_MEASURED]


def test_a_failed_cell_withholds_and_is_noted() -> None:
    failed = make.failure_record(identity=make.identity(category="tile"))
    table = costs(cell("mfrnet"), (failed, None))
    assert {entry.mean for entry in table.entries[0]} == {None}
    assert table.notes == ("mfrnet on demo: failed tile seed 0",)


def test_device_memory_has_a_column_where_it_was_measured() -> None:
    assert column(costs(cell("mfrnet", peak_device_memory_bytes=7)), "device") == [Entry(mean=7.0)]


def test_without_any_cost_there_is_no_table() -> None:
    assert cost_table(Board.of(make.frame(make.failure_record(identity=make.identity())))) is None
