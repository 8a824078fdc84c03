"""The search job: from a space and targets to the best settings, without printing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import RunSettings, run_settings
from harness.errors import SettingsError, UnknownNameError
from harness.execution.interruption import interruptible
from harness.jobs.search_setup import PreparedSearch, fixed_settings, prepare, settings_file_of
from harness.search.ledger import Ledger
from harness.search.search_folder import SPLIT_FILE, locked, write_asked
from harness.search.search_outcome import Outcome, importances, outcome_of
from harness.search.trials import TrialRecord
from harness.spaces import SELECTIONS, SearchSpace, load_space
from harness.torch_threads import torch_threads


@dataclass(frozen=True, kw_only=True)
class SearchStarted:
    """Everything is checked, and the first trial is about to start."""

    prepared: PreparedSearch
    records: tuple[TrialRecord, ...]
    """Trials that an earlier call has run."""
    num_left: int
    """Trials to run."""


@dataclass(frozen=True, kw_only=True)
class TrialEnded:
    """A trial is complete, pruned or failed."""

    record: TrialRecord


SearchEvent = SearchStarted | TrialEnded


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search found and where it is stored."""

    prepared: PreparedSearch
    outcome: Outcome
    importances: tuple[Mapping[str, float], ...]
    """For each objective, parameter to importance; empty with fewer than ten complete trials."""
    settings_files: Mapping[int, Path]
    """Trial number to its settings as a file for ``bench run --config``, the winner first."""

    @property
    def folder(self) -> Path:
        """Folder of the study, the plots and the tables."""
        return self.prepared.folder

    @property
    def records(self) -> tuple[TrialRecord, ...]:
        """All trials, by number."""
        return self.outcome.records

    @property
    def best_settings(self) -> Mapping[str, Any] | None:
        """What the winner chose; None where no trial is complete."""
        return None if self.outcome.best is None else self.outcome.best.settings


def search(
    *,
    space: Path | str | SearchSpace,
    targets: Sequence[str],
    settings: RunSettings | Mapping[str, Any] | None = None,
    trials: int | None = None,
    seconds: float | None = None,
    selection: str | None = None,
    seed: int = 0,
    resume: bool = False,
    name: str | None = None,
    on_event: Callable[[SearchEvent], None] = lambda event: None,
) -> SearchResult:
    """Search the settings of a method; the objective is the mean over the categories.

    One trial at a time runs in this process. More at a time (``workers`` of the settings) or an ``address``
    run under Ray Tune.

    Args:
        space: A space file, or a space.
        targets: ``DATASET`` or ``DATASET/CATEGORY``.
        settings: Where data and results are and how to run, e.g. ``{"data": "data", "workers": 4}``.
            Data sets and methods in it are not used.
        trials: Trials in the end, failed ones included; None for the number in the space.
        seconds: No trial starts later than this; None for the limit in the space.
        selection: ``synthetic``, ``validation`` or ``oracle``; None for the one in the space.
        seed: Decides points, images and fits.
        resume: Continue the search of this name.
        name: Name of the search; None joins the names of the space and the data sets.
        on_event: Called when the trials begin and when each one ends.

    Returns:
        The trials and the winner. Tables, plots and settings files are written below ``folder``.

    Raises:
        BenchError: A name, a setting or the data is wrong, or the search is running elsewhere.
        KeyboardInterrupt: Ctrl-C; trials that have ended are stored.
    """
    file = Path(space.method) if isinstance(space, SearchSpace) else Path(space)
    wanted = space if isinstance(space, SearchSpace) else load_space(file)
    wanted = _with_changes(wanted, trials, seconds, selection)
    fixed = fixed_settings(wanted, file, _targeted(settings, targets, wanted.method))
    prepared = prepare(wanted, file, fixed, name=name, seed=seed, resume=resume)
    with locked(prepared.folder), interruptible():
        ledger = _run_trials(prepared, on_event)
        outcome = outcome_of(wanted.goals, ledger.records, prepared.default)
        found = tuple(importances(ledger.study, number) for number in range(len(wanted.goals)))
        files = _write_outcome(prepared, outcome, found) if outcome.best else {}
    return SearchResult(prepared=prepared, outcome=outcome, importances=found, settings_files=files)


def _with_changes(space: SearchSpace, trials: int | None, seconds: float | None, selection: str | None) -> SearchSpace:
    if selection is not None and selection not in SELECTIONS:
        raise UnknownNameError.of("selection", selection, SELECTIONS)
    for name, value in (("trials", trials), ("seconds", seconds)):
        if value is not None and not value > 0:
            raise SettingsError(f"{name}: expected more than 0, got {value:g}.")
    given = {key: value for key, value in (("trials", trials), ("seconds", seconds)) if value is not None}
    objective = space.objective.model_copy(update={"selection": selection} if selection else {})
    return space.model_copy(update={"objective": objective, "budget": space.budget.model_copy(update=given)})


def _targeted(settings: RunSettings | Mapping[str, Any] | None, targets: Sequence[str], method: str) -> RunSettings:
    """The settings of the search; one trial at a time without an address runs in this process."""
    values = run_settings(run_settings(settings), datasets=tuple(targets), methods=(method,))
    if values.address is not None and values.workers == 0:
        raise SettingsError("--concurrent 0 with --address: expected at least 1, or no address.")
    is_alone = values.address is None and values.workers in (None, 1)
    return values.model_copy(update={"workers": 0} if is_alone else {})


def _run_trials(prepared: PreparedSearch, on_event: Callable[[SearchEvent], None]) -> Ledger:
    from harness.datasets.splits import write_manifest
    from harness.environment import log_dir
    from harness.execution.session import HERE
    from harness.execution.sizing import size_workers
    from harness.search.local import search_local
    from harness.search.tuning import search_with_tune

    write_asked(prepared.folder, prepared.asked)
    if prepared.reported:
        write_manifest(prepared.reported, prepared.folder / SPLIT_FILE)
    budget = prepared.space.budget
    ledger = Ledger(
        prepared.folder,
        prepared.space,
        prepared.default,
        name=prepared.name,
        seed=prepared.evaluation.seed,
        num_trials=budget.trials,
        seconds=budget.seconds,
        on_end=lambda record: on_event(TrialEnded(record=record)),
    )
    on_event(SearchStarted(prepared=prepared, records=tuple(ledger.records), num_left=ledger.num_left))
    size = size_workers(prepared.settings, budget.trials)
    if size.workers == 0:
        with torch_threads(max(1, int(size.cpus_per_worker))):
            search_local(ledger, prepared.evaluation)
    else:
        search_with_tune(ledger, prepared.evaluation, size, prepared.settings.address or HERE, log_dir())
    return ledger


def _write_outcome(
    prepared: PreparedSearch, outcome: Outcome, importances: Sequence[Mapping[str, float]]
) -> dict[int, Path]:
    from harness.datasets.splits import split_identity
    from harness.report import write_tables
    from harness.report.figures import write_figures
    from harness.search.best_table import best_table
    from harness.search.study_plots import study_plots

    names, protocol = prepared.dataset_names, prepared.settings.protocol.key()
    split = split_identity(prepared.settings.split)
    seeds = dict.fromkeys(names, (prepared.evaluation.seed,))
    write_tables([best_table(outcome, prepared.name, ", ".join(names), protocol, split, seeds)], prepared.folder)
    plots = study_plots(outcome, prepared.space, importances, prepared.name, protocol, split, seeds)
    list(write_figures(plots, prepared.folder / "plots", wide=True))
    return {
        record.number: settings_file_of(prepared, record, is_winner=record is outcome.best) for record in outcome.front
    }
