from pathlib import Path

import pandas as pd

from harness.datasets.fingerprint import fingerprint
from harness.datasets.readers.mtd import MagneticTileDefects
from harness.jobs.chosen_records import groups_in
from tests.support import miniatures


def test_near_duplicates_are_those_of_the_data_that_the_records_were_measured_on(tmp_path: Path) -> None:
    miniatures.mtd(tmp_path)
    now = fingerprint(MagneticTileDefects(), tmp_path, "mtd")
    for stored, is_known in (([now, now], True), (["earlier"], False), ([now, "earlier"], False)):
        frame = pd.DataFrame({"dataset": "mtd", "category": "mtd", "data_fingerprint": stored})
        assert (("mtd", "mtd") in groups_in(tmp_path, frame)) == is_known
    assert groups_in(None, frame) == {}
