"""Optuna's own pictures of a study, as PDF and PNG: history, slices, importance, Pareto front."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import TrialState

from harness.errors import StoreError
from harness.search.outcome import importances, quiet_optuna, smaller_is_better
from harness.spaces import Goal

_INCHES_A_SLICE = 2.2
_HEIGHT_INCHES = 3.4
_WIDTH_INCHES = 5.0


def write_plots(study: optuna.Study, goals: tuple[Goal, ...], folder: Path) -> list[Path]:
    """Draw what the trials so far can show; nothing before two of them are complete.

    Args:
        study: Of the search.
        goals: Its objectives.
        folder: Made when missing.

    Returns:
        The files.

    Raises:
        StoreError: A file cannot be written.
    """
    if len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))) < 2:
        return []
    # Optuna sets a style of its own for the whole process.
    import matplotlib.style

    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with matplotlib.style.context("default"), quiet_optuna():
            for name, draw in _drawings(study, goals):
                written += _saved(draw(), folder / name)
    except OSError as error:
        raise StoreError(f"Cannot write {folder}: {error.strerror or error}.") from error
    return written


def _drawings(study: optuna.Study, goals: tuple[Goal, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    from optuna.visualization import matplotlib as drawn

    for number, goal in enumerate(goals):
        suffix = "" if len(goals) == 1 else f"_{number + 1}"
        options: dict[str, Any] = {"target_name": goal.name}
        if len(goals) > 1:
            options["target"] = _value(number)
        yield f"history{suffix}", lambda options=options: drawn.plot_optimization_history(study, **options)  # type: ignore[misc]
        yield f"slice{suffix}", lambda options=options: drawn.plot_slice(study, **options)  # type: ignore[misc]
        if importances(study, number):
            evaluator = optuna.importance.PedAnovaImportanceEvaluator()
            options_too = options | {"evaluator": evaluator, "target": smaller_is_better(study, number)}
            yield (
                f"importance{suffix}",
                lambda options=options_too: drawn.plot_param_importances(study, **options),  # type: ignore[misc]
            )
    if len(goals) in (2, 3):
        names = [goal.name for goal in goals]
        yield "pareto", lambda: drawn.plot_pareto_front(study, target_names=names)


def _value(number: int) -> Callable[[optuna.trial.FrozenTrial], float]:
    return lambda trial: trial.values[number]


def _saved(drawn: Any, path: Path) -> list[Path]:
    from matplotlib import pyplot

    panels = np.atleast_1d(drawn).ravel()
    figure = panels[0].figure
    figure.set_size_inches(max(_WIDTH_INCHES, _INCHES_A_SLICE * len(panels)), _HEIGHT_INCHES)
    files = [path.with_suffix(suffix) for suffix in (".pdf", ".png")]
    for file in files:
        # Without a date, equal figures are equal bytes.
        metadata = {"CreationDate": None} if file.suffix == ".pdf" else {}
        figure.savefig(file, bbox_inches="tight", dpi=200, metadata=metadata)
    pyplot.close(figure)
    return files
