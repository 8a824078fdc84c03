"""From settings to a plan that is known to be runnable, before any cell starts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.config import RunSettings, as_json, run_settings
from harness.datasets import DATASETS, Dataset
from harness.datasets.fingerprint import fingerprint
from harness.datasets.folder.folder_dataset import FolderDataset
from harness.datasets.splits import split_identity
from harness.environment import cache_limit_bytes
from harness.errors import SettingsError, UnknownNameError
from harness.images import check_corruption
from harness.jobs.cell_checks import check_cells
from harness.jobs.chosen_methods import check_methods_regime, method_settings, weights_files
from harness.jobs.planned import Planned, Variant
from harness.jobs.targets import chosen_categories
from harness.methods import METHODS
from harness.plan import CategorySource, MethodChoice, build_plan, canonical_json
from harness.regimes import MULTI_CLASS
from harness.trackers.tracker_set import check_trackers


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
        BenchError: A name, a setting, the limit of the cache or a weights file is wrong.
    """
    cache_limit_bytes()
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
            after_training=frozenset(getattr(METHODS.get(method), "after_training", ())),
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


def dataset_reference(dataset: Dataset) -> str:
    """What ``find`` opens a data set by, in another process too: its name, a description, or ``module:Class``."""
    name = dataset.info.name
    if name in DATASETS.names():
        return name
    if isinstance(dataset, FolderDataset):
        return str(dataset.description)
    return f"{type(dataset).__module__}:{type(dataset).__qualname__}"


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
