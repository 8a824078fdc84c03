"""The best trials as a table. Pure."""

import json
from collections.abc import Mapping
from statistics import mean
from typing import Any

from harness.leaderboard.tables import WITHHELD, Column, Entry, Table
from harness.metrics.catalogue import metric_title
from harness.search.search_outcome import Outcome
from harness.search.trials import TrialRecord
from harness.spaces.space import QUALITY_METRICS

_MAX_ROWS = 10
_SHOWN_METRICS = ("image_auroc", "pixel_average_precision", "aupro_30")


def best_table(
    outcome: Outcome, name: str, datasets: str, protocol: str, split: str, seeds: Mapping[str, tuple[int, ...]]
) -> Table:
    """The best trials with the winner and the default marked; the default comes last where it is not among them.

    Args:
        outcome: Of the search; at least one trial is complete.
        name: A word for file names.
        datasets: What was searched on, for the heading.
        protocol: ``Protocol.key()``.
        split: What records keep of the split's name.
        seeds: Data set to the seed of the trials.
    """
    shown = outcome.best_first()[:_MAX_ROWS]
    if outcome.default is not None and outcome.default not in shown:
        shown.append(outcome.default)
    named = [metric for goal in outcome.goals for metric in goal.metrics if metric in QUALITY_METRICS]
    metrics = list(dict.fromkeys([*named, *_SHOWN_METRICS]))
    columns = [Column(title="objective", quantity="fraction")] if not outcome.goals[0].is_cost else []
    columns += [Column(title=metric_title(metric)) for metric in metrics]
    columns += [Column(title="time", quantity="duration", lower_is_better=True)]
    lines = [_line(record, metrics, with_objective=not outcome.goals[0].is_cost) for record in shown]
    return Table(
        name=f"search_{name}",
        title=f"The best trials of search {name} on its selection images ({shown[0].selection})",
        row_title="trial",
        groups=(datasets,),
        columns=tuple(columns),
        rows=tuple(_label(record, outcome) for record in shown),
        notes=tuple(f"Trial {record.number}: {_settings(record, outcome)}." for record in shown),
        entries=tuple(lines),
        protocol=protocol,
        split=split,
        seeds=seeds,
        remarks=(f"Objective: {outcome.goals[0].name}. These numbers chose the settings; they are no test results.",),
    )


def _label(record: TrialRecord, outcome: Outcome) -> str:
    marks = [mark for mark, of in (("winner", outcome.best), ("default", outcome.default)) if record is of]
    return f"{record.number} ({', '.join(marks)})" if marks else str(record.number)


def _settings(record: TrialRecord, outcome: Outcome) -> str:
    """What the trial chose, for the notes below the table; twelve settings do not fit into a column."""
    default = outcome.default
    told = {
        name: value
        for name, value in sorted(record.settings.items())
        if default is None or record is default or default.settings.get(name) != value
    }
    return ", ".join(f"{name}={_text(value)}" for name, value in told.items()) or "as the default"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _line(record: TrialRecord, metrics: list[str], *, with_objective: bool) -> tuple[Entry, ...]:
    assert record.values is not None, "a complete trial has values"
    objective = [Entry(mean=record.values[0])] if with_objective else []
    return (*objective, *(_mean(record, metric) for metric in metrics), Entry(mean=record.seconds))


def _mean(record: TrialRecord, metric: str) -> Entry:
    values = [found.get(metric) for found in record.metrics.values()]
    known = [value for value in values if value is not None]
    return Entry(mean=mean(known)) if known and len(known) == len(values) else WITHHELD
