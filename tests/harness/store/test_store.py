import itertools
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from harness.errors import StoreError
from harness.store import RecordStore
from harness.store.folders import LocalFolder
from harness.store.schema import Record, frame_of, table_of
from tests.support import records as make

CELL = make.identity()
OK = make.cell_record(identity=CELL)
FAILED = make.failure_record(identity=CELL)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    return RecordStore(str(tmp_path / "results"))


def files(store: RecordStore) -> list[str]:
    root = Path(store.url)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def cut_rename_of(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process were killed between writing a part of this folder and renaming it."""
    rename = os.replace

    def cut(source: Path, target: Path) -> None:
        if target.parent.name == folder:
            monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process cleans nothing up
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", cut)


@settings(max_examples=40, deadline=None)
@given(make.records)
def test_what_is_written_is_read_back(record: Record) -> None:
    with TemporaryDirectory() as folder:
        store = RecordStore(folder)
        store.write(record)
        assert store.record(record.identity.cell_id) == record


def test_a_store_that_is_not_there_is_empty_and_reading_makes_nothing(store: RecordStore) -> None:
    assert store.statuses() == {}
    assert store.frame().empty
    assert not Path(store.url).exists()


def test_a_record_and_its_scores_are_two_parts_named_by_the_cell(store: RecordStore) -> None:
    store.write(OK)
    record, scores = files(store)
    assert re.fullmatch(rf"records/{CELL.cell_id}-0000000001-[0-9a-f]{{8}}\.parquet", record)
    assert scores == record.replace("records", "scores")


def test_a_record_that_replaces_another_leaves_two_parts(store: RecordStore) -> None:
    store.write(OK)
    store.write(OK)
    assert [name.split("-")[1] for name in files(store)] == ["0000000002", "0000000002"]


def test_a_record_under_a_name_of_an_earlier_release_is_read_and_replaced(store: RecordStore) -> None:
    store.write(OK)
    for name in files(store):
        path = Path(store.url) / name
        path.rename(path.with_name(f"{CELL.cell_id}.parquet"))
    assert store.record(CELL.cell_id) == OK
    store.write(FAILED)
    (name,) = files(store)
    assert (store.record(CELL.cell_id), name.split("-")[1]) == (FAILED, "0000000001")


def test_records_come_in_one_order(store: RecordStore) -> None:
    for category, seed in itertools.product(("b", "a"), (10, 2)):
        store.write(make.cell_record(identity=make.identity(category=category, seed=seed)))
    order = store.frame()[["category", "seed"]].itertuples(index=False, name=None)
    assert list(order) == [("a", 2), ("a", 10), ("b", 2), ("b", 10)]


def test_the_frame_has_a_row_a_record(store: RecordStore) -> None:
    other = make.failure_record(identity=make.identity(seed=1))
    store.write(OK)
    store.write(other)
    pd.testing.assert_frame_equal(store.frame(), make.frame(OK, other))


def test_a_success_replaces_a_failure(store: RecordStore) -> None:
    store.write(FAILED)
    store.write(OK)
    assert store.statuses() == {CELL.cell_id: "ok"}
    assert store.record(CELL.cell_id) == OK


def test_a_failure_replaces_a_success_and_its_scores(store: RecordStore) -> None:
    store.write(OK)
    store.write(FAILED)
    assert store.statuses() == {CELL.cell_id: "failed"}
    with pytest.raises(
        StoreError, match=rf"No image scores of cell '{CELL.cell_id}' in .*: it failed or has not run\."
    ):
        store.image_scores(CELL.cell_id)


def test_a_cell_that_never_ran_has_no_record(store: RecordStore) -> None:
    with pytest.raises(StoreError, match="No record of cell 'feed'"):
        store.record("feed")


@pytest.mark.parametrize("folder", ["scores", "records"])
def test_a_process_killed_while_writing_leaves_no_half_record(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    cut_rename_of(folder, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        store.write(OK)
    assert any(name.endswith(".tmp") for name in files(store))
    assert store.statuses() == {}


def test_a_process_killed_while_replacing_leaves_the_earlier_record(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(FAILED)
    cut_rename_of("records", monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        store.write(OK)
    assert store.statuses() == {CELL.cell_id: "failed"}
    assert store.record(CELL.cell_id) == FAILED


def test_a_store_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file")
    store = RecordStore(str(tmp_path / "results"))
    with pytest.raises(StoreError, match=r"Results cannot be written to .*results"):
        store.check_writable()
    with pytest.raises(StoreError, match=r"Cannot list the records in .*results: expected a folder, got a file"):
        store.write(OK)


def foreign_part(store: RecordStore, table: pa.Table, name: str = CELL.cell_id) -> None:
    folder = Path(store.url) / "records"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"{name}.parquet")


def truncate(store: RecordStore) -> None:
    store.write(OK)
    (part,) = (Path(store.url) / "records").iterdir()
    part.write_bytes(part.read_bytes()[:-100])


DAMAGE: dict[str, tuple[Callable[[RecordStore], None], str]] = {
    "truncated": (truncate, "not a readable Parquet file"),
    "foreign": (
        lambda store: foreign_part(store, pa.table({"price": [1.0]})),
        "not a part of a result store: expected one integer 'schema_version'",
    ),
    "without a column": (
        lambda store: foreign_part(store, table_of([OK]).drop_columns(["aupro_30"])),
        "not a part of a result store: it has no column 'aupro_30'",
    ),
    "with a column of another type": (
        lambda store: foreign_part(
            store, table_of([OK]).drop_columns(["aupro_30"]).append_column("aupro_30", pa.array(["high"]))
        ),
        "a column has the wrong type: .*high",
    ),
    "of another cell": (
        lambda store: foreign_part(store, table_of([make.failure_record(identity=make.identity(seed=7))])),
        f"expected one row of cell '{CELL.cell_id}', as its name says",
    ),
}


@pytest.mark.parametrize("read", [RecordStore.statuses, RecordStore.frame])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_part_is_left_out_and_named_once(
    store: RecordStore, damage: str, read: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    spoil, message = DAMAGE[damage]
    spoil(store)
    store.write(make.cell_record(identity=make.identity(seed=1)))
    for reader in (store, store, RecordStore(store.url)):
        assert len(read(reader)) == 1
    (warning,) = caplog.messages
    assert re.search(rf"bench: Left out .*/records/{CELL.cell_id}\S*\.parquet: {message}", warning)
    with pytest.raises(StoreError, match=message):
        store.record(CELL.cell_id)


def test_a_damaged_part_is_no_problem_once_its_cell_ran_again(store: RecordStore) -> None:
    truncate(store)
    assert store.statuses() == {}
    store.write(OK)
    assert store.statuses() == {CELL.cell_id: "ok"}


def test_a_record_of_a_newer_program_asks_for_an_upgrade(store: RecordStore) -> None:
    table = table_of([OK]).drop_columns(["schema_version"]).append_column("schema_version", pa.array([99]))
    foreign_part(store, table)
    with pytest.raises(StoreError, match=r"schema version 99, expected at most 5\. Upgrade"):
        store.statuses()


def test_only_parts_that_changed_are_read_again(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(OK)
    store.statuses()
    other = make.failure_record(identity=make.identity(seed=1))
    RecordStore(store.url).write(other)
    got: list[str] = []
    get = LocalFolder.get
    monkeypatch.setattr(LocalFolder, "get", lambda folder, name: (got.append(name), get(folder, name))[1])
    assert len(store.frame()) == 2
    (name,) = got
    assert name.startswith(f"records/{other.identity.cell_id}-")


def test_costs_are_read_back_and_stand_in_the_frame(store: RecordStore) -> None:
    costs = make.cost_record(CELL.cell_id)
    store.write(OK)
    store.write_costs(make.cost_record(CELL.cell_id, is_quiet=False))
    store.write_costs(costs)
    assert store.costs() == {CELL.cell_id: costs}
    pd.testing.assert_frame_equal(store.frame(), make.frame(OK, costs=[costs]))


def test_a_store_that_can_be_written_is_left_as_it_was(store: RecordStore) -> None:
    store.write(OK)
    before = files(store)
    store.check_writable()
    assert files(store) == before


def test_an_export_holds_every_record_in_one_file(store: RecordStore, tmp_path: Path) -> None:
    for seed in range(3):
        store.write(make.cell_record(identity=make.identity(seed=seed)))
    path = store.export(tmp_path / "published" / "leaderboard.parquet")
    pd.testing.assert_frame_equal(frame_of(pq.read_table(path)), store.frame())


def test_an_export_of_some_cells_holds_their_records_alone(store: RecordStore, tmp_path: Path) -> None:
    records = [make.cell_record(identity=make.identity(seed=seed)) for seed in range(3)]
    for record in records:
        store.write(record)
    path = store.export(tmp_path / "some.parquet", [records[2].identity.cell_id, "no such cell"])
    assert frame_of(pq.read_table(path))["seed"].tolist() == [2]


def test_an_export_into_a_file_s_place_says_so(store: RecordStore, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"Cannot write .*leaderboard\.parquet"):
        store.export(tmp_path / "taken" / "leaderboard.parquet")


def test_a_store_travels_to_a_worker(store: RecordStore) -> None:
    store.write(OK)
    assert pickle.loads(pickle.dumps(store)).statuses() == store.statuses()
