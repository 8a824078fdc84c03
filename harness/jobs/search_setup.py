"""From flags and a space file to a search that is known to be runnable, before the first trial starts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import RunSettings, as_json, build_settings
from harness.datasets import Dataset, Split
from harness.datasets.splits import make_split, split_identity
from harness.errors import SettingsError, UnknownNameError
from harness.jobs.planning import dataset_reference, method_settings, weights_files
from harness.jobs.targets import chosen_categories
from harness.methods import METHODS
from harness.spaces import SearchSpace

if TYPE_CHECKING:
    from harness.search.evaluation import Evaluation
    from harness.search.judged_images import JudgedCategory


@dataclass(frozen=True, kw_only=True)
class PreparedSearch:
    """Everything that is settled before the first trial."""

    name: str
    folder: Path
    space: SearchSpace
    default: Mapping[str, Any]
    """Settings of the first point."""
    base_settings: Mapping[str, Any]
    """Settings that all trials share, beside the method's defaults."""
    categories: tuple[tuple[Dataset, str], ...]
    evaluation: "Evaluation"
    settings: RunSettings
    """Of the runs that follow: methods, seeds, results, ..."""
    seed: int
    reported: Mapping[str, Split]
    """``dataset/category`` to what may be reported afterwards; empty where that is the split of ``settings``."""
    asked: Mapping[str, Any]
    """What a search that goes on must have in common with this one."""

    @property
    def dataset_names(self) -> list[str]:
        """Data sets, each once."""
        return list(dict.fromkeys(dataset.info.name for dataset, _ in self.categories))


def fixed_settings(space: SearchSpace, file: Path, settings: RunSettings) -> RunSettings:
    """The settings of the space's ``[fixed]`` below those of ``--set``.

    Raises:
        SettingsError: ``--set`` names what is searched.
    """
    given = settings.overrides.get(space.method, {})
    for name in given:
        if name in space.space:
            raise SettingsError(
                f"--set {space.method}.{name}: is searched in {file}, [space.{name}]; right would be one of the two."
            )
    return settings.model_copy(update={"overrides": {space.method: {**space.fixed, **given}}})


def prepare(
    space: SearchSpace, file: Path, settings: RunSettings, *, name: str | None, folder: Path | None, seed: int
) -> PreparedSearch:
    """Resolve names, check the space against the method, and make what trials are judged on.

    Args:
        space: What varies.
        file: Where it was read from.
        settings: With ``fixed_settings`` in them.
        name: Of the search; None for file and data sets.
        folder: Below which searches are kept; None for the results.
        seed: Of the search.

    Raises:
        BenchError: Something does not fit; one line.
    """
    METHODS.check(space.method)
    if settings.protocol.aspect not in ("keep", "square") or settings.dataset_protocols:
        raise SettingsError(
            "A search sees all images under one protocol, whole and without padding; right would be aspect keep or "
            "square, and nothing for a data set of its own."
        )
    categories = chosen_categories(settings)

    # From here on torch is needed; a wrong name has been answered without it.
    from harness.execution.execute import begin_workers
    from harness.execution.sizing import check_workers, size_workers

    begin_workers(settings, "harness.search.forked")
    from harness.cells.run_cell import check_device
    from harness.methods.backbone_weights import weights_identity
    from harness.search.evaluation import Evaluation
    from harness.search.judged_images import judged_on, reported_split

    if settings.is_here:
        check_device(settings.device)
    check_workers(size_workers(settings, space.budget.trials), settings)
    base = method_settings(space.method, settings.overrides.get(space.method, {}), settings.backbone)
    _check_names(space, file, base)
    default = _default(space, file, base)
    shared: dict[str, Any] = dict(settings.overrides.get(space.method, {}))
    if settings.backbone is not None and hasattr(base, "backbone"):
        shared["backbone"] = settings.backbone
    first = build_settings(space.method, type(base), {**shared, **as_json_values(default)})
    weights = weights_files(settings, [first])
    of_backbone = weights.get(getattr(first, "backbone", ""))
    METHODS.get(space.method).check_weights(first, of_backbone)
    judged = tuple(
        judged_on(space.objective.selection, dataset, settings.data, category, settings.split, settings.protocol, seed)
        for dataset, category in categories
    )
    for category_judged in judged:
        _check_category(space, first, category_judged)
    selection = space.objective.selection
    reported = {
        f"{dataset.info.name}/{category}": reported_split(
            selection, dataset, settings.data, category, settings.split, seed
        )
        for dataset, category in categories
    }
    found_names = list(dict.fromkeys(dataset.info.name for dataset, _ in categories))
    chosen_name = name or "-".join([file.stem, *found_names])
    if not chosen_name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise SettingsError(f"--name {chosen_name!r}: right would be letters, digits, '-', '_' and '.'.")
    base_folder = folder or (Path("searches") if "://" in settings.results else Path(settings.results) / "searches")
    return PreparedSearch(
        name=chosen_name,
        folder=base_folder.absolute() / chosen_name,
        space=space,
        default=default,
        base_settings=shared,
        categories=tuple(categories),
        evaluation=Evaluation(
            method=space.method,
            base_settings=shared,
            goals=space.goals,
            fidelity=space.budget.fidelity,
            categories=judged,
            protocol=settings.protocol,
            seed=seed,
            weights=weights,
            device=settings.device,
        ),
        settings=settings.model_copy(update=_chosen(categories, settings)),
        seed=seed,
        reported=_all_or_none(reported, categories, settings, seed),
        asked={
            "space": space.model_dump(mode="json", exclude={"budget": {"trials", "seconds"}}),
            "images": {each.name: each.key for each in judged},
            "settings": shared,
            "method_version": METHODS.get(space.method).version,
            "weights": weights_identity(first, of_backbone),
            "protocol": settings.protocol.key(),
            "split": split_identity(settings.split),
            "seed": seed,
        },
    )


