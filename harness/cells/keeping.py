"""Setting a threshold for the method of a cell, and keeping the fitted method as a bundle."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.bundles import HeldOutScore, Thresholds, ThresholdSettings, set_thresholds, write_bundle
from harness.bundles.description import BundleOrigin
from harness.bundles.threshold import check_enough, num_needed
from harness.cells.cell_context import CellContext
from harness.cells.held_out_scores import folded_scores, held_out_scores
from harness.cells.opened_cell import OpenedCell, new_method
from harness.cells.outcome import CellProgress, reports_fit
from harness.datasets import Sample
from harness.datasets.twins import groups_of_images
from harness.errors import DataError
from harness.images import image_size
from harness.methods import METHODS
from harness.plan import Cell
from harness.records import Provenance


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """Scores of good images that were held out, and the thresholds that follow from them."""

    held_out: tuple[HeldOutScore, ...]
    thresholds: Thresholds
    source: str
    """For records: which images, by which rule."""


def calibrate(
    opened: OpenedCell, cell: Cell, context: CellContext, report: Callable[[CellProgress], None]
) -> Calibrated | None:
    """Set thresholds from good images alone, each scored by a detector that was not fitted on it.

    These are the validation images of the data set, scored by the cell's own detector. Where there are none, they are
    the training images, each scored by a further detector.

    Args:
        opened: The cell, its method fitted.
        cell: What runs.
        context: Says how many further detectors are fitted, the rule, and the rate of false alarms.
        report: Receives the progress of each further fit.

    Returns:
        None without validation images and without folds.
    """
    if opened.validation is not None:
        groups = _groups(opened.split.validation, opened.split.validation)
        scores = list(held_out_scores(opened.method, opened.validation, groups, cell.protocol))
        source = "validation"
    elif context.calibration_folds:
        scores = folded_scores(
            lambda: new_method(cell, context, opened.features, opened.trainings, opened.device),
            opened.train,
            _training_groups(opened),
            cell.protocol,
            folds=context.calibration_folds,
            seed=cell.seed,
            report=lambda number: reports_fit(report),
        )
        source = f"{context.calibration_folds} folds"
    else:
        return None
    limits = _limits(opened, context)
    rule = f"order {limits.false_alarms:g}" if limits.rule == "order" else limits.rule
    return Calibrated(held_out=tuple(scores), thresholds=set_thresholds(scores, limits), source=f"{source}, {rule}")


def check_calibration(opened: OpenedCell, context: CellContext) -> str | None:
    """Look for what ``calibrate`` could not do, before anything is fitted.

    Returns:
        Why the validation images set no threshold, in one line; the cell goes on without one. None if they do.

    Raises:
        DataError: Folds were asked for, and there are too few training images for the rate, or for so many folds.
    """
    limits = _limits(opened, context)
    if validation := opened.split.validation:
        num_groups, needed = len(set(_groups(validation, validation))), num_needed(limits)
        if num_groups >= needed:
            return None
        of_rate = f" for {100 * limits.false_alarms:g} % false alarms" if limits.rule == "order" else ""
        return (
            f"no threshold: rule {limits.rule}{of_rate} needs {needed} validation images that are no near duplicates, "
            f"got {num_groups}"
        )
    if context.calibration_folds:
        num_groups = len(set(_training_groups(opened)))
        check_enough(num_groups, limits)
        if context.calibration_folds > num_groups:
            raise DataError(
                f"--calibration-folds: expected at most {num_groups}, one for each training image that is no near "
                f"duplicate of another, got {context.calibration_folds}."
            )
    return None


def _training_groups(opened: OpenedCell) -> list[str]:
    return _groups(opened.split.train, opened.samples)


def _groups(samples: Sequence[Sample], among: Sequence[Sample]) -> list[str]:
    groups = groups_of_images(among)
    return [groups[sample.id] for sample in samples]


def _limits(opened: OpenedCell, context: CellContext) -> ThresholdSettings:
    return ThresholdSettings(
        false_alarms=context.false_alarms,
        folds=context.calibration_folds,
        rule=context.threshold_rule or opened.split.threshold_rule,
    )


def model_folder(models_dir: Path, cell: Cell) -> Path:
    """Where the bundle of a cell is."""
    return models_dir / cell.dataset / cell.category / f"{cell.method}-seed{cell.seed}-{cell.id}"


def keep(models_dir: Path, cell: Cell, opened: OpenedCell, made: Provenance, calibrated: Calibrated | None) -> None:
    """Write the fitted method of a cell as a bundle, in the place of an earlier one of the same cell.

    Args:
        models_dir: Holds all bundles.
        cell: What ran.
        opened: With the fitted method.
        made: Where and with what.
        calibrated: None without thresholds.
    """
    folder = model_folder(models_dir, cell)
    shutil.rmtree(folder, ignore_errors=True)
    write_bundle(folder, opened.method.state(), bundle_facts(cell, opened, made, calibrated))


def bundle_facts(
    cell: Cell,
    opened: OpenedCell,
    made: Provenance,
    calibrated: Calibrated | None = None,
    fit_seconds: float | None = None,
) -> dict[str, Any]:
    """What a bundle says of the method of a cell; arguments as for ``keep``, and how long fitting took."""
    sizes = [image_size(sample.image) for sample in opened.split.train]
    aspects = [width / height for height, width in sizes]
    return {
        "method": cell.method,
        "method_version": METHODS.get(cell.method).version,
        "settings": json.loads(cell.settings_json),
        "seed": cell.seed,
        "protocol": cell.protocol,
        "size_px": opened.train.size_px,
        "aspect_range": (min(aspects), max(aspects)),
        "weights": cell.weights_sha256,
        "held_out": () if calibrated is None else calibrated.held_out,
        "thresholds": None if calibrated is None else calibrated.thresholds,
        "origin": BundleOrigin(
            dataset=cell.dataset,
            category=cell.category,
            data_fingerprint=cell.data_fingerprint,
            num_images=len(opened.split.train),
            command=made.command,
            code_commit=made.code_commit,
            versions=json.loads(made.versions),
            device=made.device,
            made_at=made.finished_at,
            regime=cell.regime,
            fit_seconds=fit_seconds,
        ),
    }
