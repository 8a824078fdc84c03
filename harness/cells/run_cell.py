"""One cell from start to end: open, fit, maps, metrics, record. Knows no Ray.

Shapes: B images of the test set.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from harness.cells.cell_context import CellContext
from harness.cells.cell_panels import save_panels
from harness.cells.keeping import calibrate, check_calibration, keep
from harness.cells.masked_maps import regions_of_kinds, with_masks
from harness.cells.opened_cell import open_cell
from harness.cells.outcome import CellProgress
from harness.cells.record_making import provenance
from harness.cells.scoring import hash_of_maps, maps_for, score_all
from harness.cells.shared_fit import fit_cell
from harness.config.protocol import Protocol
from harness.datasets import Split
from harness.datasets.twins import groups_of_images
from harness.datasets.unreadable import Unreadable
from harness.datasets.vanished_masks import vanished_masks
from harness.environment import now
from harness.images import ImageSet
from harness.metrics import measure
from harness.phase_clock import FEATURES, FIT, METRICS, SCORE, STORE, phase
from harness.phrasing import counted
from harness.plan import Cell, canonical_json
from harness.records import CellRecord, ImageScore

ProgressReport = Callable[[CellProgress], None]

_MAX_UNREADABLE_TOLD = 10
_NO_DEFECT_PIXEL = (
    "no mask has a defect pixel at the scoring resolution, so pixel metrics are not defined. A larger --image-size, "
    "--protocol resolution=own or a lower --protocol mask_threshold can help."
)


def run_cell(cell: Cell, context: CellContext, report: ProgressReport) -> CellRecord:
    """Fit a method on one category and measure its maps of the test images.

    In a group of processes every one calls this and gets an equal record, because methods exchange what they
    computed. Exactly one of them should have a ``panels_dir`` and store the record.

    Args:
        cell: What to run.
        context: Where data and weights are.
        report: Called with the progress.

    Raises:
        FileNotFoundError: This machine lacks the data root or the manifest of the split.
        BenchError: The data changed since the plan, or a file is at fault; the text names it.
        Exception: Whatever a method raises.
    """
    started_at = now()
    opened = open_cell(cell, context, report)
    split, test, method, features = opened.split, opened.test, opened.method, opened.features
    for line in _told_unreadable(opened.unreadable):
        report(CellProgress(stage="read", done=0, total=1, warning=line))

    if (lacking := check_calibration(opened, context)) is not None:
        report(CellProgress(stage="read", done=0, total=1, warning=lacking))
    with phase(FIT):
        fit_seconds = fit_cell(opened, cell, context, report)

    with maps_for(test) as maps:
        with phase(SCORE) as scoring:
            scores_B = score_all(method, test, cell.protocol, maps, report)
        with phase(METRICS):
            warning = _vanished(split, test, cell.protocol)
        report(CellProgress(stage="metrics", done=0, total=1, warning=warning))
        labels_B = np.array([sample.is_defect for sample in split.test])
        has_masks = all(sample.mask is not None for sample in split.test if sample.is_defect)
        feature_seconds = features.seconds
        with phase(FIT):
            calibrated = calibrate(opened, cell, context, report) if lacking is None else None
        thresholds = None if calibrated is None else calibrated.thresholds
        with phase(METRICS):
            measured = measure(
                scores_B,
                labels_B,
                partial(with_masks, maps, split.test, cell.protocol) if has_masks else None,
                regions_of_kinds(maps, split, cell.protocol) if split.saturations else None,
                None if thresholds is None else thresholds.score,
                _parts(split),
                None if thresholds is None else thresholds.pixel,
            )
            maps_sha256 = hash_of_maps(maps)
        if has_masks and measured.overlap_curve is None:
            report(CellProgress(stage="metrics", done=1, total=1, warning=_NO_DEFECT_PIXEL))
        if context.panels_dir is not None and context.num_panels > 0:
            folder = context.panels_dir / cell.dataset / cell.category / f"{cell.method}-seed{cell.seed}-{cell.id}"
            try:
                save_panels(folder, cell, split.test, maps, scores_B, context.num_panels)
            except Exception:
                # A picture is no reason to lose what was fitted and measured.
                logging.getLogger(__name__).exception("No panels of %s", cell.label)

    opened.check_unchanged()
    made = provenance(context, opened.device, started_at)
    if context.models_dir is not None:
        with phase(STORE):
            keep(context.models_dir, cell, opened, made, calibrated)
    groups = groups_of_images(opened.samples)
    return CellRecord(
        identity=cell.identity(),
        provenance=made,
        metrics=measured.metrics,
        overlap_curve=measured.overlap_curve,
        num_train=len(split.train),
        num_test_normal=int((~labels_B).sum()),
        num_test_defect=int(labels_B.sum()),
        num_left_out=len(split.left_out),
        num_unreadable=len(opened.unreadable),
        unreadable_ids=canonical_json([one.sample_id for one in opened.unreadable]) if opened.unreadable else "",
        threshold=None if calibrated is None else calibrated.source,
        image_height_px=test.size_px[0],
        image_width_px=test.size_px[1],
        fit_seconds=fit_seconds,
        feature_seconds=feature_seconds,
        score_seconds=scoring.seconds_without(FEATURES),
        num_parameters=method.num_parameters,
        num_frozen_parameters=method.num_frozen_parameters,
        maps_sha256=maps_sha256,
        image_scores=tuple(
            ImageScore(
                image_id=sample.id,
                is_defect=sample.is_defect,
                defect_kind=sample.defect_kind,
                anomaly_score=float(score),
                group=groups[sample.id],
            )
            for sample, score in zip(split.test, scores_B, strict=True)
        ),
    )


def _told_unreadable(unreadable: Sequence[Unreadable]) -> list[str]:
    """A warning for each image that is left out, and one for all beyond the first few."""
    told = [f"left out, because it cannot be read: {one.reason}" for one in unreadable[:_MAX_UNREADABLE_TOLD]]
    if len(unreadable) > len(told):
        rest = counted(len(unreadable) - len(told), "further image")
        told.append(f"{rest} left out; the record names all (unreadable_ids)")
    return told


def _parts(split: Split) -> list[str] | None:
    """Of each test image, the part that it shows; None where each image is a part of its own."""
    if all(sample.part is None for sample in split.test):
        return None
    return [sample.part or sample.id for sample in split.test]


def _vanished(split: Split, test: ImageSet, protocol: Protocol) -> str | None:
    """A warning about defects that are lost when masks are resized; pixel metrics then take the images for normal."""
    if protocol.resolution == "own":
        return None
    sizes_px = [test.view(rows[0]).scaled_px for rows in test.images()]
    vanished = vanished_masks(split.test, sizes_px, protocol.mask_threshold)
    num_defects = sum(sample.is_defect for sample in split.test)
    if not vanished or len(vanished) == num_defects:  # of all, pixel metrics are not defined
        return None
    return (
        f"{len(vanished)} of {num_defects} defects are so small that no pixel of "
        f"their masks is left at the scoring resolution ({vanished[0]} is one); pixel metrics take these images for "
        "normal. A larger --image-size or --protocol resolution=own keeps them."
    )
