"""What must hold after every round, and what at the end; each check gives a sentence for each breach."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from harness.search.ledger import STUDY_FILE
from harness.store import RecordStore
from tests.chaos.command import Command
from tests.chaos.faults import FAULTS, Fault

Finished = dict[str, str]
"""Cell id to ``maps_sha256`` of the cells that are stored as finished; of a search, settings to values."""

_OF_SUMMARY = '"event": "summary"'


def finished_cells(results: str) -> Finished:
    """What a store holds, read anew."""
    rows = RecordStore(results).results().to_pylist()
    return {row["cell_id"]: row["maps_sha256"] for row in rows if row["status"] == "ok"}


def failed_cells(results: str) -> dict[str, str]:
    """Cell id to the error of cells that are stored as failed."""
    frame = RecordStore(results).frame()
    failed = frame[frame["status"] == "failed"]
    return dict(zip(failed["cell_id"], failed["error"].astype(str), strict=True))


def trials(folder: Path) -> list[Any]:
    """All trials of a search, from a copy: reading may change the file."""
    file = folder / STUDY_FILE
    if not file.is_file() or not file.read_bytes().count(b"\n"):
        return []
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with tempfile.TemporaryDirectory() as copy:
        content = file.read_bytes()
        (Path(copy) / STUDY_FILE).write_bytes(content[: content.rfind(b"\n") + 1])
        storage = JournalStorage(JournalFileBackend(str(Path(copy) / STUDY_FILE)))
        return [trial for study in storage.get_all_studies() for trial in storage.get_all_trials(study._study_id)]


def finished_trials(folder: Path) -> Finished:
    """Settings to values of the trials that are complete."""
    return {
        json.dumps(trial.params, sort_keys=True): json.dumps(trial.values)
        for trial in trials(folder)
        if trial.state == optuna.trial.TrialState.COMPLETE
    }


def lost(before: Finished, after: Finished) -> Iterator[str]:
    """What was finished stays so, with the same maps."""
    for name, value in before.items():
        if after.get(name) != value:
            yield f"{name} was finished ({value[:12]}), and is {after.get(name, 'lost')[:12]}"


def others(found: Finished, reference: Finished) -> Iterator[str]:
    """What is finished equals what an undisturbed command gives."""
    for name, value in found.items():
        if name in reference and reference[name] != value:
            yield f"{name} has other maps ({value[:12]}) than undisturbed ({reference[name][:12]})"


def damaged(results: str) -> Iterator[str]:
    """No name that a reader opens has half a file."""
    yield from RecordStore(results).check().faults


def unnamed(failed: Mapping[str, str], faults: Iterable[Fault]) -> Iterator[str]:
    """A failed cell has one of the causes that were given to it."""
    causes = [fault.cause for fault in faults]
    for name, error in failed.items():
        if not any(re.search(cause, error) for cause in causes):
            yield f"{name} failed, and what was broken does not explain it: {error}"


def ended_wrongly(command: Command, code: int | None, faults: Sequence[str], is_early: bool) -> Iterator[str]:
    """A command ends in time, with a code that fits, and with one line if it was stopped.

    Args:
        command: It has ended.
        code: As it ended; None if it did not.
        faults: What has hit it.
        is_early: Whether a signal hit it before it could have a handler.
    """
    if code is None:
        yield "it did not end in time"
        return
    met = [FAULTS[name] for name in faults]
    allowed = {0, *(each for fault in met for each in fault.codes)}
    if is_early or any(_OF_SUMMARY in line for line in command.lines):
        # Before the plan and after the last cell nothing is there that a handler could save. A fork that is interrupted
        # before it is a command ends with 1.
        allowed |= {-2, -15, 1} if {"term", "int", "ctrl_c", "int_twice"} & set(faults) else set()
    told = command.errors.strip().splitlines()
    if code not in allowed:
        yield f"exit code {code}, expected one of {sorted(allowed)}: {' | '.join(told[-3:])}"
    if any(fault.is_loud for fault in met) or is_early:
        return
    if "Traceback" in command.errors:
        yield f"a traceback: {' | '.join(told[-4:])}"
    if code in (2, 130) and not (told and told[-1].startswith("bench: ")):
        yield f"exit code {code} without a line of its own: {told[-1:]}"


def stale_scratch(folder: Path) -> Iterator[str]:
    """Nothing stays in the folder of scratch files but what a library keeps for the next time."""
    for path in folder.iterdir():
        if path.name.startswith("bench-"):
            size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
            yield f"{path.name} was left in the folder of scratch files, {size} bytes"
            shutil.rmtree(path, ignore_errors=True)
