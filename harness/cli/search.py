"""``bench search``: settings found without a look at the test images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as o
from harness.config import RunSettings
from harness.config.flag import HOW
from harness.phrasing import counted, duration_text

if TYPE_CHECKING:
    from harness.jobs.search import SearchEvent, SearchStarted
    from harness.search.trials import TrialRecord

SEARCH = "What to search"


@o.takes(
    RunSettings,
    only=(
        *("categories", "split", "overrides", "backbone", "weights", "protocol"),
        *("data", "results", "address", "device"),
    ),
)
def search(
    given: o.Given,
    targets: Annotated[
        list[str], typer.Argument(metavar="DATASET[/CATEGORY]...", help="The objective is the mean over categories.")
    ],
    space: Annotated[Path, typer.Option(help="What varies: a TOML file, see search_spaces/.", rich_help_panel=SEARCH)],
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Trials in the end, including failed ones.", rich_help_panel=SEARCH),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Time in seconds after which no trial starts.", rich_help_panel=SEARCH)
    ] = None,
    selection: Annotated[
        str | None,
        typer.Option(
            help="What trials are judged on: synthetic (defects made on held-out training images), validation (a part "
            "of the test images, left out of later numbers) or oracle (the test images; never in tables).",
            rich_help_panel=SEARCH,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of points, images and fits.", rich_help_panel=SEARCH)] = 0,
    name: Annotated[
        str | None, typer.Option(help="Name of the search (default: file and data sets).", rich_help_panel=SEARCH)
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue the search of this name.", rich_help_panel=SEARCH)
    ] = False,
    refit: Annotated[
        str,
        typer.Option(help="Seeds of winner and default on the test images, or none.", rich_help_panel=SEARCH),
    ] = "0,1,2",
    audit: Annotated[
        int,
        typer.Option(min=0, help="Trials to judge on the test images afterwards.", rich_help_panel=SEARCH),
    ] = 0,
    concurrent: Annotated[
        int, typer.Option(min=0, help="Trials that run at once; 0 runs them in this process.", rich_help_panel=HOW)
    ] = 1,
    cpus_per_trial: Annotated[float | None, typer.Option(help="Cores of each trial.", rich_help_panel=HOW)] = None,
    gpus_per_trial: Annotated[
        float | None, typer.Option(help="GPUs of each trial; a fraction shares one.", rich_help_panel=HOW)
    ] = None,
) -> None:
    """Search settings of a method; the winner is fitted again and written as NAME.settings.toml."""
    from harness.cli.winner import audit_trials, refit_winner, tell_outcome
    from harness.jobs.search import search as run_search
    from harness.spaces import load_space

    wanted = load_space(space)
    settings = o.run_settings(
        given,
        methods=(wanted.method,),
        seeds=None if refit == "none" else o.parse_seeds(refit),
        workers=concurrent,
        cpus_per_worker=cpus_per_trial,
        gpus_per_worker=gpus_per_trial,
    )
    narrator = _Narrator()
    try:
        result = run_search(
            space=space,
            targets=targets,
            settings=settings,
            trials=trials,
            seconds=seconds,
            selection=selection,
            seed=seed,
            resume=resume,
            name=name,
            on_event=narrator,
        )
    except KeyboardInterrupt:
        stored = f"{narrator.num_ended} of {counted(narrator.num_trials, 'trial')} are stored"
        print(f"bench: Interrupted: {stored}. Continue with the same command and --resume.", file=sys.stderr)
        raise SystemExit(130) from None
    tell_outcome(result)
    if result.outcome.best is None:
        raise typer.Exit(1)
    num_failed = 0 if refit == "none" else refit_winner(result)
    if audit:
        audit_trials(result, audit)
    if num_failed:
        raise typer.Exit(1)


class _Narrator:
    """Prints how each trial ended, with the best objective so far."""

    def __init__(self) -> None:
        self.num_ended = self.num_trials = 0
        self._best: float | None = None

    def __call__(self, event: "SearchEvent") -> None:
        from harness.jobs.search import SearchStarted

        if isinstance(event, SearchStarted):
            self._start(event)
        else:
            self._tell(event.record)

    def _start(self, event: "SearchStarted") -> None:
        prepared = event.prepared
        self.num_ended, self.num_trials = len(event.records), prepared.space.budget.trials
        self._goals = prepared.space.goals
        for record in event.records:
            self._keep_best(record)
        judged = prepared.evaluation.categories
        if prepared.reported:
            path = prepared.folder / "split.csv"
            print(f"Split to report: {path}; 'bench run --split {path}' tests on images that the search has not seen.")
        print(
            f"Search {prepared.name}: {event.num_left} of {counted(self.num_trials, 'trial')} to run on "
            f"{', '.join(category.name for category in judged)}; selection {prepared.space.objective.selection}, "
            f"{counted(sum(len(category.split.test) for category in judged), 'image')}.",
            flush=True,
        )

    def _tell(self, record: "TrialRecord") -> None:
        self.num_ended += 1
        self._keep_best(record)
        if record.values is None:
            told = f"FAILED: {record.error}"
        else:
            told = ", ".join(f"{value:.4g}" for value in record.values)
            if record.state == "pruned":
                told += " at its last look, pruned"
            if self._best is not None and len(self._goals) == 1:
                told += f" (best {self._best:.4g})"
        took = duration_text(record.seconds)
        print(f"[{self.num_ended}/{self.num_trials}] trial {record.number}: {told}, {took}", flush=True)

    def _keep_best(self, record: "TrialRecord") -> None:
        if record.state == "complete" and record.values is not None:
            better = max if self._goals[0].direction == "maximize" else min
            self._best = better(value for value in (self._best, record.values[0]) if value is not None)
