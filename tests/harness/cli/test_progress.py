from pathlib import Path

import pytest

from harness.cells.outcome import CellProgress
from harness.cli.progress import LineNarrator
from harness.config import RunSettings
from harness.execution.events import CellProgressed, CellStarted, WorkerId
from harness.jobs.planned import Planned
from harness.jobs.run import PlanMade
from harness.plan import RunPlan
from tests.support.cells import make_cell

WORKER = WorkerId(rank=0, host="here", pid=1)


def test_a_log_gets_a_line_when_nothing_was_printed_for_30_seconds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [0.0]
    cell = make_cell("a")
    narrator = LineNarrator(clock=lambda: now[0])
    plan = RunPlan(cells=(cell,), skipped=())
    planned = Planned(plan=plan, datasets={"demo": "demo"}, settings_of={}, weights={}, split="published")
    narrator.on_event(PlanMade(planned=planned, settings=RunSettings(data=tmp_path)))
    narrator.on_event(CellStarted(cell=cell, worker=WORKER, attempt=1))
    capsys.readouterr()

    now[0] = 29.0
    narrator.tell_if_quiet()
    progress = CellProgress(stage="fit", done=10, total=40, loss=0.5)
    narrator.on_event(CellProgressed(cell=cell, worker=WORKER, progress=progress))
    assert capsys.readouterr().out == ""

    # No event came since: a line is due all the same, and once.
    now[0] = 31.0
    narrator.tell_if_quiet()
    narrator.tell_if_quiet()
    told = capsys.readouterr().out
    assert told.startswith(f"[0/1] {cell.label}: fit 10/40, loss 0.500 (about ")
    assert told.count("\n") == 1
    assert narrator.interruption("Go on.") == "Interrupted: 0 of 1 cell stored. Go on."
