"""Stores as older versions wrote them, kept as they were: every later version reads them."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.records import SCHEMA_VERSION, CellRecord, FailureRecord
from harness.store import RecordStore

HERE = Path(__file__).parent
MEASURED, WITHOUT_MASKS, FAILED = "00000000000000a1", "00000000000000b2", "00000000000000c3"


@pytest.fixture
def store() -> RecordStore:
    return RecordStore(str(HERE / "version_1"))


@pytest.fixture
def second() -> RecordStore:
    return RecordStore(str(HERE / "version_2"))


@pytest.fixture
def third() -> RecordStore:
    return RecordStore(str(HERE / "version_3"))


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_kept_parts_are_still_of_their_version(version: int) -> None:
    parts = [pq.read_table(part) for part in (HERE / f"version_{version}").rglob("*.parquet")]
    assert {found for part in parts for found in part["schema_version"].to_pylist()} == {version}


def test_what_version_1_measured_is_read_as_it_was(store: RecordStore) -> None:
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert (record.identity.dataset, record.identity.category, record.identity.seed) == ("demo", "tile", 0)
    assert [record.metrics[name] for name in ("image_auroc", "pixel_average_precision", "aupro_05")] == [0.9, 0.4, 0.6]
    assert (record.fit_seconds, record.num_parameters) == (12.5, 123_456)
    assert [score.anomaly_score for score in record.image_scores] == [0.125, 0.25, 0.5, 1.0]


def test_what_version_1_did_not_measure_is_not_known(store: RecordStore) -> None:
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert record.overlap_curve is None
    assert record.provenance.num_threads is None
    assert store.frame()[["latency_p50_seconds", "size_bytes"]].isna().all(axis=None)


def test_the_peak_memory_of_version_1_was_no_cell_s_own_and_is_dropped(store: RecordStore) -> None:
    assert store.frame()["peak_memory_bytes"].isna().all()


def test_version_1_knew_only_the_published_split(store: RecordStore) -> None:
    assert set(store.frame()["split"]) == {"published"}


def test_records_without_masks_and_failures_are_read_too(store: RecordStore) -> None:
    without, failure = store.record(WITHOUT_MASKS), store.record(FAILED)
    assert isinstance(without, CellRecord)
    assert without.metrics["pixel_auroc"] is None
    assert isinstance(failure, FailureRecord)
    assert failure.error.startswith("DataError: nut/007.png")


def test_the_whole_store_is_one_frame_of_the_current_version(store: RecordStore) -> None:
    frame = store.frame()
    assert list(frame["cell_id"]) == [FAILED, MEASURED, WITHOUT_MASKS]
    assert set(frame["schema_version"]) == {SCHEMA_VERSION}
    assert store.statuses() == {MEASURED: "ok", WITHOUT_MASKS: "ok", FAILED: "failed"}


def test_version_2_is_read_as_it_was_without_workers_and_groups(second: RecordStore) -> None:
    record = second.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert record.metrics["spro_05"] == 0.25
    assert (record.provenance.num_workers, record.provenance.num_processes) == (None, None)
    assert {score.group for score in record.image_scores} == {None}
    assert second.statuses() == {MEASURED: "ok", FAILED: "failed"}


def test_costs_that_a_run_of_version_2_measured_are_not_quiet(second: RecordStore) -> None:
    frame = second.frame()
    assert (frame["latency_p50_seconds"].max(), frame["size_bytes"].max()) == (0.02, 15_000_000)
    assert not frame["is_quiet"].any()


def test_before_version_4_no_record_left_out_unreadable_images(
    store: RecordStore, second: RecordStore, third: RecordStore
) -> None:
    for older in (store, second, third):
        record = older.record(MEASURED)
        assert isinstance(record, CellRecord)
        assert (record.num_unreadable, record.unreadable_ids) == (0, "")
        frame = older.frame().set_index("cell_id")
        assert frame.loc[FAILED, ["num_unreadable", "unreadable_ids"]].isna().all()
    assert isinstance(third.record(FAILED), FailureRecord)


def test_version_3_did_not_judge_parts() -> None:
    record = RecordStore(str(HERE / "version_3")).record(MEASURED)
    assert isinstance(record, CellRecord)
    assert (record.metrics["spro_05"], record.metrics["part_auroc"]) == (0.25, None)


def test_before_version_4_nothing_had_a_limit(third: RecordStore) -> None:
    record = third.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert record.identity.limit is None
    assert third.frame()["limit"].isna().all()


def test_before_version_5_nothing_was_disturbed() -> None:
    store = RecordStore(str(HERE / "version_4"))
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert (record.identity.limit, record.identity.corrupt, record.identity.contaminate) == (8, None, None)
    assert store.frame()[["corrupt", "contaminate"]].isna().all(axis=None)
    assert isinstance(store.record(FAILED), FailureRecord)


def test_version_4_set_no_threshold_of_pixels() -> None:
    store = RecordStore(str(HERE / "version_4"))
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert (record.identity.limit, record.num_unreadable, record.metrics["part_auroc"]) == (8, 1, 0.75)
    assert (record.threshold, record.metrics["seg_f1"], record.metrics["class_f1"]) == (None, None, None)
    assert store.statuses() == {MEASURED: "ok", FAILED: "failed"}


def test_before_version_5_every_model_was_one_of_a_category(
    store: RecordStore, second: RecordStore, third: RecordStore
) -> None:
    for older in (store, second, third):
        record = older.record(MEASURED)
        assert record is not None
        assert record.identity.regime == "one-class"
        assert set(older.frame()["regime"]) == {"one-class"}
