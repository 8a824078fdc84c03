"""After a search: what it found, what that is worth on test images, and how far its objective can be trusted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RunSettings
from harness.environment import without_credentials
from harness.errors import DataError
from harness.jobs.search_setup import PreparedSearch, as_json_values
from harness.search.outcome import Outcome, importances
from harness.search.search_folder import SPLIT_FILE
from harness.search.trials import TrialRecord

if TYPE_CHECKING:
    import optuna

    from harness.search.audit import Agreement

ORACLE_RESULTS = "oracle-results"
"""Folder of the records of settings that test images chose: beside the others, where no table reads them."""
_SHORTEST = 0.0005


def announce_outcome(prepared: PreparedSearch, outcome: Outcome, study: "optuna.Study") -> None:
    """Print the summary, and write plots, table and settings."""
    counts = ", ".join(f"{count} {state}" for state, count in sorted(outcome.counts.items()))
    seconds = sum(record.seconds for record in outcome.records)
    print(f"\n{len(outcome.records)} trials ({counts}) of {seconds:.0f} s in all. Study: {prepared.folder}.")
    best, default = outcome.best, outcome.default
    if best is None:
        reasons = sorted({record.error for record in outcome.records if record.error})
        print(f"No trial is complete: {reasons[0] if reasons else 'none was run'}.")
        return
    for number, goal in enumerate(outcome.goals):
        print(f"{goal.name} ({goal.direction}): {_comparison(number, best, default)}")
        weights = importances(study, number)
        if weights:
            shown = ", ".join(f"{name} {share:.2f}" for name, share in weights.items() if share >= _SHORTEST)
            print(f"  importance (PED-ANOVA): {shown}")
    if len(outcome.front) > 1:
        print(f"Pareto front: trials {', '.join(str(record.number) for record in outcome.front)}; best first.")
    chosen = ", ".join(f"{name}={value}" for name, value in sorted(as_json_values(best.settings).items()))
    print(f"Trial {best.number}: {chosen}")
    _write(prepared, outcome, study)


def refit_winner(prepared: PreparedSearch, outcome: Outcome) -> int:
    """Fit winner and default with several seeds and judge them on the test images, as ``bench run`` does.

    Returns:
        The number of failed cells.
    """
    from harness.cli.run import told
    from harness.cli.show import print_tables
    from harness.jobs.leaderboard import board_of_run
    from harness.jobs.planning import check_cells, make_plan
    from harness.jobs.run import run_planned
    from harness.plan import RunPlan

    assert outcome.best is not None, "something was found"
    points = {json.dumps(as_json_values(point), sort_keys=True): point for point in _points(prepared, outcome)}
    plans = []
    for point in points.values():
        settings = _run_settings(prepared, point)
        planned = make_plan(settings)
        try:
            check_cells(planned, settings)
        except DataError as error:
            print(f"Not fitted again: {error}")
            return 0
        plans.append(planned)
    merged = replace(
        plans[0],
        plan=RunPlan(
            cells=tuple(cell for planned in plans for cell in planned.plan.cells),
            skipped=tuple(skipped for planned in plans for skipped in planned.plan.skipped),
        ),
    )
    print("\nWinner and default point, fitted again and judged on the test images:")
    result = told(lambda tell: run_planned(merged, settings, tell))
    print_tables(board_of_run(result))
    print(f"Records: {without_credentials(settings.results)}.")
    return result.num_failed


def audit_trials(prepared: PreparedSearch, outcome: Outcome, count: int) -> None:
    """Judge some trials on the test images, print the rank correlations, and keep them beside the study."""
    from harness.methods.feature_cache import FeatureCache
    from harness.search.audit import FEWEST_TRIALS, audit, sample_trials

    if prepared.space.objective.selection == "oracle":
        print("No audit: the trials were judged on the test images.")
        return
    sample = sample_trials(outcome.records, count, prepared.seed)
    if len(sample) < FEWEST_TRIALS:
        print(f"No audit: {len(sample)} complete trials; right would be {FEWEST_TRIALS} or more.")
        return
    evaluation = replace(prepared.evaluation, goals=outcome.goals[:1], fidelity=None)
    try:
        tested = _tested_categories(prepared)
    except DataError as error:
        print(f"No audit: {error}")
        return

    def test(settings: Mapping[str, Any]) -> Mapping[str, Mapping[str, float | None]]:
        features = FeatureCache()
        return {category.name: evaluation.judge(as_json_values(settings), category, features) for category in tested}

    print(f"\nAudit: {len(sample)} trials on the test images; nothing of it goes back into the search.", flush=True)
    agreements = audit(outcome.goals[0], sample, test)
    for agreement in agreements:
        print(f"  {agreement.category}: {_rank_text(agreement)}")
    text = json.dumps([asdict(agreement) for agreement in agreements], indent=2)
    (prepared.folder / "audit.json").write_text(text + "\n", encoding="utf-8")


def _rank_text(agreement: "Agreement") -> str:
    if agreement.correlation is None:
        return "no rank correlation: one of the scores is the same for all trials"
    return f"Spearman's rho {agreement.correlation:+.2f} (p = {agreement.p_value:.2g}, {len(agreement.numbers)} trials)"


def _tested_categories(prepared: PreparedSearch) -> list[Any]:
    from harness.search.judged_images import judged_on

    settings, tested = prepared.settings, []
    for dataset, category in prepared.categories:
        judged = judged_on("oracle", dataset, settings.data, category, settings.split, settings.protocol, prepared.seed)
        tested.append(replace(judged, split=prepared.reported.get(judged.name, judged.split)))
    return tested


def _comparison(number: int, best: TrialRecord, default: TrialRecord | None) -> str:
    assert best.values is not None
    if default is None or default.values is None:
        return f"best {best.values[number]:.4f}; the first point did not come to an end"
    difference = best.values[number] - default.values[number]
    return f"best {best.values[number]:.4f}, first point {default.values[number]:.4f}, difference {difference:+.4f}"


def _points(prepared: PreparedSearch, outcome: Outcome) -> list[Mapping[str, Any]]:
    assert outcome.best is not None
    return [outcome.best.settings, prepared.default]


def _run_settings(prepared: PreparedSearch, point: Mapping[str, Any]) -> RunSettings:
    selection = prepared.space.objective.selection
    update: dict[str, Any] = {
        "overrides": {prepared.space.method: {**prepared.base_settings, **as_json_values(point)}},
        "backbone": None,
        # How many trials ran at once says nothing of cells, which need no study.
        "workers": 0 if prepared.settings.workers == 0 else None,
    }
    if prepared.reported:
        update["split"] = str(prepared.folder / SPLIT_FILE)
    if selection == "oracle":
        update["results"] = str(prepared.folder / ORACLE_RESULTS)
    return prepared.settings.model_copy(update=update)


def _write(prepared: PreparedSearch, outcome: Outcome, study: "optuna.Study") -> None:
    from harness.datasets.splits import split_identity
    from harness.report import write_tables
    from harness.search.best_table import best_table
    from harness.search.study_plots import write_plots

    folder = prepared.folder
    table = best_table(
        outcome,
        prepared.name,
        ", ".join(prepared.dataset_names),
        prepared.settings.protocol.key(),
        split_identity(prepared.settings.split),
        dict.fromkeys(prepared.dataset_names, (prepared.seed,)),
    )
    written = [*write_tables([table], folder), *write_plots(study, outcome.goals, folder / "plots")]
    print(f"Plots and table: {', '.join(sorted({str(path.parent) for path in written}))}.")
    for place, record in enumerate(outcome.front):
        path = folder / f"{prepared.name}{f'.trial-{record.number}' if place else ''}.settings.toml"
        _write_settings(path, prepared, record)
        print(f"Settings of trial {record.number}: {path}; right for 'bench run --config'.")


def _write_settings(path: Path, prepared: PreparedSearch, record: TrialRecord) -> None:
    from harness.search.settings_file import write_settings

    settings = _run_settings(prepared, record.settings)
    values: dict[str, Any] = {"datasets": list(settings.datasets)}
    if settings.categories:
        values["categories"] = list(settings.categories)
    values["split"] = settings.split
    if prepared.space.objective.selection == "oracle":
        values["results"] = settings.results
    values["protocol"] = settings.protocol.model_dump(exclude_none=True)
    if prepared.evaluation.weights:
        values["weights"] = {name: str(file) for name, file in prepared.evaluation.weights.items()}
    values["methods"] = settings.overrides
    remarks = (
        f"Trial {record.number} of search {prepared.name}; selection {record.selection}, seed {prepared.seed}.",
        *(
            ("The test images chose these settings: what is measured on them is no result. Hence a store of its own.",)
            if record.selection == "oracle"
            else ()
        ),
    )
    write_settings(path, values, remarks)
