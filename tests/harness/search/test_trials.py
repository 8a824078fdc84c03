from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.search.trials import TrialLog
from tests.support.searches import record


def test_records_come_back_as_they_went(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "trials.jsonl")
    written = [
        record(0, 0.5, intermediate={12: 0.25}),
        record(1, state="failed"),
        record(2, 0.25, 0.125, state="pruned"),
    ]
    for each in reversed(written):
        log.append(each)
    assert log.records() == written


def test_a_search_without_trials_has_no_records(tmp_path: Path) -> None:
    assert TrialLog(tmp_path / "trials.jsonl").records() == []


def test_a_line_that_a_kill_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    log = TrialLog(path)
    log.append(record(0, 0.5))
    log.append(record(1, 0.6))
    path.write_bytes(path.read_bytes()[:-20])
    assert [each.number for each in log.records()] == [0]
    log.append(record(2, 0.7))
    assert [each.number for each in log.records()] == [0, 2]


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"^Cannot write .*trials\.jsonl: "):
        TrialLog(tmp_path / "nowhere" / "trials.jsonl").append(record(0, 0.5))
