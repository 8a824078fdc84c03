"""Fitting a detector on all good images of a category, to keep it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.bundles.threshold import HeldOutScore, ThresholdSettings, check_enough, set_thresholds
from harness.config import RunSettings, as_json, run_settings
from harness.config.protocol import Protocol
from harness.config.validation import one_line
from harness.datasets import Dataset, Sample
from harness.datasets.fingerprint import fingerprint
from harness.datasets.twins import groups_of_images, samples_of
from harness.environment import code_version, command_line, now, package_versions
from harness.errors import BundleError, DataError, SettingsError
from harness.images import ImageSet, image_size, read_rgb
from harness.jobs.planning import check_names, method_settings, weights_files
from harness.methods import METHODS

if TYPE_CHECKING:
    from harness.bundles import BundleDescription
    from harness.methods.base import Method


@dataclass(frozen=True, kw_only=True)
class FitProgress:
    """How far a fit is."""

    label: str
    """``DATASET/CATEGORY``."""
    fit: int
    """Number of the fit, from 1: those of the folds come first."""
    num_fits: int
    done: int
    total: int
    loss: float | None


@dataclass(frozen=True, kw_only=True)
class Left:
    """A good image that is left out because it cannot be read."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A bundle was written."""

    folder: Path
    description: "BundleDescription"


