"""One cell from start to end: split, fit, maps, metrics, record. Knows no Ray.

Shapes: B images of the test set.
"""

import hashlib
import json
import logging
import tempfile
import time
import traceback as traceback_module
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from harness.cells.cell_panels import save_panels
from harness.cells.framing import frame, image_score, stitch
from harness.cells.judging_costs import BATCH_SIZE, JudgingCosts, PeakMemory, measure_judging
from harness.cells.map_file import MapFile
from harness.cells.masked_maps import saturated_overlap, with_masks
from harness.cells.outcome import CellProgress
from harness.config.method_settings import build_settings
from harness.config.protocol import Protocol
from harness.datasets import DATASETS, Split
from harness.datasets.finding import DEMO, find
from harness.datasets.fingerprint import fingerprint
from harness.datasets.splits import is_manifest, make_split, split_identity
from harness.datasets.vanished_masks import vanished_masks
from harness.environment import code_version, host_name, now, package_versions
from harness.errors import BenchError, DataError, SettingsError, WeightsError
from harness.images import ImageSet, image_size
from harness.methods import METHODS
from harness.methods.backbone_weights import weights_identity
from harness.methods.base import Method, MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.metrics import image_metrics, pixel_metrics_of
from harness.plan import Cell, canonical_json
from harness.records import PUBLISHED_SPLIT, CellRecord, FailureRecord, ImageScore, Provenance

ProgressReport = Callable[[CellProgress], None]


@dataclass(frozen=True, kw_only=True)
class CellContext:
    """What a cell needs beside its identity; differs between machines and changes no number."""

    data_root: Path
    datasets: Mapping[str, str] = field(default_factory=dict)
    """Data set to what ``find`` opens it by, where that is not its name: a folder, or ``module:Class``."""
    split: str = PUBLISHED_SPLIT
    """What ``make_split`` takes for the cells' split: its name, or a manifest's path."""
    weights: Mapping[str, Path] = field(default_factory=dict)
    """Backbone name to local weights."""
    device: str = "auto"
    command: str = ""
    panels_dir: Path | None = None
    """Where heat-map panels are written; None for none."""
    num_panels: int = 0
    measures_costs: bool = True
    """Whether judging is timed on some test images; None stands in the record where it is not."""


