from pathlib import Path

import pandas as pd

from harness.config import record_filter
from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.jobs.chosen_records import chosen_splits, few_shot_records, groups_in
from harness.store import RecordStore
from tests.support import miniatures
from tests.support import records as make


def test_near_duplicates_are_those_of_the_data_that_the_records_were_measured_on(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    now = fingerprint(MagneticTileDefects(), tmp_path, "mtd")
    for stored, is_known in (([now, now], True), (["earlier"], False), ([now, "earlier"], False)):
        columns = {"dataset": "mtd", "category": "mtd", "regime": "one-class"}
        frame = pd.DataFrame({**columns, "data_fingerprint": stored})
        assert (("mtd", "mtd") in groups_in(tmp_path, frame)) == is_known
    assert groups_in(None, frame) == {}


def test_near_duplicates_of_a_multi_class_record_are_those_of_its_category(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    whole = fingerprint(MagneticTileDefects(), tmp_path, "mtd", "multi-class")
    columns = {"dataset": "mtd", "category": "mtd", "regime": "multi-class"}
    assert ("mtd", "mtd") in groups_in(tmp_path, pd.DataFrame({**columns, "data_fingerprint": [whole]}))
    assert whole != fingerprint(MagneticTileDefects(), tmp_path, "mtd")


def test_records_of_few_shots_stand_beside_those_of_all_images_whatever_is_asked_for(tmp_path: Path) -> None:
    store = RecordStore(str(tmp_path))
    store.write(make.cell_record(identity=make.identity(regime="one-class")))
    store.write(make.cell_record(identity=make.identity(regime="multi-class")))
    asked = record_filter({"results": str(tmp_path), "regime": "multi-class"})
    assert few_shot_records(asked) is None
    store.write(make.cell_record(identity=make.identity(regime="few-shot-2", limit=4)))
    assert few_shot_records(asked) is None
    store.write(make.cell_record(identity=make.identity(regime="few-shot-2")))
    found = few_shot_records(asked)
    assert found is not None
    assert sorted(found["regime"]) == ["few-shot-2", "one-class"]
    assert found["limit"].isna().all()


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
