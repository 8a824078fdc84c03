"""From settings to a plan that is known to be runnable, before any cell starts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.config import RunSettings, as_json, build_settings, run_settings
from harness.datasets import DATASETS, Dataset
from harness.datasets.fingerprint import fingerprint
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.preflight import check_split
from harness.datasets.splits import pooled, split_identity
from harness.errors import DataError, SettingsError, UnknownNameError
from harness.images import check_corruption
from harness.jobs.cell_splits import CellSplits
from harness.jobs.targets import chosen_categories
from harness.methods import METHODS
from harness.plan import CategorySource, Cell, MethodChoice, RunPlan, build_plan, canonical_json
from harness.regimes import FEW_SHOT, MULTI_CLASS, ONE_CLASS, kind_of, shots_of
from harness.trackers.tracker_set import check_trackers

Variant = tuple[str, Mapping[str, Any]]
"""A method and its settings that differ from the defaults."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan with what is needed to carry it out."""

    plan: RunPlan
    datasets: dict[str, str]
    """Data set to what ``find`` opens it by: its name, a description, or ``module:Class``."""
    settings_of: dict[tuple[str, str], Any]
    """Method and settings, as a cell has them, to the resolved settings."""
    weights: dict[str, Path]
    """Backbone to a local file."""
    split: str
    """What records keep of the split's name."""
    stored: Mapping[str, str] = field(default_factory=dict)
    """Cell to the part of its record when the plan was made, for cells that run and had a record; see
    ``RecordStore.parts``."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that was asked for, whether it runs or not."""
        return (*self.plan.cells, *(skipped.cell for skipped in self.plan.skipped))


def check_names(settings: RunSettings) -> tuple[str, list[tuple[Dataset, str]]]:
    """Resolve the names of methods, trackers, split, data sets and categories. Loads neither torch nor Ray.

    Returns:
        The identity of the split, and every category that is asked for with its data set.

    Raises:
        BenchError: A name is wrong, a data set is not in place, or the package of a tracker is not installed.
    """
    for method in dict.fromkeys((*settings.methods, *settings.overrides)):
        METHODS.check(method)
        if ":" in method and not hasattr(METHODS.get(method), "Settings"):
            raise SettingsError(
                f"{method}: expected a method as in harness.methods.base, got a class without Settings."
            )
    check_trackers(settings.track)
    if settings.corrupt is not None:
        check_corruption(settings.corrupt)
    if settings.contaminate is not None and settings.regime == MULTI_CLASS:
        raise SettingsError(
            f"--contaminate: expected regime one-class or few-shot-K, got {MULTI_CLASS}, whose one fit cannot hold "
            "the defects of one category and judge those of all."
        )
    split = split_identity(settings.split)
    categories = chosen_categories(settings)
    known = {*DATASETS.names(), *(dataset.info.name for dataset, _ in categories)}
    for name in settings.dataset_protocols:
        # A file may hold the protocols of more data sets than this run uses.
        if name not in known:
            raise UnknownNameError.of("data set in protocol.datasets:", name, known)
    return split, categories


def make_plan(settings: RunSettings, variants: Sequence[Variant] | None = None) -> Planned:
    """Resolve names, settings and weights, and subtract what is stored. Reads no image.

    Args:
        settings: Of the run.
        variants: Settings of methods, each run on every category with every seed; None for each method
            once, with its ``overrides``.

    Raises:
        BenchError: A name, a setting or a weights file is wrong.
    """
    split, categories = check_names(settings)

    # These load torch; a wrong name has been reported without it.
    from harness.methods.backbone_weights import weights_identity
    from harness.store import RecordStore

    if variants is None:
        variants = [(method, settings.overrides.get(method, {})) for method in settings.methods]
    resolved = [(method, method_settings(method, overrides, settings.backbone)) for method, overrides in variants]
    weights = weights_files(settings, [each for _, each in resolved])
    choices = [
        MethodChoice(
            method=method,
            version=METHODS.get(method).version,
            settings=as_json(each),
            weights_sha256=weights_identity(each, weights.get(getattr(each, "backbone", ""))),
            relative_cost=METHODS.get(method).relative_cost,
            after_training=getattr(METHODS.get(method), "after_training", frozenset()),
        )
        for method, each in resolved
    ]
    check_methods_regime(settings.regime, [method for method, _ in variants])
    # Last, because it reads every file that is new.
    sources = _sources(categories, settings)
    store = RecordStore(settings.results)
    # Parts before statuses: a record that comes between them is taken for a stored one.
    parts = store.parts()
    plan = build_plan(
        sources,
        choices,
        settings.seeds,
        settings.protocol,
        store.statuses(),
        settings.policy,
        split,
        settings.dataset_protocols,
        settings.limit,
        settings.corrupt,
        settings.contaminate,
        settings.regime,
    )
    return Planned(
        plan=plan,
        datasets={dataset.info.name: dataset_reference(dataset) for dataset, _ in categories},
        settings_of={(method, canonical_json(as_json(each))): each for method, each in resolved},
        weights=weights,
        split=split,
        stored={cell.id: parts[cell.id] for cell in plan.cells if cell.id in parts},
    )


