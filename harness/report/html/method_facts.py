"""Where the records of each row come from: settings, versions, commits, machines, dates."""

import json
from collections.abc import Iterable, Sequence

import pandas as pd

from harness.environment import without_folders
from harness.phrasing import counted
from harness.report.html.report_types import MethodFacts

_DAY = len("2025-01-31")


def method_facts(frame: pd.DataFrame, rows: Sequence[str]) -> tuple[MethodFacts, ...]:
    """The facts of some rows, in their order.

    Args:
        frame: Records, finished and failed, with their labels in a column ``row``.
        rows: Labels, each with a record at least.
    """
    return tuple(_facts(row, frame[frame["row"] == row]) for row in rows)


def commands_of(frame: pd.DataFrame) -> tuple[str, ...]:
    """The commands that made some records, each once, oldest first."""
    ordered = frame.sort_values(["started_at", "cell_id"])
    return _unique(map(without_folders, ordered["command"]))


def _facts(row: str, records: pd.DataFrame) -> MethodFacts:
    # Records that share a label share method, version, settings and weights.
    first = records.iloc[0]
    settings = json.loads(first["settings"])
    started, finished = records["started_at"].min(), records["finished_at"].max()
    return MethodFacts(
        label=row,
        version=str(first["method_version"]),
        settings={name: json.dumps(value) for name, value in settings.items()},
        weights=str(first["weights_sha256"]) or "none",
        datasets=tuple(sorted(records["dataset"].unique())),
        seeds=tuple(sorted(int(seed) for seed in records["seed"].unique())),
        num_finished=int((records["status"] == "ok").sum()),
        num_failed=int((records["status"] == "failed").sum()),
        commits=_unique(
            f"{commit or 'not known'}{' with changes that were not committed' if is_dirty else ''}"
            for commit, is_dirty in zip(records["code_commit"], records["code_dirty"], strict=True)
        ),
        machines=_unique(
            f"{host} ({device}{'' if pd.isna(threads) else ', ' + counted(int(threads), 'thread')})"
            for host, device, threads in zip(records["host"], records["device"], records["num_threads"], strict=True)
        ),
        packages=_unique(_packages_text(text) for text in records["versions"]),
        first_day=str(started)[:_DAY],
        last_day=str(finished)[:_DAY],
    )


def _packages_text(versions: str) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(json.loads(versions).items()))


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(str, texts)))
