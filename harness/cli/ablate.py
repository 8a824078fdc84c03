"""``bench ablate``: what each setting of a method is worth, as ordinary cells, a table and figures."""

import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options as o
from harness.cli.targets import METAVAR, named, typed_dataset
from harness.errors import SettingsError, UnknownNameError

if TYPE_CHECKING:
    from harness.config import RunSettings
    from harness.jobs.planning import Planned, Variant
    from harness.leaderboard.ablation_study import AblationStudy


def ablate(
    names: Annotated[list[str], typer.Argument(help="Data sets, or categories of them.", metavar=f"{METAVAR}...")],
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="SETTING=VALUES",
            help="Values between commas, as after --set: k=2,3,4 or layers=[2],[2,3]; repeatable.",
            rich_help_panel=o.WHAT,
        ),
    ],
    crossed: Annotated[
        bool,
        typer.Option("--crossed", help="All combinations, not one setting at a time.", rich_help_panel=o.WHAT),
    ] = False,
    method: Annotated[str, typer.Option(help="Whose settings.", rich_help_panel=o.WHAT)] = "mfrnet",
    control: Annotated[
        str | None,
        typer.Option(
            help="Methods in rows of their own, e.g. gaussian (no restoration); what they share with the method's "
            "settings is equal.",
            rich_help_panel=o.WHAT,
        ),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(help="Columns of records, comma-separated, e.g. image_auroc,aupro_30.", rich_help_panel=o.WHAT),
    ] = None,
    seeds: o.Seeds = None,
    split: o.Split = None,
    set_: o.Set = None,
    backbone: o.Backbone = None,
    weights: o.Weights = None,
    image_size: o.ImageSize = None,
    protocol: o.Protocol = None,
    config: o.Config = None,
    data: o.Data = None,
    results: o.Results = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for table and figures (default: RESULTS/ablation).", rich_help_panel=o.WHERE),
    ] = None,
    policy: o.Policy = None,
    workers: o.Workers = None,
    cpus_per_worker: o.CpusPerWorker = None,
    gpus_per_worker: o.GpusPerWorker = None,
    address: o.Address = None,
    device: o.Device = None,
    costs: o.Costs = None,
    standalone: Annotated[bool, typer.Option("--standalone", help="A complete LaTeX document.")] = False,
    wide: Annotated[bool, typer.Option("--wide", help="Over both columns of a two-column paper.")] = False,
) -> None:
    """Vary settings around a base, run what is not stored, and write the ablation: LaTeX, Markdown, CSV, PDF, PNG.

    The base is the method's defaults with --config and --set. The cells are those of 'bench run'.
    """
    controls = () if control is None else o.split_names(control)
    if method in controls:
        raise SettingsError(f"--control {method} is the method itself; right would be another one.")
    settings = o.run_settings(
        config=config, datasets=None, categories=None, methods=",".join((method, *controls)), seeds=seeds, split=split,
        set_=set_, backbone=backbone, weights=weights, image_size=image_size, protocol=protocol, data=data,
        results=results, policy=policy, workers=workers, cpus_per_worker=cpus_per_worker,
        gpus_per_worker=gpus_per_worker, address=address, device=device, costs=costs,
    )  # fmt: skip
    settings = _on(names, settings)
    chosen = None if metrics is None else o.split_names(metrics)
    _check_metrics(chosen)
    study, variants = _study(method, controls, vary, crossed, settings)

    from harness.cli.run import carry_out, exit_by_failures
    from harness.jobs.planning import make_plan

    # Each variant has its backbone already, and it may be what varies.
    planned = make_plan(settings.model_copy(update={"backbone": None}), variants, run_follows=True)
    carry_out(planned, settings)
    _show(study, planned, settings, chosen, out or _folder(settings.results), standalone=standalone, wide=wide)
    exit_by_failures(planned, settings)


def _on(names: Sequence[str], settings: "RunSettings") -> "RunSettings":
    """The settings for these data sets and categories, and no others."""
    datasets: dict[str, None] = {}
    categories: list[str] = []
    for text in names:
        dataset, category = named(text, settings.data)
        datasets[typed_dataset(text, category)] = None
        chosen = dataset.categories(settings.data) if category is None else (category,)
        categories += [f"{dataset.info.name}/{each}" for each in chosen]
    return settings.model_copy(update={"datasets": tuple(datasets), "categories": tuple(dict.fromkeys(categories))})


def _check_metrics(metrics: Sequence[str] | None) -> None:
    from harness.metrics.catalogue import check_metrics

    check_metrics(metrics or ())


