"""``bench run`` and ``bench plan``."""

import shlex
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from harness.cli import options as o
from harness.config import RunSettings
from harness.environment import without_credentials
from harness.errors import DataError
from harness.phrasing import counted
from harness.records import PUBLISHED_SPLIT
from harness.regimes import ONE_CLASS

if TYPE_CHECKING:
    from harness.jobs.run import Listener, RunResult

Result = TypeVar("Result")

_MAX_PROFILED = 20
"""Cells with a row of their own."""


@o.takes(RunSettings)
def run(
    given: o.Given,
    json_lines: Annotated[bool, typer.Option("--json", help="Events as JSON lines, with the times of phases.")] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Where the time of the cells went, by phase, at the end.")
    ] = False,
) -> None:
    """Fit and judge methods on every category; cells that are stored already are not run again."""
    settings = o.run_settings(given)
    from harness.jobs.run import run as run_job

    result = told(lambda tell: run_job(settings, on_event=tell), as_json=json_lines)
    if not json_lines:
        from harness.cli.show import print_tables
        from harness.jobs.leaderboard import board_of_run

        print_tables(board_of_run(result))
        if profile:
            print_profile(result)
        where = _where(settings, result)
        print(f"Records: {without_credentials(settings.results)}. Tables for a paper: bench tables {where}")
    exit_by_failures(result, settings, as_json=json_lines)


def print_profile(result: "RunResult") -> None:
    """Print the seconds of each phase, of the longest cells and of all that this run finished."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from harness.cli.cell_labels import labels_of
    from harness.phase_clock import PHASES

    summary = result.summary
    if summary is None or not summary.outcomes:
        print("No profile: no cell ran.")
        return
    labels = labels_of(result.planned.plan.cells)
    table = Table(title="Seconds by phase", title_justify="left", padding=(0, 0, 0, 1))
    table.add_column("cell", overflow="fold")
    for heading in ("all", *PHASES):
        table.add_column(heading, justify="right")

    def add(name: str, seconds: float, of: Mapping[str, float]) -> None:
        table.add_row(Text(name), f"{seconds:.2f}", *(f"{of.get(phase, 0.0):.2f}" for phase in PHASES))

    longest = sorted(summary.outcomes, key=lambda outcome: -outcome.seconds)[:_MAX_PROFILED]
    for outcome in longest:
        add(labels[outcome.cell_id], outcome.seconds, outcome.phase_seconds)
    table.add_section()
    total_seconds, total_of = sum(outcome.seconds for outcome in summary.outcomes), summary.phase_seconds
    add(counted(len(summary.outcomes), "cell"), total_seconds, total_of)
    table.add_row("share", "", *(f"{100 * total_of.get(phase, 0.0) / total_seconds:.0f} %" for phase in PHASES))
    Console().print(table)
    if len(longest) < len(summary.outcomes):
        print(f"Shown are the {len(longest)} longest; --json tells all.")


def told(
    job: "Callable[[Listener], Result]",
    *,
    as_json: bool = False,
    how: str = "The same command goes on with the rest.",
) -> Result:
    """Carry out a job and tell its events as they come.

    Args:
        job: Given what to call for each event.
        as_json: Whether events are printed as JSON lines.
        how: What to do after Ctrl-C.

    Raises:
        BenchError: As the job raises it.
        SystemExit: With 130 after Ctrl-C; one line says what is stored.
    """
    # These load torch; they come after the flags have been checked.
    from harness.cli.progress import Narrator
    from harness.execution.summary import RunInterrupted

    narrator = Narrator.for_output(as_json=as_json)
    try:
        with narrator:
            return job(narrator.on_event)
    except (RunInterrupted, KeyboardInterrupt):
        print(f"bench: {narrator.interruption(how)}", file=sys.stderr)
        raise SystemExit(130) from None


def exit_by_failures(result: "RunResult", settings: RunSettings, *, as_json: bool = False) -> None:
    """End with code 1, and say how to see why, if a cell of the run failed.

    Raises:
        typer.Exit: With 1, if so.
    """
    if result.num_failed:
        if not as_json:
            why = f"bench leaderboard --failed {_where(settings, result)}"
            print(f"{result.num_failed} of {counted(len(result.cells), 'cell')} failed. For the reasons: {why}")
            if not settings.skip_unreadable and result.frame["traceback"].str.contains(DataError.__name__).any():
                print("If images cannot be read, --skip-unreadable --policy failed goes on without them.")
        raise typer.Exit(1)


def _where(settings: RunSettings, result: "RunResult") -> str:
    """The flags that lead a reading command to the records of this run."""
    flags = ["--results", without_credentials(settings.results)]
    if settings.split != PUBLISHED_SPLIT:
        flags += ["--split", result.planned.split]
    if settings.limit is not None:
        flags += ["--limit", str(settings.limit)]
    if settings.corrupt is not None:
        flags += ["--corrupt", settings.corrupt]
    if settings.contaminate is not None:
        flags += ["--contaminate", str(settings.contaminate)]
    if settings.regime != ONE_CLASS:
        flags += ["--regime", settings.regime]
    if settings.categories or any("/" in name for name in settings.datasets):
        flags += ["--categories", ",".join(dict.fromkeys(cell.category for cell in result.cells))]
    return shlex.join(flags)
