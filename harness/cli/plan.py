"""The command ``bench plan``."""

import json
from collections.abc import Iterable
from dataclasses import fields as fields_of
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as o
from harness.config import RunSettings
from harness.phrasing import counted, duration_text

if TYPE_CHECKING:
    from harness.jobs.estimate import CellEstimate, Estimate


@o.takes(RunSettings)
def plan(
    given: o.Given,
    as_json: Annotated[bool, typer.Option("--json", help="The plan as JSON.")] = False,
    estimated: Annotated[
        bool,
        typer.Option("--estimate", help="Time, memory and disk that the run will take, from a trial on a few images."),
    ] = False,
) -> None:
    """Show what 'bench run' would do with these flags, check it, and run nothing."""
    settings = o.run_settings(given)
    from harness.jobs.chosen_methods import weights_notes
    from harness.jobs.planning import plan as plan_job

    planned = plan_job(settings)
    rows = [(cell, "run") for cell in planned.plan.cells]
    rows += [(skipped.cell, f"skip: {skipped.reason}") for skipped in planned.plan.skipped]
    found = None
    if estimated and planned.plan.cells:
        from harness.jobs.estimate import estimate

        found = estimate(planned, settings)
    if as_json:
        fields = ("dataset", "category", "method", "seed")
        cells = [{"id": c.id, "action": action} | {f: getattr(c, f) for f in fields} for c, action in rows]
        print(json.dumps({"cells": cells, "estimate": _plain(found)} if estimated else cells))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("cell", "data set", "category", "method", "seed", "action")
    for cell, action in rows:
        table.add_row(cell.id, cell.dataset, cell.category, cell.method, str(cell.seed), action)
    Console(markup=False).print(table)  # names of data are no markup
    for note in (*settings.notes, *weights_notes(planned)):
        print(f"Note: {note}")
    if found is not None:
        print_estimate(found)
    print(f"{len(planned.plan.cells)} to run, {len(planned.plan.skipped)} skipped. Nothing was run.")


def print_estimate(found: "Estimate") -> None:
    """Print what a run will take: a row for each data set and method, and the whole below."""
    from rich.console import Console
    from rich.table import Table

    alike: dict[tuple[str, str], list[CellEstimate]] = {}
    for each in found.cells:
        alike.setdefault((each.cell.dataset, each.cell.method), []).append(each)
    table = Table(title="Estimate", title_justify="left")
    for heading in ("data set", "method"):
        table.add_column(heading, overflow="fold")
    for heading in ("cells", "fitted on", "tested on", "features", "fit", "judge"):
        table.add_column(heading, justify="right")
    for (dataset, method), cells in alike.items():
        numbers = [str(len(cells)), *(_range(getattr(e, name) for e in cells) for name in ("num_fit", "num_test"))]
        names = ("feature_seconds", "fit_seconds", "judge_seconds")
        times = [duration_text(sum(getattr(each, name) for each in cells)) for name in names]
        table.add_row(dataset, method, *numbers, *times)
    Console(markup=False).print(table)  # names of data are no markup
    whole = sum(each.seconds for each in found.cells)
    workers = counted(found.num_workers, "worker")
    print(f"Time: about {duration_text(found.seconds)} with {workers} ({duration_text(whole)} of work).")
    if found.memory_bytes is not None:
        on_device = "" if found.device_bytes is None else f"; on the GPU {_gb(found.device_bytes)} each"
        print(f"Memory: about {_gb(found.memory_bytes)} for {workers}{on_device}.")
    print(f"Disk: {_gb(found.feature_bytes)} of features; {_gb(found.training_bytes)} in temporary files (TMPDIR).")
    for note in found.notes:
        print(f"Assumed: {note}")


def _range(numbers: Iterable[int]) -> str:
    found = sorted(numbers)
    least, most = found[0], found[-1]
    return str(least) if least == most else f"{least} to {most}"


def _gb(num_bytes: float) -> str:
    return f"{num_bytes / 1e9:.2f} GB"


def _plain(found: "Estimate | None") -> dict[str, Any] | None:
    """For JSON: cells by id."""
    if found is None:
        return None
    plain = {field.name: getattr(found, field.name) for field in fields_of(found)}
    cells = [
        {"id": each.cell.id, "seconds": each.seconds}
        | {field.name: getattr(each, field.name) for field in fields_of(each) if field.name != "cell"}
        for each in found.cells
    ]
    return plain | {"cells": cells}
