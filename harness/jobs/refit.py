"""After a search: the winner on the test images, and how far the objective can be trusted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from harness.atomic_files import write_result
from harness.config import RunSettings
from harness.jobs.cell_checks import check_cells
from harness.jobs.planned import Planned
from harness.jobs.planning import make_plan
from harness.jobs.run import Listener, RunResult, run_planned
from harness.jobs.search import SearchResult
from harness.jobs.search_setup import run_settings_of
from harness.plan import RunPlan
from harness.search.audit import Agreement, audit, sample_trials
from harness.search.trials import as_lists


def plan_refit(result: SearchResult) -> tuple[Planned, RunSettings]:
    """Plan the cells of the winner and the default point on the test images.

    Returns:
        The plan, and settings to run it with.

    Raises:
        DataError: There are no test images to judge on.
    """
    assert result.best_settings is not None, "a winner is known"
    points = [run_settings_of(result.prepared, point) for point in (result.best_settings, result.prepared.default)]
    plans = []
    for settings in points[:1] if points[0] == points[1] else points:
        planned = make_plan(settings)
        check_cells(planned, settings)
        plans.append(planned)
    cells = tuple(cell for planned in plans for cell in planned.plan.cells)
    skipped = tuple(each for planned in plans for each in planned.plan.skipped)
    settings_of = {name: found for planned in plans for name, found in planned.settings_of.items()}
    stored = {cell_id: part for planned in plans for cell_id, part in planned.stored.items()}
    plan = RunPlan(cells=cells, skipped=skipped)
    return replace(plans[0], settings_of=settings_of, stored=stored, plan=plan), settings


def refit(planned: Planned, settings: RunSettings, on_event: Listener | None = None) -> RunResult:
    """Run the cells of ``plan_refit``; each record is stored as in any run.

    Raises:
        RunInterrupted: Ctrl-C or SIGTERM; finished records are kept.
    """
    from harness.execution.executor import open_executor

    with open_executor(settings) as executor:
        return run_planned(planned, settings, executor, on_event)


def audit_search(result: SearchResult, count: int) -> list[Agreement]:
    """Judge trials on the test images and compare the order with that of the search; kept as ``audit.json``.

    Args:
        result: Of a search that was not judged on the test images.
        count: Complete trials to judge, drawn at random.

    Returns:
        One rank correlation a category.

    Raises:
        DataError: There are no test images to judge on.
        StoreError: The file cannot be written.
    """
    from harness.methods.feature_cache import FeatureCache
    from harness.search.judged_images import judged_on

    prepared, goals = result.prepared, result.outcome.goals
    settings, seed, tested = prepared.settings, prepared.evaluation.seed, []
    for (dataset, category), searched in zip(prepared.categories, prepared.evaluation.categories, strict=True):
        judged = judged_on(
            "oracle",
            dataset,
            settings.data,
            category,
            settings.split,
            settings.protocol,
            seed,
            folder=prepared.folder,
        )
        tested.append(replace(judged, split=searched.reported))
    evaluation = replace(prepared.evaluation, goals=goals[:1], fidelity=None)

    def test(point: Mapping[str, Any]) -> Mapping[str, Mapping[str, float | None]]:
        features = FeatureCache()
        return {category.name: evaluation.judge(as_lists(point), category, features) for category in tested}

    agreements = audit(goals[0], sample_trials(result.records, count, seed), test)
    text = json.dumps([asdict(agreement) for agreement in agreements], indent=2)
    path = prepared.folder / "audit.json"
    write_result(path, f"{text}\n".encode())
    return agreements