def run_cell(cell: Cell, context: CellContext, report: ProgressReport) -> CellRecord:
    """Fit a method on one category and judge it.

    Args:
        cell: What to run.
        context: Where data and weights are.
        report: Told of the progress.

    Raises:
        BenchError: The data changed since the plan, or a file is at fault; the text names it.
        Exception: Whatever a method raises.
    """
    started_at = now()
    reference = context.datasets.get(cell.dataset, cell.dataset)
    if reference in DATASETS.names() and reference != DEMO and not context.data_root.is_dir():
        # A mount that this node lacks: not the cell's fault.
        raise FileNotFoundError(f"There is no data root {context.data_root} on {host_name()}.")
    dataset = find(reference, context.data_root)
    if fingerprint(dataset, context.data_root, cell.category) != cell.data_fingerprint:
        raise DataError(f"{cell.dataset}/{cell.category} changed while the run was going on; run the command again.")
    if is_manifest(context.split) and not Path(context.split).is_file():
        # As a data root that this node lacks: not the cell's fault.
        raise FileNotFoundError(f"There is no manifest {context.split} on {host_name()}.")
    if split_identity(context.split) != cell.split:
        raise DataError(f"{context.split} changed while the run was going on; run the command again.")
    split = make_split(dataset, context.data_root, cell.category, cell.seed, context.split)
    train, test = image_sets(split, category_size(split, cell.protocol), cell.protocol, cell.data_fingerprint)
    features = FeatureCache()
    device = resolve_device(context.device)
    peak_memory = PeakMemory(device)
    method = _build(cell, context, features, device)

    def on_step(done: int, total: int, loss: float | None) -> None:
        report(CellProgress(stage="fit", done=done, total=total, loss=loss))

    clock = time.perf_counter()
    method.fit(train, on_step)
    fit_seconds = time.perf_counter() - clock - features.seconds
    fit_feature_seconds = features.seconds

    with tempfile.TemporaryDirectory(prefix="bench-maps-") as scratch:
        maps = maps_for(test, Path(scratch))
        clock = time.perf_counter()
        scores_B = score_all(method, test, cell.protocol, maps, report)
        score_seconds = time.perf_counter() - clock - (features.seconds - fit_feature_seconds)
        report(CellProgress(stage="metrics", done=0, total=1))
        labels_B = np.array([sample.is_defect for sample in split.test])
        image = image_metrics(scores_B, labels_B)
        pixel = None
        if all(sample.mask is not None for sample in split.test if sample.is_defect):
            pixel = pixel_metrics_of(lambda: with_masks(maps, split.test, cell.protocol))
        spro_05 = saturated_overlap(maps, split, cell.protocol) if split.saturations else None
        maps_sha256 = _hash_of(maps)
        report(CellProgress(stage="costs", done=0, total=1, warning=_vanished(split, test, cell.protocol)))
        costs = _costs(method, test, device) if context.measures_costs else None
        if context.panels_dir is not None and context.num_panels > 0:
            folder = context.panels_dir / cell.dataset / cell.category / f"{cell.method}-seed{cell.seed}-{cell.id}"
            try:
                save_panels(folder, cell, split.test, maps, scores_B, context.num_panels)
            except Exception:
                # A picture is no reason to lose what was fitted and measured.
                logging.getLogger(__name__).exception("No panels of %s", cell.label)

    return CellRecord(
        identity=cell.identity(),
        provenance=provenance(context, device, started_at),
        image_auroc=image.auroc,
        image_average_precision=image.average_precision,
        image_f1_max=image.f1_max,
        pixel_auroc=pixel.auroc if pixel else None,
        pixel_average_precision=pixel.average_precision if pixel else None,
        pixel_f1_max=pixel.f1_max if pixel else None,
        aupro_30=pixel.aupro_30 if pixel else None,
        aupro_05=pixel.aupro_05 if pixel else None,
        spro_05=spro_05,
        overlap_curve=pixel.overlap_curve if pixel else None,
        num_train=len(split.train),
        num_test_normal=int((~labels_B).sum()),
        num_test_defect=int(labels_B.sum()),
        num_left_out=len(split.left_out),
        image_height_px=test.size_px[0],
        image_width_px=test.size_px[1],
        fit_seconds=fit_seconds,
        feature_seconds=features.seconds,
        score_seconds=score_seconds,
        latency_p50_seconds=costs.single.p50_seconds if costs else None,
        latency_p95_seconds=costs.single.p95_seconds if costs else None,
        images_per_second=costs.single.images_per_second if costs else None,
        batch_size=BATCH_SIZE if costs else None,
        batch_latency_p50_seconds=costs.batch.p50_seconds if costs else None,
        batch_latency_p95_seconds=costs.batch.p95_seconds if costs else None,
        batch_images_per_second=costs.batch.images_per_second if costs else None,
        peak_memory_bytes=peak_memory.process_bytes,
        peak_device_memory_bytes=peak_memory.device_bytes,
        num_parameters=method.num_parameters,
        num_frozen_parameters=method.num_frozen_parameters,
        size_bytes=costs.size_bytes if costs else None,
        maps_sha256=maps_sha256,
        image_scores=tuple(
            ImageScore(
                image_id=sample.id,
                is_defect=sample.is_defect,
                defect_kind=sample.defect_kind,
                anomaly_score=float(score),
            )
            for sample, score in zip(split.test, scores_B, strict=True)
        ),
    )


def failure_of(cell: Cell, context: CellContext, error: BaseException, started_at: str) -> FailureRecord:
    """The record of a cell that raised: a user's mistake in one line, anything else with its type."""
    text = str(error) if isinstance(error, BenchError) else f"{type(error).__name__}: {error}"
    return FailureRecord(
        identity=cell.identity(),
        provenance=provenance(context, resolve_device(context.device), started_at),
        error=" ".join(text.split()),
        traceback="".join(traceback_module.format_exception(error)),
    )


def image_sets(split: Split, size_px: tuple[int, int], protocol: Protocol, key: str) -> tuple[ImageSet, ImageSet]:
    """Training and test images as a method is given them, as selections of one set of the whole category.

    One set for all splits lets their features be computed once.

    Args:
        split: Samples.
        size_px: Height and width of what a method is given, as ``category_size`` gives them.
        protocol: Says how that size is reached.
        key: Names the content of the category.

    Raises:
        DataError: The header of an image cannot be read.
    """
    samples = sorted([*split.train, *split.test], key=lambda sample: sample.id)
    base = frame(
        [sample.id for sample in samples],
        [sample.image for sample in samples],
        hashlib.sha256("\n".join([key, *(sample.id for sample in samples)]).encode()).hexdigest(),
        size_px,
        protocol,
    )
    rows_of = dict(zip((sample.id for sample in samples), base.images(), strict=True))
    train, test = (
        base.select(row for sample in part for row in rows_of[sample.id]) for part in (split.train, split.test)
    )
    return train, test


