from pathlib import Path

import pandas as pd
import pytest

from harness.records import ImageScore
from harness.store import RecordStore
from tests.support import records as make
from tests.support.commands import Command, refused

SCORES = tuple(
    ImageScore(image_id=str(number), is_defect=number > 1, defect_kind="", anomaly_score=number / 4)
    for number in range(4)
)
CELLS = [make.identity(seed=seed) for seed in range(3)]


def record(seed: int, **changes: object) -> object:
    values = {"num_test_normal": 2, "num_test_defect": 2, "image_scores": SCORES} | changes
    return make.cell_record(identity=CELLS[seed], **values)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    filled = RecordStore(str(tmp_path / "results"))
    for seed in range(3):
        filled.write(record(seed))  # type: ignore[arg-type]
    return filled


def test_a_whole_store_is_told_so_loose_and_packed(bench_command: Command, store: RecordStore) -> None:
    told = bench_command("store check")
    assert (told.code, told.out) == (0, "3 records in 3 parts and 0 packs, 0 faults.\n")
    assert bench_command("store compact").out == "3 parts gathered.\n"
    told = bench_command("store check")
    assert (told.code, told.out) == (0, "3 records in 0 parts and 1 pack, 0 faults.\n")


@pytest.mark.parametrize(
    ("kind", "spoil", "fault"),
    [
        ("records", lambda path: path.write_bytes(b"PAR1"), "not a readable Parquet file"),
        ("scores", lambda path: path.unlink(), "its image scores are missing"),
        ("scores", lambda path: path.write_bytes(path.read_bytes()[:-9]), "not a readable Parquet file"),
    ],
)
def test_what_is_damaged_is_named_and_the_code_is_1(
    bench_command: Command, store: RecordStore, kind: str, spoil: object, fault: str
) -> None:
    path = sorted((Path(store.url) / kind).iterdir())[0]
    spoil(path)  # type: ignore[operator]
    told = bench_command("store check")
    assert told.code == 1
    assert path.name in told.out
    assert fault in told.out
    assert told.out.endswith("1 fault.\n")


def test_scores_that_are_not_those_of_the_record_are_a_fault_packed_too(
    bench_command: Command, store: RecordStore
) -> None:
    store.write(record(1, num_test_normal=3))  # type: ignore[arg-type]
    for where in ("records", "packed"):
        told = bench_command("store check")
        assert told.code == 1
        assert f"expected 5 scores of cell {CELLS[1].cell_id}, as its record says, got 4." in told.out
        assert f"/{where}/" in told.out or f"/scores/{CELLS[1].cell_id}" in told.out
        store.compact()


def test_files_of_writers_that_were_ended_are_noted_and_no_fault(bench_command: Command, store: RecordStore) -> None:
    (Path(store.url) / "scores" / "feed-0000000009-01234567.parquet").write_bytes(b"")
    (Path(store.url) / "records" / ".feed.parquet.01234567.tmp").write_bytes(b"")
    told = bench_command("store check")
    assert told.code == 0
    assert "Note: 1 part of image scores of writers that were ended.\n" in told.out
    assert "Note: 1 unfinished file of writers that were ended.\n" in told.out


def test_every_record_is_exported_as_parquet_and_as_csv(
    bench_command: Command, store: RecordStore, tmp_path: Path
) -> None:
    assert bench_command("store export all.parquet").out == "all.parquet\n"
    assert bench_command("store export all.csv").out == "all.csv\n"
    table, text = pd.read_parquet(tmp_path / "all.parquet"), pd.read_csv(tmp_path / "all.csv")
    assert text["cell_id"].tolist() == table["cell_id"].tolist() == store.frame()["cell_id"].tolist()
    assert text["image_auroc"].tolist() == [0.9, 0.9, 0.9]
    assert text["overlap_curve"][0] == "[0.0, 0.5, 0.875]"
    refused(bench_command("store export all.xlsx"), "all.xlsx: expected a name that ends in .parquet or .csv.")


def test_a_merge_copies_what_is_missing_and_better_and_is_done_once(
    bench_command: Command, store: RecordStore, tmp_path: Path
) -> None:
    other = RecordStore(str(tmp_path / "other"))
    other.write(record(0))  # type: ignore[arg-type]
    other.write(make.failure_record(identity=CELLS[1]))
    other.write_costs(make.cost_record(CELLS[2].cell_id))
    new = make.identity(seed=7)
    other.write(make.cell_record(identity=new))
    store.write(make.failure_record(identity=CELLS[0]))
    other.compact()
    told = bench_command(f"store merge {tmp_path / 'other'}")
    assert told.out == "2 records and the costs of 1 cell copied, 1 record there already, 0 conflicts.\n"
    assert store.record(CELLS[0].cell_id) == record(0)
    assert store.record(new.cell_id) == other.record(new.cell_id)
    assert store.statuses()[CELLS[1].cell_id] == "ok"
    assert list(store.costs()) == [CELLS[2].cell_id]
    again = bench_command(f"store merge {tmp_path / 'other'}")
    assert again.out == "0 records and the costs of 0 cells copied, 3 records there already, 0 conflicts.\n"


@pytest.mark.parametrize("is_later", [True, False])
def test_a_cell_with_other_results_elsewhere_is_a_conflict_and_the_later_record_stays(
    bench_command: Command, store: RecordStore, tmp_path: Path, is_later: bool
) -> None:
    finished_at = f"202{6 if is_later else 4}-01-01T00:00:00+00:00"
    provenance = make.provenance(host="bench-2", finished_at=finished_at)
    other = RecordStore(str(tmp_path / "other"))
    other.write(record(0, image_auroc=0.8, provenance=provenance))  # type: ignore[arg-type]
    told = bench_command(f"store merge {tmp_path / 'other'}")
    assert told.code == 1
    theirs = f"image AUROC 0.800000 on bench-2, {finished_at}"
    ours = "image AUROC 0.900000 on bench-1, 2025-01-01T00:01:00+00:00"
    kept, left = (theirs, ours) if is_later else (ours, theirs)
    assert f"(cell {CELLS[0].cell_id}): kept {kept}; left out {left}.\n" in told.out
    assert told.out.endswith("1 conflict.\n")
    assert store.frame()["image_auroc"][0] == (0.8 if is_later else 0.9)


def test_a_store_that_is_not_there_is_a_mistake(bench_command: Command, tmp_path: Path) -> None:
    for command in ("check", "compact", "export all.csv", f"merge {tmp_path / 'results'} --results elsewhere"):
        refused(bench_command(f"store {command}"), f"{tmp_path / 'results'} holds no records")


def test_a_store_is_not_merged_into_itself(bench_command: Command, store: RecordStore) -> None:
    refused(bench_command(f"store merge {store.url}"), "Expected other results than")
