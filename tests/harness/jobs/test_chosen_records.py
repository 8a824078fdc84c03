from pathlib import Path

import pandas as pd

from harness.config import record_filter
from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.jobs.chosen_records import chosen_splits, groups_in
from harness.store import RecordStore
from tests.support import miniatures
from tests.support import records as make


def test_near_duplicates_are_those_of_the_data_that_the_records_were_measured_on(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    now = fingerprint(MagneticTileDefects(), tmp_path, "mtd")
    for stored, is_known in (([now, now], True), (["earlier"], False), ([now, "earlier"], False)):
        frame = pd.DataFrame({"dataset": "mtd", "category": "mtd", "data_fingerprint": stored})
        assert (("mtd", "mtd") in groups_in(tmp_path, frame)) == is_known
    assert groups_in(None, frame) == {}


def test_every_split_has_its_own_newest_records(tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    for split, version, day in (("grouped-1.1", 1, 1), ("published", 1, 2), ("published", 2, 3), ("fold-1", 2, 4)):
        store.write(
            make.cell_record(
                identity=make.identity(split=split, method_version=version),
                provenance=make.provenance(finished_at=f"2025-01-0{day}T00:00:00+00:00"),
            )
        )
    found = chosen_splits(record_filter({"results": str(tmp_path)}))
    shown = {split: chosen.frame["method_version"].tolist() for split, chosen in found.items()}
    assert list(shown.items()) == [("published", [2]), ("fold-1", [2]), ("grouped-1.1", [1])]
    assert "1 record of other settings or versions" in found["published"].left_out
    assert found["grouped-1.1"].left_out == ""
    assert list(chosen_splits(record_filter({"results": str(tmp_path), "split": "grouped"}))) == ["grouped-1.1"]
