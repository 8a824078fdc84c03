"""An ablation: what each setting of a method is worth, as ordinary cells, a table and figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RunSettings, as_json, run_settings
from harness.errors import SettingsError, UnknownNameError
from harness.jobs.chosen_methods import method_settings
from harness.jobs.chosen_records import categories_of
from harness.jobs.planned import Variant
from harness.jobs.planning import check_names
from harness.jobs.run import Listener, RunResult, run_variants
from harness.leaderboard import HEADLINE_METRICS, Board, ablation_table
from harness.leaderboard.ablation_study import AblationStudy
from harness.methods import METHODS
from harness.metrics.catalogue import check_metrics
from harness.plan import canonical_json

if TYPE_CHECKING:
    from harness.leaderboard.tables import Table
    from harness.report.figures.plot_types import PlotSet


@dataclass(frozen=True, kw_only=True)
class AblationResult:
    """What an ablation came to."""

    run: RunResult
    table: "Table | None"
    """One row a change; None if no cell has a record."""
    plots: "PlotSet | None"
    """One figure a metric; None if no cell has a good record."""


def ablate(
    targets: Sequence[str],
    vary: Mapping[str, Sequence[Any]],
    *,
    method: str = "mfrnet",
    controls: Sequence[str] = (),
    crossed: bool = False,
    metrics: Sequence[str] | None = None,
    settings: RunSettings | Mapping[str, Any] | None = None,
    on_event: Listener | None = None,
    **others: Any,
) -> AblationResult:
    """Vary settings of a method around a base, and run the cells that are not stored.

    The base is the method's defaults with those of ``settings``.

    Args:
        targets: ``DATASET`` or ``DATASET/CATEGORY``.
        vary: Setting to its values.
        method: The method whose settings vary.
        controls: Methods in rows of their own; the settings that they share with the method are equal.
        crossed: Whether every combination runs, instead of one change at a time.
        metrics: Columns of records for table and figures; None for the headline metrics.
        settings: Of the run; its data sets and methods are not used.
        on_event: Called for everything that happens.
        **others: Fields of ``RunSettings``, over those of ``settings``; ``suite`` names a suite below them.

    Raises:
        BenchError: A name, setting or metric is wrong; nothing was run.
        RunInterrupted: Ctrl-C; finished records are kept.

    >>> import tempfile, harness
    >>> found = harness.ablate(
    ...     ["demo/board"], {"top_share": [0.0, 0.5]}, method="gaussian", backbone="filter_bank",
    ...     protocol={"image_size_px": 32}, workers=0, results=tempfile.mkdtemp(),
    ... )
    >>> found.table.rows
    ('reference', 'top_share=0.0', 'top_share=0.5')
    """
    given = run_settings(settings, **others)
    chosen = run_settings(given, datasets=list(targets), methods=[method, *controls])
    check_metrics(metrics or ())
    if method in controls:
        raise SettingsError(f"--control: expected another method than the one that varies, got {method}.")
    check_names(chosen)
    study, variants = _study(chosen, vary, crossed)
    # Each variant has its backbone already, and it may be what varies.
    done = run_variants(chosen.model_copy(update={"backbone": None}), variants, on_event)
    if done.frame.empty:
        return AblationResult(run=done, table=None, plots=None)
    shown, expected = tuple(metrics or HEADLINE_METRICS), categories_of(done.cells)
    board = Board.of(done.frame, shown, expected=expected)
    table = ablation_table(board, study.method, reference=study.settings_json({}), controls=study.controls)
    plots = None
    if (done.frame["status"] == "ok").any():
        from harness.report.figures.ablation_plot import ablation_plots

        plots = ablation_plots(done.frame, study, metrics=shown, expected=expected)
    return AblationResult(run=done, table=table, plots=plots)


def write_ablation(result: AblationResult, folder: Path, *, standalone: bool = False, wide: bool = False) -> list[Path]:
    """Write the table as LaTeX, Markdown and CSV, and the figures as PDF and PNG.

    Args:
        result: Of ``ablate``.
        folder: Where the files go.
        standalone: A complete LaTeX document.
        wide: Over both columns of a two-column paper.

    Returns:
        The paths of the files.
    """
    from harness.report import write_tables
    from harness.report.figures import write_figures

    paths = []
    if result.table is not None:
        paths += write_tables([result.table], folder, standalone=standalone, environment="table*" if wide else None)
    if result.plots is not None:
        paths += write_figures(result.plots, folder, wide=wide)
    return paths


def _study(
    settings: RunSettings, vary: Mapping[str, Sequence[Any]], crossed: bool
) -> tuple[AblationStudy, list[Variant]]:
    """What is compared, and what runs for it; every impossible value is named with its reason."""
    method, *controls = settings.methods
    overrides, backbone = settings.overrides.get(method, {}), settings.backbone

    def resolved(change: Mapping[str, Any]) -> dict[str, Any]:
        return as_json(method_settings(method, {**overrides, **change}, None if "backbone" in change else backbone))

    base = resolved({})
    for name in vary:
        if name not in base:
            raise UnknownNameError.of(f"setting of method {method!r}:", name, base)
    changes = (
        [dict(zip(vary, values, strict=True)) for values in product(*vary.values())]
        if crossed
        else [{name: value} for name, values in vary.items() for value in values]
    )
    impossible: dict[str, None] = {}
    value_of: dict[tuple[str, str], Any] = {}
    for change in changes:
        try:
            full = resolved(change)
        except SettingsError as error:
            impossible[str(error)] = None
        else:
            # As the settings hold them: 4 may have become 4.0.
            value_of |= {(name, canonical_json(value)): full[name] for name, value in change.items()}
    if impossible:
        raise SettingsError(f"Nothing was run, because some of these settings are impossible: {' '.join(impossible)}")
    factors = {name: tuple(value_of[name, canonical_json(value)] for value in values) for name, values in vary.items()}
    study = AblationStudy(method=method, base=base, factors=factors, is_crossed=crossed, controls=tuple(controls))
    variants: list[Variant] = [(method, {**base, **change}) for change in study.changes()]
    beside = {
        name: method_settings(name, control_settings(name, method, base, settings), backbone) for name in controls
    }
    variants += [(name, as_json(each)) for name, each in beside.items()]
    return study, variants


def control_settings(control: str, method: str, base: Mapping[str, Any], settings: RunSettings) -> dict[str, Any]:
    """Settings of a control: those that both methods inherit from one class are equal, unless they are set."""
    kinds = [METHODS.get(name).Settings.__mro__ for name in (control, method)]
    shared = {field.name for kind in kinds[0] if kind in kinds[1] and is_dataclass(kind) for field in fields(kind)}
    return {name: base[name] for name in base if name in shared} | settings.overrides.get(control, {})
