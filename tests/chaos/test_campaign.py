"""A few scenarios of the campaign; and that it would notice what it looks for."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.store import RecordStore
from tests.chaos import invariants
from tests.chaos.command import ROOT
from tests.chaos.faults import FAULTS
from tests.chaos.scenario import KINDS, scenario_of
from tests.support.records import cell_record, identity


@pytest.mark.integration
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kinds", "seed", "faults"), [("in_process", 2, 3), ("search", 1, 1)])
def test_nothing_is_lost(kinds: str, seed: int, faults: int) -> None:
    command = [sys.executable, "-m", "tests.chaos", "--kinds", kinds, "--seed", str(seed), "--faults", str(faults)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith("Every invariant held.\n")


def test_a_seed_is_one_scenario() -> None:
    scenarios = [scenario_of(seed) for seed in range(200)]
    assert scenarios == [scenario_of(seed) for seed in range(200)]
    assert {scenario.kind for scenario in scenarios} == set(KINDS)
    strikes = [strike for scenario in scenarios for each in scenario.rounds for command in each for strike in command]
    assert {strike.fault for strike in strikes} == set(FAULTS)


def test_a_finished_cell_that_is_gone_or_has_other_maps_is_noticed() -> None:
    before = {"a": "1", "b": "2", "c": "3"}
    assert list(invariants.lost(before, before | {"d": "4"})) == []
    assert list(invariants.lost(before, {"a": "1", "b": "9"})) == [
        "b was finished (2), and is 9",
        "c was finished (3), and is lost",
    ]
    assert list(invariants.others({"a": "1"}, before)) == []
    assert list(invariants.others({"a": "5"}, before)) == ["a has other maps (5) than undisturbed (1)"]


def test_half_a_file_is_noticed(tmp_path: Path) -> None:
    RecordStore(str(tmp_path)).write(cell_record(identity=identity(), num_test_normal=1, num_test_defect=1))
    assert list(invariants.damaged(str(tmp_path))) == []
    (part,) = (tmp_path / "records").iterdir()
    part.write_bytes(part.read_bytes()[:-100])
    (fault,) = invariants.damaged(str(tmp_path))
    assert part.name in fault


@pytest.mark.parametrize(
    ("code", "errors", "faults", "breach"),
    [
        (0, "", [], None),
        (-9, "", ["kill"], None),
        (130, "bench: Interrupted: 1 of 9 cells stored.\n", ["term"], None),
        (2, "bench: Results cannot be written.\n", ["ENOSPC"], None),
        (None, "", ["kill"], "it did not end in time"),
        (-7, "", ["disk_full"], "exit code -7, expected one of"),
        (130, "bench: Interrupted.\n", [], "exit code 130, expected one of"),
        (-15, "", ["term"], "exit code -15, expected one of"),
        (1, "Traceback (most recent call last):\nOSError\n", ["EIO"], "a traceback"),
        (130, "", ["int"], "exit code 130 without a line of its own"),
    ],
)
def test_an_end_that_nobody_could_act_on_is_noticed(
    code: int | None, errors: str, faults: list[str], breach: str | None
) -> None:
    command: Any = SimpleNamespace(lines=[], errors=errors)
    found = list(invariants.ended_wrongly(command, code, faults, is_early=False))
    assert found == [] if breach is None else found[0].startswith(breach)


def test_a_failure_that_no_fault_explains_is_noticed() -> None:
    failed = {"a": "OSError: No space left on device", "b": "ValueError: nonsense"}
    (told,) = invariants.unnamed(failed, [FAULTS["disk_full"], FAULTS["kill"]])
    assert told == "b failed, and what was broken does not explain it: ValueError: nonsense"
