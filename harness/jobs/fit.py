"""Fitting a detector on all good images of a category, to keep it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.bundles.threshold import HeldOutScore, ThresholdSettings, set_thresholds
from harness.config import RunSettings, as_json, run_settings
from harness.config.validation import one_line
from harness.datasets.fingerprint import fingerprint
from harness.environment import code_version, command_line, now, package_versions
from harness.errors import BundleError, SettingsError
from harness.jobs.chosen_methods import method_settings, weights_files
from harness.jobs.good_images import FitTask, check_division, fit_tasks, held_out_of
from harness.methods import METHODS
from harness.methods.feature_method import FeatureMethod

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


def fit(
    settings: RunSettings | Mapping[str, Any] | None = None,
    *,
    out: str | Path,
    with_backbone: bool = True,
    skip_unreadable: bool = False,
    false_alarms: float = 0.05,
    rule: str | None = None,
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
        rule: See ``ThresholdSettings``; None for the data set's own, ``order`` where it has none.
        share: Share of the good images that is held out for the thresholds; not used with ``folds``, nor where the data
            set has validation images, which are then held out.
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
            {"false_alarms": false_alarms, "share": share, "folds": folds} | ({} if rule is None else {"rule": rule})
        )
    except ValidationError as error:
        raise SettingsError(one_line(error)) from error
    tell = on_event or (lambda event: None)
    method, resolved, weights = method_of(checked)
    if not with_backbone and not issubclass(METHODS.get(method), FeatureMethod):
        raise SettingsError(
            f"--without-backbone: {method} has its networks in one piece, so the bundle must hold them; expected a "
            "method with a frozen backbone of its own, such as mfrnet or gaussian."
        )
    tasks = fit_tasks(
        checked, Path(out).expanduser(), lambda reason: tell(Left(reason=reason)), skip_unreadable=skip_unreadable
    )
    limits_of = {
        task.label: limits if rule is not None else limits.model_copy(update={"rule": task.threshold_rule})
        for task in tasks
    }
    for task in tasks:
        check_division(task, limits_of[task.label], checked.seeds[0])
        try:
            METHODS.get(method).check(resolved, task.size_px)
        except (ValueError, OSError) as error:
            raise SettingsError(f"{method} on {task.label}: {error}") from error
    METHODS.get(method).check_weights(resolved, weights)
    return [
        _fit_task(task, method, resolved, weights, checked, limits_of[task.label], tell, with_backbone=with_backbone)
        for task in tasks
    ]


def method_of(settings: RunSettings) -> tuple[str, Any, Path | None]:
    """The one method that is to be kept: its name, its settings, and local weights of its backbone.

    Raises:
        BenchError: There are several, or it cannot be kept, or a setting or the weights are wrong.
    """
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


def _fit_task(
    task: FitTask,
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
    from harness.cells.held_out_scores import folded_scores, held_out_scores, whole
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
        chosen, _ = held_out_of(task, limits, seed)
        fitted = whole(images, sorted(set(range(len(task.samples))) - set(chosen)))
        method.fit(fitted, report(0))
        rest = whole(images, chosen)
        scores = list(held_out_scores(method, rest, [task.groups[place] for place in chosen], task.protocol))
    commit, _ = code_version()
    facts = {
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
    }
    try:
        description = write_bundle(task.folder, method.state(), facts, with_backbone=with_backbone)
    except OSError as error:
        raise BundleError(f"{task.folder}: cannot be written ({error.strerror or error}).") from error
    tell(Kept(folder=task.folder, description=description))
    return task.folder
