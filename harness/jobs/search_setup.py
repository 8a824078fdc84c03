"""Checks of a search before its first trial, and the run settings that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from harness.atomic_files import write_result
from harness.config import RunSettings, as_json, build_settings
from harness.datasets import Dataset, Split
from harness.datasets.splits import split_identity
from harness.environment import cache_limit_bytes
from harness.errors import SettingsError, UnknownNameError
from harness.jobs.chosen_methods import method_settings, weights_files
from harness.jobs.planning import dataset_reference
from harness.jobs.targets import chosen_categories
from harness.methods import METHODS
from harness.regimes import ONE_CLASS
from harness.search.search_folder import SPLIT_FILE, check_resumable
from harness.search.trials import TrialRecord, as_lists
from harness.spaces import SearchSpace

if TYPE_CHECKING:
    from harness.search.evaluation import Evaluation
    from harness.search.judged_images import JudgedCategory

ORACLE_RESULTS = "oracle-results"
"""Folder of the records of settings that test images chose: beside the others, where no table reads them."""


@dataclass(frozen=True, kw_only=True)
class PreparedSearch:
    """A search that is known to be runnable."""

    name: str
    folder: Path
    space: SearchSpace
    default: Mapping[str, Any]
    """Settings of the first point."""
    categories: tuple[tuple[Dataset, str], ...]
    evaluation: "Evaluation"
    settings: RunSettings
    """Settings of the runs that follow: methods, seeds, results, ..."""
    reported: Sequence[Split]
    """For each category what may be reported afterwards; empty where every seed of the split may be."""
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
                f"--set {space.method}.{name}: this setting is searched in {file}, [space.{name}]; set it or search it."
            )
    return settings.model_copy(update={"overrides": {space.method: {**space.fixed, **given}}})


def prepare(
    space: SearchSpace, file: Path, settings: RunSettings, *, name: str | None, seed: int, resume: bool
) -> PreparedSearch:
    """Resolve names, check the space against the method, and make the images that trials are judged on.

    Args:
        space: What varies.
        file: Where it was read from.
        settings: With ``fixed_settings`` applied.
        name: Name of the search; None joins the names of the file and the data sets.
        seed: Seed of the search.
        resume: Whether an earlier search may be continued.

    Raises:
        BenchError: A name, a setting or the data is wrong.
    """
    cache_limit_bytes()
    METHODS.check(space.method)
    if settings.regime != ONE_CLASS:
        raise SettingsError(f"regime: a search judges a model a category; expected {ONE_CLASS}, got {settings.regime}.")
    if settings.limit is not None:
        raise SettingsError(
            f"limit: a search judges on all images of a category; expected no limit, got {settings.limit}."
        )
    if settings.corrupt is not None or settings.contaminate is not None:
        raise SettingsError("A search has no --corrupt and no --contaminate; expected neither.")
    if settings.protocol.aspect not in ("keep", "square") or settings.dataset_protocols:
        raise SettingsError(
            "A search uses one protocol for all images, whole and without padding; expected aspect keep or square, and "
            "no protocol for a single data set."
        )
    categories = chosen_categories(settings)

    # From here on torch is needed; a wrong name has been reported without it.
    from harness.cells.devices import check_device
    from harness.execution.sizing import check_workers, size_workers
    from harness.methods.backbone_weights import weights_identity
    from harness.search.evaluation import Evaluation
    from harness.search.judged_images import judged_on

    if settings.is_here:
        check_device(settings.device)
    check_workers(size_workers(settings, space.budget.trials), settings)
    base = method_settings(space.method, settings.overrides.get(space.method, {}), settings.backbone)
    _check_names(space, file, base)
    default = _default(space, file, base)
    shared: dict[str, Any] = dict(settings.overrides.get(space.method, {}))
    if settings.backbone is not None and hasattr(base, "backbone"):
        shared["backbone"] = settings.backbone
    first = build_settings(space.method, type(base), {**shared, **as_lists(default)})
    weights = weights_files(settings, [first])
    of_backbone = weights.get(getattr(first, "backbone", ""))
    METHODS.get(space.method).check_weights(first, of_backbone)
    found_names = list(dict.fromkeys(dataset.info.name for dataset, _ in categories))
    chosen_name = name or "-".join([file.stem, *found_names])
    if not chosen_name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise SettingsError(f"--name: expected letters, digits, '-', '_' and '.', got {chosen_name!r}.")
    parent = Path("searches") if "://" in settings.results else Path(settings.results) / "searches"
    folder = parent.absolute() / chosen_name
    check_resumable(folder, resume=resume)
    selection = space.objective.selection
    judged = tuple(
        judged_on(selection, dataset, settings.data, category, settings.split, settings.protocol, seed, folder=folder)
        for dataset, category in categories
    )
    for category_judged in judged:
        _check_category(space, first, category_judged)
    # Where the seed draws the split, another seed would test on images that the search has seen.
    needs_manifest = selection == "validation" or any(each.reported.is_seeded for each in judged)
    return PreparedSearch(
        name=chosen_name,
        folder=folder,
        space=space,
        default=default,
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
        reported=[each.reported for each in judged] if needs_manifest else [],
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


def _chosen(categories: list[tuple[Dataset, str]], settings: RunSettings) -> dict[str, Any]:
    """Data sets and categories of the runs that follow; no categories where all of them are searched."""
    references = dict.fromkeys(dataset_reference(dataset) for dataset, _ in categories)
    all_of_them = settings.model_copy(update={"datasets": tuple(references), "categories": ()})
    names = tuple(f"{dataset.info.name}/{category}" for dataset, category in categories)
    is_whole = len(chosen_categories(all_of_them)) == len(categories)
    return {"datasets": tuple(references), "categories": () if is_whole else names}


def run_settings_of(prepared: PreparedSearch, point: Mapping[str, Any]) -> RunSettings:
    """Settings of an ordinary run with what a trial chose, on images that may be reported."""
    update: dict[str, Any] = {
        "overrides": {prepared.space.method: {**prepared.evaluation.base_settings, **as_lists(point)}},
        "backbone": None,
        # How many trials ran at once says nothing of cells.
        "workers": 0 if prepared.settings.workers == 0 else None,
    }
    if prepared.reported:
        update["split"] = str(prepared.folder / SPLIT_FILE)
    if prepared.space.objective.selection == "oracle":
        update["results"] = str(prepared.folder / ORACLE_RESULTS)
    return prepared.settings.model_copy(update=update)


def settings_file_of(prepared: PreparedSearch, record: TrialRecord, *, is_winner: bool) -> Path:
    """Write the settings of a trial as ``NAME.settings.toml``, with its number in the name unless it won.

    Raises:
        StoreError: The file cannot be written.
    """
    settings, is_oracle = run_settings_of(prepared, record.settings), record.selection == "oracle"
    values: dict[str, Any] = {"datasets": list(settings.datasets)}
    if settings.categories:
        values["categories"] = list(settings.categories)
    values["split"] = settings.split
    if is_oracle:
        values["results"] = settings.results
    values["protocol"] = settings.protocol.model_dump(exclude_none=True)
    if prepared.evaluation.weights:
        values["weights"] = {name: str(file) for name, file in prepared.evaluation.weights.items()}
    values["methods"] = settings.overrides
    how = f"selection {record.selection}, seed {prepared.evaluation.seed}"
    remarks = [f"Trial {record.number} of search {prepared.name}; {how}."]
    if is_oracle:
        remarks.append("The test images chose these settings, so scores on them are no result and are stored apart.")
    path = prepared.folder / f"{prepared.name}{'' if is_winner else f'.trial-{record.number}'}.settings.toml"
    head = "".join(f"# {remark}\n" for remark in remarks)
    write_result(path, (head + tomli_w.dumps(values)).encode())
    return path


def _check_names(space: SearchSpace, file: Path, base: Any) -> None:
    known = [field.name for field in fields(base)]
    for name in space.space:
        if name not in known:
            raise UnknownNameError.of(f"setting of method {space.method!r} in {file}, [space.{name}]:", name, known)
        if name == "backbone":
            raise SettingsError(
                f"{file}, [space.backbone]: each backbone needs its own weights; run one search for each backbone."
            )
    fidelity = space.budget.fidelity
    if fidelity is not None and not isinstance(getattr(base, fidelity.setting, None), int):
        raise SettingsError(
            f"{file}, [budget], fidelity.setting: expected a whole number among the settings of {space.method}, e.g. "
            f"steps, got {fidelity.setting!r}."
        )


def _default(space: SearchSpace, file: Path, base: Any) -> dict[str, Any]:
    own = as_json(base)
    try:
        point = space.point_of(space.default or {name: own[name] for name in space.space})
    except ValueError as error:
        where = "" if space.default else f" The space has no [default], so these are the defaults of {space.method}."
        raise SettingsError(f"{file}, {error}.{where}") from error
    return space.settings_of(point)


def _check_category(space: SearchSpace, first: Any, judged: "JudgedCategory") -> None:
    try:
        METHODS.get(space.method).check(first, judged.size_px)
    except (ValueError, OSError) as error:
        raise SettingsError(f"{space.method} on {judged.name}, at the first point: {error}") from error
    on_pixels = [name for goal in space.goals for name in goal.metrics if name.startswith(("pixel", "aupro"))]
    if on_pixels and not judged.has_masks:
        raise SettingsError(
            f"{judged.name}: {on_pixels[0]} needs a mask for each defect, and some have none; use --selection "
            "synthetic, or metrics that begin with image_."
        )
