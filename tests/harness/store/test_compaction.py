"""Compaction loses nothing and doubles nothing, wherever it is cut off and whatever goes on beside it."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from harness.errors import StoreError
from harness.records import CellRecord, ImageScore
from harness.store import RecordStore, compaction
from harness.store import store as store_module
from harness.store.schema import Record
from tests.support import records as make
from tests.support.memory_folder import Countdown, Killed, MemoryFolder, Once
from tests.support.object_store import object_store

CELLS = [make.identity(seed=seed) for seed in range(5)]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several packs, and packs that take up others, with a handful of records."""
    monkeypatch.setattr(compaction, "_MAX_PARTS", 3)


def record(seed: int, version: int = 0, *, is_ok: bool = True) -> Record:
    provenance = make.provenance(host=f"write-{version}")
    if not is_ok:
        return make.failure_record(identity=CELLS[seed], provenance=provenance)
    return make.cell_record(identity=CELLS[seed], provenance=provenance)


def store_on(folder: MemoryFolder) -> RecordStore:
    """As ``RecordStore`` of an address that means this folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "open_folder", lambda url: folder)
        return RecordStore("memory")


def filled(folder: MemoryFolder, num_records: int = 5) -> dict[str, Record]:
    """Records that the folder holds: some packed, one packed and replaced, some loose."""
    store = store_on(folder)
    model = {}
    for seed in range(num_records):
        model[CELLS[seed].cell_id] = record(seed, is_ok=seed != 1)
        store.write(model[CELLS[seed].cell_id])
        if seed == 2:
            store.compact()
    model[CELLS[0].cell_id] = record(0, version=1)
    store.write(model[CELLS[0].cell_id])
    return model


def assert_holds(folder: MemoryFolder, model: dict[str, Record]) -> None:
    """Every record is read exactly once, by a process that has read nothing before."""
    store = store_on(MemoryFolder(folder.files))
    frame = store.frame()
    assert sorted(frame["cell_id"]) == sorted(model)
    assert {cell_id: store.record(cell_id) for cell_id in model} == model
    assert dict(zip(frame["cell_id"], frame["host"], strict=True)) == {
        cell_id: each.provenance.host for cell_id, each in model.items()
    }
    assert store.statuses() == {
        cell_id: "ok" if isinstance(each, CellRecord) else "failed" for cell_id, each in model.items()
    }


def copied(folder: MemoryFolder) -> MemoryFolder:
    return MemoryFolder(dict(folder.files))


def test_a_compacted_store_says_what_it_said_and_nothing_is_loose(tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    for seed in range(5):
        store.write(record(seed, is_ok=seed != 1))
    store.write_costs(make.cost_record(CELLS[2].cell_id))
    before = store.frame()
    assert store.compact() == 6
    for reader in (store, RecordStore(str(tmp_path))):
        pd.testing.assert_frame_equal(reader.frame(), before)
        assert reader.record(CELLS[3].cell_id) == record(3)
        assert reader.record(CELLS[1].cell_id) == record(1, is_ok=False)
    assert {path.parent.relative_to(tmp_path) for path in tmp_path.rglob("*.parquet")} == {
        Path("packed/records"),
        Path("packed/costs"),
    }
    with pytest.raises(StoreError, match=r"No image scores of cell .*: it failed or has not run\."):
        store.image_scores(CELLS[1].cell_id)


def test_a_store_of_an_earlier_release_is_gathered_too(tmp_path: Path) -> None:
    old = Path(__file__).parent / "version_1"
    for path in old.rglob("*.parquet"):
        copy = tmp_path / path.relative_to(old)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    store, before = RecordStore(str(tmp_path)), RecordStore(str(old))
    store.compact()
    pd.testing.assert_frame_equal(store.frame(), before.frame())
    for cell_id in before.statuses():
        assert store.record(cell_id) == before.record(cell_id)


def test_fewer_parts_than_asked_for_stay_loose(tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    for seed in range(2):
        store.write(record(seed))
    assert store.compact(at_least=3) == 0
    assert store.compact(at_least=2) == 2


def test_small_packs_are_taken_up_so_that_few_are_left() -> None:
    folder = MemoryFolder()
    store = store_on(folder)
    for seed in range(5):
        store.write(record(seed))
        store.compact()
    # 1, 2, 1 + 2, 4, 4 + 1 records: never more packs than binary digits.
    assert len([name for name in folder.files if name.startswith("packed/")]) <= 2
    assert_holds(folder, {CELLS[seed].cell_id: record(seed) for seed in range(5)})


def test_a_full_pack_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "FULL_ROWS", 1)
    folder = MemoryFolder()
    store = store_on(folder)
    for seed in range(3):
        store.write(record(seed))
        store.compact()
    assert len(folder.files) == 3


def test_a_damaged_part_and_a_record_without_its_scores_stay_where_they_are(tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    for seed in range(3):
        store.write(record(seed))
    damaged, incomplete, _ = sorted((tmp_path / "records").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    (tmp_path / "scores" / incomplete.name).unlink()
    assert store.compact() == 1
    assert sorted((tmp_path / "records").iterdir()) == sorted([damaged, incomplete])


def test_a_damaged_pack_is_left_out_and_not_deleted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = RecordStore(str(tmp_path))
    store.write(record(0))
    store.compact()
    (pack,) = (tmp_path / "packed" / "records").iterdir()
    pack.write_bytes(pack.read_bytes()[:-100])
    store = RecordStore(str(tmp_path))
    store.write(record(1))
    store.compact()
    assert list(store.statuses()) == [CELLS[1].cell_id]
    assert pack.exists()
    assert any(f"{pack}: not a readable Parquet file" in message for message in caplog.messages)


def test_a_connection_that_is_lost_in_mid_file_does_not_make_a_pack_look_damaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = MemoryFolder()
    model = filled(folder, 3)
    store_on(folder).compact()

    class Broken:
        closed = False

        def __getattr__(self, name: str) -> object:
            raise OSError("AWS Error NETWORK_CONNECTION")

    monkeypatch.setattr(MemoryFolder, "open", lambda self, name: Broken())
    assert_holds(folder, model)


class CountingFile(io.BytesIO):
    num_read = 0

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        self.num_read += len(content)
        return content


def test_statuses_do_not_read_the_image_scores_of_a_pack() -> None:
    folder, rng = MemoryFolder(), np.random.default_rng(0)
    scores = tuple(
        ImageScore(image_id=str(number), is_defect=True, defect_kind="", anomaly_score=score)
        for number, score in enumerate(rng.random(20_000))
    )
    store = store_on(folder)
    store.write(make.cell_record(identity=CELLS[0], image_scores=scores))
    store.compact()
    ((content, _),) = folder.files.values()
    file = CountingFile(content)
    folder.open = lambda name: file  # type: ignore[assignment]
    assert store_on(folder).statuses() == {CELLS[0].cell_id: "ok"}
    # Parquet's reader begins with the last 64 kB of a file, whatever is in them.
    assert 0 < file.num_read < 100_000 < len(content)


@pytest.mark.parametrize("num_operations", range(30))
def test_a_compaction_cut_off_anywhere_loses_nothing_and_the_next_one_clears_up(num_operations: int) -> None:
    folder = MemoryFolder()
    model = filled(folder)
    folder.before = Countdown(num_operations)
    with suppress(Killed):
        store_on(folder).compact()
    assert_holds(folder, model)
    folder.before = lambda operation: None
    store_on(folder).compact()
    assert_holds(folder, model)
    assert {name.split("/")[0] for name in folder.files} == {"packed"}


def operations(folder: MemoryFolder, act: str) -> int:
    """How many operations it takes to read or to compact a copy of a store."""
    probe, count = copied(folder), Once(-1, lambda: None)
    probe.before = count
    getattr(store_on(probe), act)()
    return count.num_seen


def test_a_reader_at_any_moment_of_a_compaction_sees_every_record_once() -> None:
    whole = MemoryFolder()
    model = filled(whole)
    for number in range(operations(whole, "compact")):
        folder = copied(whole)
        folder.before = Once(number, lambda folder=folder: assert_holds(folder, model))
        store_on(folder).compact()


def test_a_compaction_at_any_moment_of_a_reader_hides_and_doubles_nothing() -> None:
    whole = MemoryFolder()
    model = filled(whole)
    for number in range(operations(whole, "frame")):
        folder = copied(whole)
        folder.before = Once(number, lambda folder=folder: store_on(MemoryFolder(folder.files)).compact())
        hosts = store_on(folder).frame().set_index("cell_id")["host"].to_dict()
        assert hosts == {cell_id: each.provenance.host for cell_id, each in model.items()}, number


def test_a_record_written_at_any_moment_of_a_compaction_is_the_one_that_is_read() -> None:
    whole = MemoryFolder()
    model = filled(whole)
    newest = record(0, version=2)
    for number in range(operations(whole, "compact")):
        folder = copied(whole)
        folder.before = Once(number, lambda folder=folder: store_on(MemoryFolder(folder.files)).write(newest))
        store_on(folder).compact()
        assert_holds(folder, model | {CELLS[0].cell_id: newest})


def test_two_compactions_at_once_lose_nothing() -> None:
    whole = MemoryFolder()
    model = filled(whole)
    for number in range(operations(whole, "compact")):
        folder = copied(whole)
        folder.before = Once(number, lambda folder=folder: store_on(MemoryFolder(folder.files)).compact())
        store_on(folder).compact()
        assert_holds(folder, model)


class AnyOrder(RuleBasedStateMachine):
    """Writes and compactions in any order, each perhaps cut off: the newest record of a cell is read, and once."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = MemoryFolder()
        self.model: dict[str, Record] = {}
        self.version = 0

    @rule(seed=st.integers(0, 3), is_ok=st.booleans())
    def write(self, seed: int, is_ok: bool) -> None:
        self.version += 1
        new = record(seed, self.version, is_ok=is_ok)
        store_on(self.folder).write(new)
        self.model[CELLS[seed].cell_id] = new

    @rule(seed=st.integers(0, 3), num_operations=st.integers(0, 3))
    def write_and_be_killed(self, seed: int, num_operations: int) -> None:
        self.version += 1
        new = record(seed, self.version)
        self.folder.before = Countdown(num_operations)
        with suppress(Killed):
            store_on(self.folder).write(new)
        self.folder.before = lambda operation: None
        # The scores are put first, the record second.
        if num_operations >= 2:
            self.model[CELLS[seed].cell_id] = new

    @rule()
    def compact(self) -> None:
        store_on(self.folder).compact()

    @rule(num_operations=st.integers(0, 12))
    def compact_and_be_killed(self, num_operations: int) -> None:
        self.folder.before = Countdown(num_operations)
        with suppress(Killed):
            store_on(self.folder).compact()
        self.folder.before = lambda operation: None

    @invariant()
    def every_record_is_read_once(self) -> None:
        assert_holds(self.folder, self.model)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=15, stateful_step_count=12, deadline=None)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with object_store() as url:
        yield url


def test_a_store_on_s3_is_compacted_and_reads_as_before(address: str) -> None:
    store = RecordStore(address)
    for seed in range(4):
        store.write(record(seed, is_ok=seed != 1))
    before = store.frame()
    store.compact()
    reader = RecordStore(address)
    pd.testing.assert_frame_equal(reader.frame(), before)
    assert [reader.record(CELLS[seed].cell_id) for seed in (0, 1)] == [record(0), record(1, is_ok=False)]
    reader.write(record(0, version=1))
    assert RecordStore(address).record(CELLS[0].cell_id) == record(0, version=1)


def test_claims_on_s3_keep_a_cell_to_one_run(address: str) -> None:
    first, second = RecordStore(address).claims(), RecordStore(address).claims()
    first.begin()
    second.begin()
    assert first.take("cell") is None
    assert second.take("cell") is not None
    first.end()
    second.end()