def score_all(
    method: Method, test: ImageSet, protocol: Protocol, maps: MapFile, report: ProgressReport
) -> NDArray[np.float32]:
    """Fill the maps of all images, return their scores.

    Args:
        method: Fitted.
        test: Images to judge.
        protocol: How they are seen.
        maps: Receives the map of each image.
        report: Told of the progress.

    Raises:
        FloatingPointError: A map or a score is not finite.
        RuntimeError: The method gave more or fewer maps than it was given images or tiles.
    """
    images = test.images()
    scores_B = np.empty(len(images), np.float32)
    # What a method gave for the views of the image that is not complete yet.
    maps_V: list[NDArray[np.float32]] = []
    scores_V: list[float] = []
    num_views = row = 0
    for batch in method.score(test):
        if not (np.isfinite(batch.scores_B).all() and np.isfinite(batch.maps_BHW).all()):
            raise FloatingPointError("The method gave a map or a score that is not finite.")
        num_views += len(batch.scores_B)
        if num_views > len(test):
            break
        for map_HW, score in zip(batch.maps_BHW, batch.scores_B, strict=True):
            maps_V.append(map_HW)
            scores_V.append(float(score))
            if len(maps_V) == len(images[row]):
                maps[row][:] = stitch([test.view(view) for view in images[row]], maps_V)
                scores_B[row] = image_score(scores_V, maps[row], protocol)
                maps_V, scores_V, row = [], [], row + 1
        report(CellProgress(stage="score", done=row, total=len(images)))
    if num_views != len(test):
        raise RuntimeError(f"The method gave {num_views} maps for {len(test)} images.")
    return scores_B


def maps_for(test: ImageSet, folder: Path) -> MapFile:
    """Room for the maps of all images of a set."""
    return MapFile(folder / "maps.npy", [test.view(rows[0]).scaled_px for rows in test.images()])


def category_size(split: Split, protocol: Protocol) -> tuple[int, int]:
    """Height and width in pixels of what a method is given of a category: its images, or their tiles."""
    sizes = [image_size(sample.image) for sample in split.train]
    return protocol.size_for(median(height / width for height, width in sizes))


def resolve_device(asked: str) -> str:
    """``auto`` is the GPU where there is one."""
    return asked if asked != "auto" else ("cuda" if torch.cuda.is_available() else "cpu")


def device_name(device: str) -> str:
    """``cpu``, or the GPU's own name: seconds mean nothing without it."""
    on_gpu = device.startswith("cuda") and torch.cuda.is_available()
    return torch.cuda.get_device_name(device) if on_gpu else device


def check_device(asked: str) -> None:
    """Refuse a device that this machine does not have.

    Raises:
        SettingsError: Not a device, or a GPU where there is none.
    """
    right = "auto, cpu" + (", cuda or cuda:N" if torch.cuda.is_available() else "; torch finds no GPU here")
    if asked != "auto":
        try:
            torch.empty(0, device=asked)
        except (RuntimeError, AssertionError) as error:
            raise SettingsError(f"--device {asked!r} cannot be used; right would be {right}.") from error


def provenance(context: CellContext, device: str, started_at: str) -> Provenance:
    """Where, when and with what a record was made, up to now."""
    commit, dirty = code_version()
    return Provenance(
        code_commit=commit,
        code_dirty=dirty,
        versions=canonical_json(package_versions()),
        host=host_name(),
        device=device_name(device),
        num_threads=torch.get_num_threads(),
        command=context.command,
        started_at=started_at,
        finished_at=now(),
    )


def _build(cell: Cell, context: CellContext, features: FeatureCache, device: str) -> Method:
    method_type = METHODS.get(cell.method)
    settings = build_settings(cell.method, method_type.Settings, json.loads(cell.settings_json))
    weights = context.weights.get(getattr(settings, "backbone", ""))
    if weights_identity(settings, weights) != cell.weights_sha256:
        raise WeightsError(f"{weights} changed while the run was going on; run the command again.")
    return method_type(settings, MethodContext(seed=cell.seed, device=device, weights=weights, features=features))


def _vanished(split: Split, test: ImageSet, protocol: Protocol) -> str | None:
    """A warning of defects that no mask shows any more; their images count as normal ones in pixel metrics."""
    if protocol.resolution == "own":
        return None
    sizes_px = [test.view(rows[0]).scaled_px for rows in test.images()]
    vanished = vanished_masks(split.test, sizes_px, protocol.mask_threshold)
    if not vanished:
        return None
    return (
        f"{len(vanished)} of {sum(sample.is_defect for sample in split.test)} defects are so small that no pixel of "
        f"their masks is left at the scoring resolution ({vanished[0]} is one); pixel metrics take these images for "
        "normal. A larger --image-size or --protocol resolution=own keeps them."
    )


def _costs(method: Method, test: ImageSet, device: str) -> JudgingCosts | None:
    try:
        return measure_judging(method, test, device)
    except Exception as error:
        if "CUDA error" in str(error):  # of the process, which is no use any more
            raise
        # A time is no reason to lose what was fitted and measured; the record says that it is not known.
        logging.getLogger(__name__).exception("No costs of judging")
        return None


def _hash_of(maps: MapFile) -> str:
    digest = hashlib.sha256()
    for map_YX in maps:
        digest.update(map_YX.tobytes())
    return digest.hexdigest()