def plan(settings: RunSettings | Mapping[str, Any] | None = None, **fields: Any) -> Planned:
    """What ``run`` would do with these settings; every cell is checked, and none is run.

    Args:
        settings: ``RunSettings`` or a mapping of its fields; None for the defaults.
        **fields: Fields of ``RunSettings``, over those of ``settings``; ``suite`` names a suite below them.

    Raises:
        BenchError: A setting or the data are wrong.

    >>> import harness
    >>> planned = harness.plan(
    ...     datasets=["demo"], methods=["constant"], seeds=[0, 1], protocol={"image_size_px": 32}, results="no-records"
    ... )
    >>> len(planned.plan.cells), len(planned.plan.skipped)
    (10, 0)
    """
    checked = run_settings(settings, **fields)
    planned = make_plan(checked)
    check_cells(planned, checked, may_download=False)
    return planned


def check_cells(planned: Planned, settings: RunSettings, *, may_download: bool = True) -> None:
    """Refuse a plan in which a cell is bound to fail: bad splits, settings that do not fit, no weights.

    Looks at image headers only, except that a split without twins, and a contaminated one, need every image read once.

    Args:
        planned: The plan.
        settings: Of the run.
        may_download: Whether weights that are not on this machine are downloaded; otherwise they are not checked.

    Raises:
        BenchError: One line naming the file, or every setting that does not fit.
    """
    from harness.cells.devices import check_device
    from harness.cells.opened_cell import category_size
    from harness.execution.sizing import check_workers, size_workers
    from harness.methods.backbone_weights import must_be_downloaded

    if not planned.plan.cells:
        return
    if settings.is_here:
        check_device(settings.device)
    check_workers(size_workers(settings, len(planned.plan.cells)), settings)

    splits = CellSplits(planned.datasets, settings)
    looked_at: set[tuple[str, str, int | None]] = set()
    drawn: set[tuple[str, str, int]] = set()
    sizes: dict[tuple[str, str, int | None, str], tuple[int, int] | None] = {}
    checked: set[tuple[str, str, tuple[int, int]]] = set()
    # One reason is enough for settings that do not fit, although other categories may have it too.
    misfits: dict[tuple[str, str], SettingsError] = {}
    for cell in planned.plan.cells:
        place, of_categories = splits.of(cell)
        if place not in looked_at:
            looked_at.add(place)
            for category, split in of_categories.items():
                check_split(split, f"{cell.dataset}/{category}")
        # Methods are given the same images; of one fit, one cell stands for all.
        if (draw := (cell.dataset, place[1], cell.seed)) not in drawn:
            drawn.add(draw)
            splits.chosen(cell)
        if (*place, cell.protocol.key()) not in sizes:
            try:
                size = category_size(pooled(of_categories), cell.protocol)
            except DataError:
                # A damaged image fails its own cells, and the others go on.
                size = None
            sizes[*place, cell.protocol.key()] = size
        size = sizes[*place, cell.protocol.key()]
        if size is None:
            continue
        chosen = (cell.method, cell.settings_json)
        if (*chosen, size) not in checked and chosen not in misfits:
            checked.add((*chosen, size))
            try:
                _check_method(cell, planned.settings_of[chosen], size)
                _check_processes(cell, planned.settings_of[chosen], size, settings)
            except SettingsError as error:
                misfits[chosen] = error
    if misfits:
        raise SettingsError(" ".join(map(str, misfits.values()))) from next(iter(misfits.values()))
    for method, settings_json in sorted({(cell.method, cell.settings_json) for cell in planned.plan.cells}):
        resolved = planned.settings_of[method, settings_json]
        weights = planned.weights.get(getattr(resolved, "backbone", ""))
        if may_download or not must_be_downloaded(resolved, weights):
            METHODS.get(method).check_weights(resolved, weights)