def _all_or_none(
    reported: Mapping[str, Split | None], categories: list[tuple[Dataset, str]], settings: RunSettings, seed: int
) -> dict[str, Split]:
    """One manifest covers every category of a run, so one that needs none is written out beside those that do."""
    if not any(reported.values()):
        return {}
    own = {
        f"{dataset.info.name}/{category}": make_split(dataset, settings.data, category, seed, settings.split)
        for dataset, category in categories
    }
    return {name: split or own[name] for name, split in reported.items()}


def as_json_values(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with lists for tuples, as files and records have them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}


def _chosen(categories: list[tuple[Dataset, str]], settings: RunSettings) -> dict[str, Any]:
    """Data sets and categories of the runs that follow; no categories where all of them are searched."""
    references = dict.fromkeys(dataset_reference(dataset) for dataset, _ in categories)
    all_of_them = settings.model_copy(update={"datasets": tuple(references), "categories": ()})
    names = tuple(f"{dataset.info.name}/{category}" for dataset, category in categories)
    is_whole = len(chosen_categories(all_of_them)) == len(categories)
    return {"datasets": tuple(references), "categories": () if is_whole else names}


def _check_names(space: SearchSpace, file: Path, base: Any) -> None:
    known = [field.name for field in fields(base)]
    for name in space.space:
        if name not in known:
            raise UnknownNameError.of(f"setting of method {space.method!r} in {file}, [space.{name}]:", name, known)
        if name == "backbone":
            raise SettingsError(
                f"{file}, [space.backbone]: each backbone needs weights of its own; right would be a search each."
            )
    fidelity = space.budget.fidelity
    if fidelity is not None and not isinstance(getattr(base, fidelity.setting, None), int):
        raise SettingsError(
            f"{file}, [budget], fidelity.setting = {fidelity.setting!r}: right would be a whole number among the "
            f"settings of {space.method}, e.g. steps."
        )


def _default(space: SearchSpace, file: Path, base: Any) -> dict[str, Any]:
    own = as_json(base)
    try:
        point = space.point_of(space.default or {name: own[name] for name in space.space})
    except ValueError as error:
        where = "" if space.default else f" is empty, and of the defaults of {space.method}"
        raise SettingsError(f"{file}, [default]{where}: {error}.") from error
    return space.settings_of(point)


def _check_category(space: SearchSpace, first: Any, judged: "JudgedCategory") -> None:
    try:
        METHODS.get(space.method).check(first, judged.size_px)
    except (ValueError, OSError) as error:
        raise SettingsError(f"{space.method} on {judged.name}, at the first point: {error}") from error
    on_pixels = [name for goal in space.goals for name in goal.metrics if name.startswith(("pixel", "aupro"))]
    if on_pixels and not judged.has_masks:
        raise SettingsError(
            f"{judged.name} has defects without masks, which {on_pixels[0]} needs; right would be "
            "--selection synthetic, or metrics that begin with image_."
        )