Listener = Callable[[FitProgress | Left | Kept], None]


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One detector to fit."""

    dataset: Dataset
    category: str
    samples: tuple[Sample, ...]
    groups: tuple[str, ...]
    size_px: tuple[int, int]
    aspect_range: tuple[float, float]
    protocol: Protocol
    folder: Path

    @property
    def label(self) -> str:
        return f"{self.dataset.info.name}/{self.category}"


def fit(
    settings: RunSettings | Mapping[str, Any] | None = None,
    *,
    out: str | Path,
    with_backbone: bool = True,
    skip_unreadable: bool = False,
    false_alarms: float = 0.05,
    rule: str = "order",
    share: float = 0.25,
    folds: int = 0,
    on_event: Listener | None = None,
    **fields: Any,
) -> list[Path]:
    """Fit one detector a category on all good images there are, set its thresholds, and keep it as a bundle.

    Args:
        settings: ``RunSettings`` or a mapping of its fields: one method, one seed, data sets and categories, backbone,
            weights, protocol, data, device. No defect image is needed.
        out: The bundle; with several categories the folder of their bundles.
        with_backbone: Whether the bundle holds the backbone.
        skip_unreadable: Leave out images that cannot be read instead of refusing.
        false_alarms: Share of good parts that may raise an alarm, in (0, 1).
        rule: See ``ThresholdSettings``.
        share: Share of the good images that is held out for the thresholds; not used with ``folds``.
        folds: Detectors to fit for the thresholds alone, so that the one that is kept learns from all images.
        on_event: Called with the progress.
        **fields: Fields of ``RunSettings``, over those of ``settings``.

    Returns:
        The bundles.

    Raises:
        BenchError: A setting or the data are wrong, or too few images for the false-alarm rate; nothing was fitted.

    >>> import tempfile, harness
    >>> folder = tempfile.mkdtemp()
    >>> bundles = harness.fit(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     out=Path(folder) / "board", false_alarms=0.2,
    ... )
    >>> [path.name for path in bundles]
    ['board']
    """
    checked = run_settings(settings, **fields)
    try:
        limits = ThresholdSettings.model_validate(
            {"false_alarms": false_alarms, "rule": rule, "share": share, "folds": folds}
        )
    except ValidationError as error:
        raise SettingsError(one_line(error)) from error
    tell = on_event or (lambda event: None)
    method, resolved, weights = _method_of(checked)
    tasks = _tasks(checked, Path(out).expanduser(), tell, skip_unreadable=skip_unreadable)
    for task in tasks:
        _check_division(task, limits, checked.seeds[0])
        try:
            METHODS.get(method).check(resolved, task.size_px)
        except (ValueError, OSError) as error:
            raise SettingsError(f"{method} on {task.label}: {error}") from error
    METHODS.get(method).check_weights(resolved, weights)
    return [
        _fit_task(task, method, resolved, weights, checked, limits, tell, with_backbone=with_backbone) for task in tasks
    ]


def _method_of(settings: RunSettings) -> tuple[str, Any, Path | None]:
    if len(settings.methods) != 1 or len(settings.seeds) != 1:
        raise SettingsError(
            f"Expected one method and one seed for a detector, got {', '.join(settings.methods)} and "
            f"{', '.join(map(str, settings.seeds))}."
        )
    (method,) = settings.methods
    METHODS.check(method)
    if method not in METHODS.names() or not METHODS.get(method).can_be_kept:
        keepable = ", ".join(name for name, kind in METHODS.loadable() if kind.can_be_kept)
        raise SettingsError(
            f"{method} cannot be kept: it is not registered, or more than its tensors. Expected one of {keepable}."
        )
    resolved = method_settings(method, settings.overrides.get(method, {}), settings.backbone)
    weights = weights_files(settings, [resolved])
    return method, resolved, weights.get(getattr(resolved, "backbone", ""))


def _tasks(settings: RunSettings, out: Path, tell: Listener, *, skip_unreadable: bool) -> list[_Task]:
    _, categories = check_names(settings)
    from harness.cells.held_out_scores import MIN_FITTED

    tasks = []
    for dataset, category in categories:
        folder = out if len(categories) == 1 else out / f"{dataset.info.name}-{category}"
        if folder.exists():
            raise BundleError(f"{folder}: exists already; expected a new folder for the bundle. Give another --out.")
        everything = samples_of(dataset, settings.data, category)
        good = _readable([sample for sample in everything if not sample.is_defect], tell, skip_unreadable)
        if len(good) < MIN_FITTED:
            raise DataError(
                f"{dataset.info.name}/{category}: expected at least {MIN_FITTED} good images, got {len(good)}."
            )
        groups = groups_of_images(good)
        aspects = sorted(width / height for height, width in (image_size(sample.image) for sample in good))
        protocol = settings.protocol_of(dataset.info.name)
        tasks.append(
            _Task(
                dataset=dataset,
                category=category,
                samples=tuple(good),
                groups=tuple(groups[sample.id] for sample in good),
                size_px=protocol.size_for(median(1 / aspect for aspect in aspects)),
                aspect_range=(aspects[0], aspects[-1]),
                protocol=protocol,
                folder=folder,
            )
        )
    return tasks


def _readable(samples: Sequence[Sample], tell: Listener, skip_unreadable: bool) -> list[Sample]:
    good = []
    for sample in samples:
        try:
            read_rgb(sample.image)
        except DataError as error:
            if not skip_unreadable:
                raise DataError(f"{error} To fit without such images: --skip-unreadable.") from error
            tell(Left(reason=str(error)))
        else:
            good.append(sample)
    return good


def _held_out(task: _Task, limits: ThresholdSettings, seed: int) -> tuple[list[int], set[str]]:
    from harness.cells.held_out_scores import hold_out

    chosen = hold_out(task.groups, limits.share, seed)
    return chosen, {task.groups[place] for place in chosen}


def _check_division(task: _Task, limits: ThresholdSettings, seed: int) -> None:
    from harness.cells.held_out_scores import MIN_FITTED, divide

    num_groups = len(set(task.groups))
    if limits.folds > num_groups:
        raise SettingsError(
            f"--calibration-folds: expected at most {num_groups}, one for each good image of {task.label} that is no "
            f"near duplicate of another, got {limits.folds}."
        )
    if limits.folds:
        check_enough(num_groups, limits)
        num_held_out = max(len(part) for part in divide(task.groups, limits.folds, seed))
    else:
        chosen, groups = _held_out(task, limits, seed)
        check_enough(len(groups), limits)
        num_held_out = len(chosen)
    if (num_fitted := len(task.samples) - num_held_out) < MIN_FITTED:
        raise DataError(
            f"{task.label}: expected at least {MIN_FITTED} good images beside the {num_held_out} that are held out, "
            f"got {num_fitted}."
        )


def _fit_task(
    task: _Task,
    method_name: str,
    resolved: Any,
    weights: Path | None,
    settings: RunSettings,
    limits: ThresholdSettings,
    tell: Listener,
    *,
    with_backbone: bool,
) -> Path:
    from harness.bundles import write_bundle
    from harness.bundles.description import BundleOrigin
    from harness.cells.devices import device_name, resolve_device
    from harness.cells.held_out_scores import folded_scores, held_out_scores
    from harness.framing import frame
    from harness.methods.backbone_weights import weights_identity
    from harness.methods.base import FitReport, MethodContext
    from harness.methods.feature_cache import FeatureCache

    (seed,) = settings.seeds
    device = resolve_device(settings.device)
    data = fingerprint(task.dataset, settings.data, task.category)
    key = f"fit|{data}|{'|'.join(sample.id for sample in task.samples)}"
    images = frame(
        [sample.id for sample in task.samples],
        [sample.image for sample in task.samples],
        key,
        task.size_px,
        task.protocol,
    )
    of_images = images.images()
    num_fits = limits.folds + 1
    cache = FeatureCache()

    def make() -> "Method":
        return METHODS.get(method_name)(
            resolved, MethodContext(seed=seed, device=device, weights=weights, features=cache)
        )

    def report(number: int) -> FitReport:
        return lambda done, total, loss: tell(
            FitProgress(label=task.label, fit=number + 1, num_fits=num_fits, done=done, total=total, loss=loss)
        )

    method = make()
    scores: list[HeldOutScore]
    if limits.folds:
        scores = folded_scores(make, images, task.groups, task.protocol, folds=limits.folds, seed=seed, report=report)
        fitted = images
        method.fit(fitted, report(limits.folds))
    else:
        chosen, _ = _held_out(task, limits, seed)
        fitted = _images(images, of_images, sorted(set(range(len(of_images))) - set(chosen)))
        method.fit(fitted, report(0))
        rest = _images(images, of_images, chosen)
        scores = list(held_out_scores(method, rest, [task.groups[place] for place in chosen], task.protocol))
    commit, _ = code_version()
    description = write_bundle(
        task.folder,
        method.state(),
        {
            "method": method_name,
            "method_version": METHODS.get(method_name).version,
            "settings": as_json(resolved),
            "seed": seed,
            "protocol": task.protocol,
            "size_px": task.size_px,
            "aspect_range": task.aspect_range,
            "weights": weights_identity(resolved, weights),
            "held_out": tuple(scores),
            "thresholds": set_thresholds(scores, limits),
            "origin": BundleOrigin(
                dataset=task.dataset.info.name,
                category=task.category,
                data_fingerprint=data,
                num_images=len(fitted.images()),
                command=command_line(),
                code_commit=commit,
                versions=package_versions(),
                device=device_name(device),
                made_at=now(),
            ),
        },
        with_backbone=with_backbone,
    )
    tell(Kept(folder=task.folder, description=description))
    return task.folder


def _images(images: ImageSet, of_images: Sequence[range], chosen: Sequence[int]) -> ImageSet:
    return images.select(row for image in chosen for row in of_images[image])