def check_methods_regime(regime: str, methods: Sequence[str]) -> None:
    """Refuse a regime that a method is not made for. A method that declares none is made for one class.

    Raises:
        SettingsError: One line naming the method and what would do.
    """
    for method in dict.fromkeys(methods):
        kind = METHODS.get(method)
        made_for = getattr(kind, "regimes", frozenset({ONE_CLASS}))
        shots, least = shots_of(regime), getattr(kind, "min_shots", 1)
        reason = ""
        if kind_of(regime) not in made_for:
            reason = f"is made for {', '.join(sorted(made_for))}"
        elif regime == MULTI_CLASS and not kind.can_be_kept:
            reason = "cannot be kept, so that the categories cannot share one fit"
        elif shots is not None and shots < least:
            reason = f"needs at least {least} images; ask for {FEW_SHOT}-{least} or more"
        if reason:
            raise SettingsError(
                f"--regime {regime}: {method} {reason}. Run it without this method, or in a regime of it."
            )


def weights_notes(planned: Planned) -> list[str]:
    """One line for each backbone whose weights a run of this plan will download."""
    from harness.methods.backbone_weights import must_be_downloaded

    missing = {
        resolved.backbone
        for resolved in planned.settings_of.values()
        if must_be_downloaded(resolved, planned.weights.get(getattr(resolved, "backbone", "")))
    }
    return [f"Weights of {name} are not on this machine; the run will download them." for name in sorted(missing)]


def dataset_reference(dataset: Dataset) -> str:
    """What ``find`` opens a data set by, in another process too: its name, a description, or ``module:Class``."""
    name = dataset.info.name
    if name in DATASETS.names():
        return name
    if isinstance(dataset, FolderDataset):
        return str(dataset.description)
    return f"{type(dataset).__module__}:{type(dataset).__qualname__}"


def method_settings(method: str, overrides: Mapping[str, Any], backbone: str | None) -> Any:
    """The resolved settings of a method.

    Args:
        method: Its name.
        overrides: Where they differ from the defaults.
        backbone: Of every method that has one; None for the one of its settings.

    Raises:
        BenchError: A setting is unknown or out of range, or there are two backbones.
    """
    settings_type = METHODS.get(method).Settings
    overrides = dict(overrides)
    has_backbone = any(field.name == "backbone" for field in fields(settings_type))
    if backbone is not None and has_backbone and overrides.setdefault("backbone", backbone) != backbone:
        raise SettingsError(
            f"Expected one backbone for {method!r}, got {backbone!r} for all methods and {overrides['backbone']!r} "
            "in its own settings."
        )
    return build_settings(method, settings_type, overrides)


def weights_files(settings: RunSettings, resolved: Sequence[Any]) -> dict[str, Path]:
    """Backbone to its local file, absolute, for the backbones that some settings use.

    Raises:
        SettingsError: A file is for a backbone that none of them uses.
    """
    from mfrnet import FILTER_BANK

    used = {each.backbone for each in resolved if hasattr(each, "backbone")} - {FILTER_BANK}
    if settings.weights and not used:
        path = next(iter(settings.weights.values()))
        raise SettingsError(
            f"--weights {path}: no method of this run has a backbone with weights, so leave the flag out."
        )
    weights: dict[str, Path] = {}
    for name, path in settings.weights.items():
        for backbone in [name] if name else sorted(used):
            if backbone not in used:
                raise SettingsError(
                    f"--weights {name}={path}: no method of this run uses backbone {name!r}; expected one of "
                    f"{', '.join(sorted(used))}."
                )
            weights[backbone] = path.expanduser().absolute()
    return weights


def _sources(categories: Sequence[tuple[Dataset, str]], settings: RunSettings) -> list[CategorySource]:
    """The categories as the plan sees them; those of a data set stand side by side."""
    sources: list[CategorySource] = []
    is_shared, root = settings.regime == MULTI_CLASS, settings.data
    for dataset, category in categories:
        if is_shared and sources and sources[-1].dataset == dataset.info.name:
            # Every category is fitted on every other, so that they differ in nothing else.
            sources.append(replace(sources[-1], category=category))
            continue
        fitted = dataset.categories(root) if is_shared else (category,)
        sources.append(
            CategorySource(
                dataset=dataset.info.name,
                category=category,
                data_fingerprint=fingerprint(dataset, root, category, settings.regime),
                num_files=sum(len(dataset.files(root, each)) for each in fitted),
            )
        )
    return sources


def _check_method(cell: Cell, resolved: Any, image_size_px: tuple[int, int]) -> None:
    try:
        METHODS.get(cell.method).check(resolved, image_size_px)
    except (ValueError, OSError) as error:
        raise SettingsError(f"{cell.method} on {cell.dataset}/{cell.category}: {error}") from error


def _check_processes(cell: Cell, resolved: Any, image_size_px: tuple[int, int], settings: RunSettings) -> None:
    from harness.execution.sizing import processes_of_cells

    batch = METHODS.get(cell.method).global_batch_size(resolved, image_size_px)
    if settings.data_parallel != "auto" and batch != 1:
        processes_of_cells([cell], {cell.id: batch}, settings.data_parallel, most=1)
