"""A store as version 1 wrote it, kept as it was: every later version reads it."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.records import SCHEMA_VERSION, CellRecord, FailureRecord
from harness.store import RecordStore

GOLDEN = Path(__file__).parent / "version_1"
MEASURED, WITHOUT_MASKS, FAILED = "00000000000000a1", "00000000000000b2", "00000000000000c3"


@pytest.fixture
def store() -> RecordStore:
    return RecordStore(str(GOLDEN))


@pytest.mark.parametrize("part", sorted(GOLDEN.rglob("*.parquet")), ids=lambda part: f"{part.parent.name}/{part.name}")
def test_the_golden_parts_are_still_version_1(part: Path) -> None:
    assert pq.read_table(part).column("schema_version").unique().to_pylist() == [1]


def test_what_version_1_measured_is_read_as_it_was(store: RecordStore) -> None:
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert (record.identity.dataset, record.identity.category, record.identity.seed) == ("demo", "tile", 0)
    assert (record.image_auroc, record.pixel_average_precision, record.aupro_05) == (0.9, 0.4, 0.6)
    assert (record.fit_seconds, record.num_parameters) == (12.5, 123_456)
    assert [score.anomaly_score for score in record.image_scores] == [0.125, 0.25, 0.5, 1.0]


def test_what_version_1_did_not_measure_is_not_known(store: RecordStore) -> None:
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert record.latency_p50_seconds is None
    assert record.size_bytes is None
    assert record.overlap_curve is None
    assert record.provenance.num_threads is None


def test_the_peak_memory_of_version_1_was_no_cell_s_own_and_is_dropped(store: RecordStore) -> None:
    record = store.record(MEASURED)
    assert isinstance(record, CellRecord)
    assert record.peak_memory_bytes is None


def test_version_1_knew_only_the_published_split(store: RecordStore) -> None:
    assert {record.identity.split for record in store.records()} == {"published"}


def test_records_without_masks_and_failures_are_read_too(store: RecordStore) -> None:
    without, failure = store.record(WITHOUT_MASKS), store.record(FAILED)
    assert isinstance(without, CellRecord)
    assert without.pixel_auroc is None
    assert isinstance(failure, FailureRecord)
    assert failure.error.startswith("DataError: nut/007.png")


def test_the_whole_store_is_one_frame_of_the_current_version(store: RecordStore) -> None:
    frame = store.frame()
    assert list(frame["cell_id"]) == [FAILED, MEASURED, WITHOUT_MASKS]
    assert set(frame["schema_version"]) == {SCHEMA_VERSION}
    assert store.statuses() == {MEASURED: "ok", WITHOUT_MASKS: "ok", FAILED: "failed"}