def _study(
    method: str, controls: tuple[str, ...], vary: Sequence[str], crossed: bool, settings: "RunSettings"
) -> "tuple[AblationStudy, list[Variant]]":
    """What is compared, and what runs for it; every value that cannot be is named with its reason."""
    from harness.config import as_json
    from harness.jobs.planning import method_settings
    from harness.leaderboard.ablation_study import AblationStudy
    from harness.methods import METHODS
    from harness.plan import canonical_json

    for name in (method, *controls):
        METHODS.check(name)
    asked = _asked(vary)
    overrides = settings.overrides.get(method, {})

    def resolved(change: dict[str, Any]) -> dict[str, Any]:
        return as_json(method_settings(method, {**overrides, **change}, None if "backbone" in change else backbone))

    backbone = settings.backbone
    base = resolved({})
    for name in asked:
        if name not in base:
            raise UnknownNameError.of(f"setting of method {method!r}:", name, base)
    combinations = product(*asked.values())
    changes = (
        [dict(zip(asked, values, strict=True)) for values in combinations]
        if crossed
        else [{name: value} for name, values in asked.items() for value in values]
    )
    impossible: dict[str, None] = {}
    value_of: dict[tuple[str, str], Any] = {}
    for change in changes:
        try:
            full = resolved(change)
        except SettingsError as error:
            impossible[str(error)] = None
        else:
            # As settings have them: 4 may have become 4.0.
            value_of |= {(name, canonical_json(value)): full[name] for name, value in change.items()}
    if impossible:
        raise SettingsError(f"Nothing was run, because some of these settings cannot be: {' '.join(impossible)}")
    factors = {name: tuple(value_of[name, canonical_json(value)] for value in values) for name, values in asked.items()}
    study = AblationStudy(method=method, base=base, factors=factors, is_crossed=crossed, controls=controls)
    variants: list[Variant] = [(method, {**base, **change}) for change in study.changes()]
    beside = {name: method_settings(name, _beside(name, method, base, settings), backbone) for name in controls}
    variants += [(name, as_json(each)) for name, each in beside.items()]
    return study, variants


def _asked(vary: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    from harness.config import parse_values

    asked: dict[str, tuple[Any, ...]] = {}
    for text in vary:
        name, equals, values = text.partition("=")
        name = name.strip()
        if not (equals and name and values.strip()):
            raise SettingsError(f"--vary {text!r}: right would be SETTING=VALUES, e.g. k=2,3,4.")
        if name in asked:
            raise SettingsError(f"--vary {name} came twice; right would be once, with all values between commas.")
        asked[name] = parse_values(values)
    return asked


def _beside(control: str, method: str, base: dict[str, Any], settings: "RunSettings") -> dict[str, Any]:
    """Settings of a control: what both methods have from one class of settings is equal, unless it is set."""
    from harness.methods import METHODS

    kinds = [METHODS.get(name).Settings.__mro__ for name in (control, method)]
    shared = {field.name for kind in kinds[0] if kind in kinds[1] and is_dataclass(kind) for field in fields(kind)}
    return {name: base[name] for name in base if name in shared} | settings.overrides.get(control, {})


def _show(
    study: "AblationStudy",
    planned: "Planned",
    settings: "RunSettings",
    metrics: Sequence[str] | None,
    folder: Path,
    *,
    standalone: bool,
    wide: bool,
) -> None:
    """Print the table, write it and the figures, and print the paths."""
    from rich.console import Console

    from harness.leaderboard import HEADLINE_METRICS, ablation_table
    from harness.report import console_table, write_tables
    from harness.report.figures import write_figures
    from harness.report.figures.ablation_plot import ablation_plots
    from harness.store import RecordStore

    expected: dict[str, set[str]] = {}
    for cell in planned.cells:
        expected.setdefault(cell.dataset, set()).add(cell.category)
    frame = RecordStore(settings.results).frame()
    frame = frame[frame["cell_id"].isin([cell.id for cell in planned.cells])]
    if frame.empty:
        print("None of these cells has a record, so there is nothing to show.")
        return
    shown = tuple(metrics or HEADLINE_METRICS)
    table = ablation_table(
        frame,
        study.method,
        reference=study.settings_json({}),
        controls=study.controls,
        metrics=shown,
        expected=expected,
    )
    Console().print(console_table(table))
    for path in write_tables([table], folder, standalone=standalone, environment="table*" if wide else None):
        print(path)
    if not (frame["status"] == "ok").any():
        return
    plots = ablation_plots(frame, study, metrics=shown, expected=expected)
    for path in write_figures(plots, folder, wide=wide):
        print(path)
    for left_out in plots.left_out:
        print(f"{left_out.name}: left out: {left_out.reason}.", file=sys.stderr)


def _folder(results: str) -> Path:
    return Path("ablation") if "://" in results else Path(results) / "ablation"
