"""``bench search``: settings found without a look at the test images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.config import RunSettings
from harness.errors import SettingsError, UnknownNameError

if TYPE_CHECKING:
    from harness.jobs.search_setup import PreparedSearch
    from harness.search.ledger import Ledger
    from harness.search.trials import TrialRecord
    from harness.spaces import SearchSpace

SEARCH = "What to search"


@o.takes(
    RunSettings,
    only=(
        "split",
        "overrides",
        "backbone",
        "weights",
        "protocol",
        "categories",
        "data",
        "results",
        "address",
        "device",
    ),
)
def search(
    given: o.Given,
    targets: Annotated[
        list[str], typer.Argument(metavar="DATASET[/CATEGORY]...", help="The objective is the mean over categories.")
    ],
    space: Annotated[Path, typer.Option(help="What varies: a TOML file, see search_spaces/.", rich_help_panel=SEARCH)],
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials in the end, failed ones included.", rich_help_panel=SEARCH)
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="No trial starts after this time.", rich_help_panel=SEARCH)
    ] = None,
    selection: Annotated[
        str | None,
        typer.Option(
            help="What trials are judged on: synthetic (defects made on held-out training images), validation (a part "
            "of the test images, left out of later numbers) or oracle (the test images; never in tables).",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of points, images and fits.", rich_help_panel=SEARCH)] = 0,
    name: Annotated[
        str | None, typer.Option(help="Of the search (default: file and data sets).", rich_help_panel=SEARCH)
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search of this name.", rich_help_panel=SEARCH)
    ] = False,
    refit: Annotated[
        str,
        typer.Option(help="Seeds of winner and default on the test images; none to leave it.", rich_help_panel=SEARCH),
    ] = "0,1,2",
    audit: Annotated[
        int, typer.Option(min=0, help="Judge so many trials on the test images, afterwards.", rich_help_panel=SEARCH)
    ] = 0,
    concurrent: Annotated[
        int, typer.Option(min=0, help="Trials at once; 0 runs them in this process.", rich_help_panel=o.HOW)
    ] = 1,
    cpus_per_trial: Annotated[float | None, typer.Option(help="Cores of each.", rich_help_panel=o.HOW)] = None,
    gpus_per_trial: Annotated[
        float | None, typer.Option(help="GPUs of each; a fraction shares one.", rich_help_panel=o.HOW)
    ] = None,
) -> None:
    """Search settings of a method; the winner is fitted again and written as NAME.settings.toml."""
    from harness.jobs.search_setup import fixed_settings, prepare
    from harness.spaces import load_space

    wanted = _with_flags(load_space(space), trials, seconds, selection)
    settings = o.run_settings(
        given,
        datasets=targets,
        methods=(wanted.method,),
        seeds=None if refit == "none" else o.parse_seeds(refit),
        workers=concurrent,
        cpus_per_worker=cpus_per_trial,
        gpus_per_worker=gpus_per_trial,
    )
    settings = fixed_settings(wanted, space, settings)
    if concurrent == 0 and settings.address is not None:
        raise SettingsError("--concurrent 0 runs in this process; right would be 1 or more, or no --address.")
    prepared = prepare(wanted, space, settings, name=name, folder=None, seed=seed)
    ledger = _run(prepared, resume=resume)

    from harness.cli.winner import announce_outcome, audit_trials, refit_winner
    from harness.search.outcome import outcome_of

    outcome = outcome_of(wanted.goals, ledger.records, prepared.default)
    announce_outcome(prepared, outcome, ledger.study)
    if outcome.best is None:
        raise typer.Exit(1)
    num_failed = 0 if refit == "none" else refit_winner(prepared, outcome)
    if audit:
        audit_trials(prepared, outcome, audit)
    if num_failed:
        raise typer.Exit(1)


def _with_flags(
    space: "SearchSpace", trials: int | None, seconds: float | None, selection: str | None
) -> "SearchSpace":
    from harness.spaces import SELECTIONS

    if selection is not None and selection not in SELECTIONS:
        raise UnknownNameError.of("selection", selection, SELECTIONS)
    if seconds is not None and not seconds > 0:
        raise SettingsError(f"--seconds {seconds:g}: right would be above 0.")
    budget = {"trials": trials, "seconds": seconds}
    given = {key: value for key, value in budget.items() if value is not None}
    objective = space.objective.model_copy(update={"selection": selection} if selection else {})
    return space.model_copy(update={"objective": objective, "budget": space.budget.model_copy(update=given)})


def _run(prepared: "PreparedSearch", *, resume: bool) -> "Ledger":
    from harness.environment import log_dir
    from harness.execution.sizing import size_workers
    from harness.search.forked import search_forked
    from harness.search.ledger import Ledger
    from harness.search.local import search_local
    from harness.search.search_folder import open_folder
    from harness.search.tuning import search_with_tune

    budget = prepared.space.budget
    open_folder(prepared.folder, prepared.asked, resume=resume)
    _write_split(prepared)
    narrator = _Narrator(prepared, budget.trials)
    ledger = Ledger(
        prepared.folder,
        prepared.space,
        prepared.default,
        name=prepared.name,
        seed=prepared.seed,
        num_trials=budget.trials,
        seconds=budget.seconds,
        on_end=narrator,
    )
    narrator.begin(ledger)
    size, address = size_workers(prepared.settings, budget.trials), prepared.settings.address
    try:
        if size.workers == 0:
            import torch

            torch.set_num_threads(max(1, int(size.cpus_per_worker)))
            search_local(ledger, prepared.evaluation)
        elif address is None:
            search_forked(ledger, prepared.evaluation, size)
        else:
            search_with_tune(ledger, prepared.evaluation, size, address, log_dir())
    except KeyboardInterrupt:
        kept = len(ledger.records)
        print(
            f"bench: Interrupted: {kept} of {budget.trials} trials are stored. The same command with --resume goes on.",
            file=sys.stderr,
        )
        raise typer.Exit(130) from None
    return ledger


def _write_split(prepared: "PreparedSearch") -> None:
    from harness.datasets.splits import write_manifest
    from harness.search.search_folder import SPLIT_FILE

    path = prepared.folder / SPLIT_FILE
    if prepared.reported:
        write_manifest(prepared.reported.values(), path)
        print(f"To be reported: {path}; 'bench run --split {path}' tests on nothing that the search has seen.")


class _Narrator:
    """Says how each trial ended."""

    def __init__(self, prepared: "PreparedSearch", num_trials: int) -> None:
        self._goals, self._num_trials = prepared.space.goals, num_trials
        self._prepared = prepared
        self._num_ended = 0
        self._best: float | None = None

    def begin(self, ledger: "Ledger") -> None:
        records = ledger.records
        self._num_ended = len(records)
        for record in records:
            self._keep_best(record)
        judged = self._prepared.evaluation.categories
        num_images = sum(len(category.split.test) for category in judged)
        print(
            f"Search {self._prepared.name}: {ledger.num_left} of {self._num_trials} trials to run on "
            f"{', '.join(category.name for category in judged)}; selection "
            f"{self._prepared.space.objective.selection}, {num_images} images.",
            flush=True,
        )

    def __call__(self, record: "TrialRecord") -> None:
        self._num_ended += 1
        self._keep_best(record)
        if record.error is not None:
            came = f"FAILED: {record.error}"
        else:
            assert record.values is not None
            came = ", ".join(f"{value:.4g}" for value in record.values)
            if record.state == "pruned":
                came += " at its last look, given up"
            if self._best is not None and len(self._goals) == 1:
                came += f" (best {self._best:.4g})"
        print(
            f"[{self._num_ended}/{self._num_trials}] trial {record.number}: {came}, {record.seconds:.0f} s", flush=True
        )

    def _keep_best(self, record: "TrialRecord") -> None:
        if record.state == "complete" and record.values is not None:
            better = max if self._goals[0].direction == "maximize" else min
            self._best = better(value for value in (self._best, record.values[0]) if value is not None)
