"""The images and the method of a cell, checked against what was planned."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.cells.cell_context import CellContext
from harness.cells.devices import resolve_device
from harness.cells.outcome import CellProgress
from harness.config.method_settings import build_settings
from harness.config.protocol import Protocol
from harness.datasets import DATASETS, Sample, Split
from harness.datasets.finding import DEMO, find
from harness.datasets.fingerprint import fingerprint
from harness.datasets.splits import chosen_split, disturbed, is_manifest, pooled, split_identity, splits_of_cell
from harness.datasets.unreadable import Unreadable, leave_out_unreadable
from harness.environment import host_name
from harness.errors import DataError, WeightsError
from harness.framing import frame
from harness.images import ImageSet, image_size
from harness.methods import METHODS
from harness.methods.backbone_weights import weights_identity
from harness.methods.base import Method, MethodContext
from harness.methods.feature_cache import FeatureCache
from harness.methods.training_cache import TrainingCache
from harness.plan import Cell


@dataclass(frozen=True, kw_only=True)
class OpenedCell:
    """Everything that fitting and scoring a cell needs. The method is not fitted."""

    split: Split
    """The images that are fitted on, of whatever category, and those of the category that are judged."""
    samples: tuple[Sample, ...]
    """All images of the category under its split, whichever of them are fitted on."""
    unreadable: tuple[Unreadable, ...]
    """What the split would hold, but cannot be read; empty unless the context allows to go on without."""
    train: ImageSet
    test: ImageSet
    validation: ImageSet | None
    """What the data set's authors calibrate on; None where they set nothing apart."""
    method: Method
    features: FeatureCache
    """Keeps the time of the backbone, which is no part of the time of fitting."""
    trainings: TrainingCache | None
    """Keeps the time of trainings that are not repeated; None where none is taken."""
    device: str
    check_unchanged: Callable[[], None]
    """Raises ``DataError`` where the data are no longer those of the plan; before anything is kept that was made of
    images, because they are read long after they were checked first."""


def open_cell(
    cell: Cell, context: CellContext, report: Callable[[CellProgress], None] = lambda progress: None
) -> OpenedCell:
    """Find the data of a cell, split them, and make its method.

    Args:
        cell: What to run.
        context: Where data and weights are.
        report: Receives that the method waits for another process's training.

    Raises:
        FileNotFoundError: This machine lacks the data root or the manifest of the split.
        BenchError: The data, the manifest or the weights changed since the plan, or a file is at fault.
    """
    reference = context.datasets.get(cell.dataset, cell.dataset)
    if reference in DATASETS.names() and reference != DEMO and not context.data_root.is_dir():
        # A mount that this node lacks is not the cell's fault.
        raise FileNotFoundError(f"Data root {context.data_root} does not exist on {host_name()}.")
    dataset = find(reference, context.data_root)

    def check_unchanged() -> None:
        if fingerprint(dataset, context.data_root, cell.category, cell.regime) != cell.data_fingerprint:
            raise DataError(f"{cell.dataset}/{cell.category} changed during the run; run the command again.")

    check_unchanged()
    if is_manifest(context.split) and not Path(context.split).is_file():
        raise FileNotFoundError(f"Manifest {context.split} does not exist on {host_name()}.")
    if split_identity(context.split) != cell.split:
        raise DataError(f"{context.split} changed during the run; run the command again.")
    splits = splits_of_cell(dataset, context.data_root, cell, context.split)
    unreadable: list[Unreadable] = []
    if context.skip_unreadable:
        for category, whole in splits.items():
            splits[category], found = leave_out_unreadable(whole, f"{cell.dataset}/{category}")
            fitted = {sample.id for sample in whole.train}
            unreadable += [one for one in found if category == cell.category or one.sample_id in fitted]
    split = disturbed(chosen_split(dataset, context.data_root, cell, context.split, splits), cell)
    base = pooled(splits)
    size_px = category_size(base, cell.protocol)
    train, test = image_sets(base, size_px, cell.protocol, cell.data_fingerprint, split)
    features, device = FeatureCache(context.features_dir, check_unchanged), resolve_device(context.device)

    def waiting() -> None:
        report(CellProgress(stage="wait for the shared training", done=0, total=1))

    trainings = TrainingCache(None, context.fit_token, check_unchanged, waiting) if context.share_trainings else None
    method = new_method(cell, context, features, trainings, device)
    return OpenedCell(
        split=split,
        samples=(*splits[cell.category].train, *splits[cell.category].test),
        unreadable=tuple(sorted(unreadable, key=lambda one: one.sample_id)),
        train=train,
        test=test,
        validation=_validation_set(split, size_px, cell),
        method=method,
        features=features,
        trainings=trainings,
        device=device,
        check_unchanged=check_unchanged,
    )


def image_sets(
    base: Split, size_px: tuple[int, int], protocol: Protocol, key: str, split: Split | None = None
) -> tuple[ImageSet, ImageSet]:
    """Training and test images as a method is given them: selections of one set of the whole category.

    All splits select from the same set, so that features are computed once. Corrupted test images are a set of their
    own.

    Args:
        base: All images of that set.
        size_px: The ``category_size`` of ``base``.
        protocol: Determines what a method sees of an image.
        key: Identifies the content of the category, or of all categories that ``base`` is of.
        split: Images of ``base`` to train on and to judge; None for all.

    Raises:
        DataError: The header of an image cannot be read.
    """
    split = split or base

    def selected(part: Sequence[Sample], among: Sequence[Sample]) -> ImageSet:
        samples = sorted(among, key=lambda sample: sample.id)
        images = _framed(samples, size_px, protocol, key)
        rows_of = dict(zip((sample.id for sample in samples), images.images(), strict=True))
        return images.select(row for sample in part for row in rows_of[sample.id])

    clean = (*base.train, *base.test)
    is_corrupted = any(sample.corruption is not None for sample in split.test)
    return selected(split.train, clean), selected(split.test, split.test if is_corrupted else clean)


def _validation_set(split: Split, size_px: tuple[int, int], cell: Cell) -> ImageSet | None:
    # A set of its own: in that of the whole category it would change what is computed together with what.
    return _framed(split.validation, size_px, cell.protocol, cell.data_fingerprint) if split.validation else None


def _framed(samples: Sequence[Sample], size_px: tuple[int, int], protocol: Protocol, key: str) -> ImageSet:
    ids = [sample.id for sample in samples]
    corruptions = [sample.corruption for sample in samples if sample.corruption is not None]
    content = hashlib.sha256("\n".join([key, *ids, *map(repr, corruptions)]).encode()).hexdigest()
    return frame(ids, [sample.image for sample in samples], content, size_px, protocol, corruptions or None)


def category_size(split: Split, protocol: Protocol) -> tuple[int, int]:
    """Height and width in pixels of the images, or tiles, of a category that a method is given."""
    sizes = [image_size(sample.image) for sample in split.train]
    return protocol.size_for(median(height / width for height, width in sizes))


def new_method(
    cell: Cell, context: CellContext, features: FeatureCache, trainings: TrainingCache | None, device: str
) -> Method:
    """The method of a cell, not fitted.

    Raises:
        WeightsError: The weights changed since the plan.
    """
    method_type = METHODS.get(cell.method)
    settings = build_settings(cell.method, method_type.Settings, json.loads(cell.settings_json))
    weights = context.weights.get(getattr(settings, "backbone", ""))
    if weights_identity(settings, weights) != cell.weights_sha256:
        raise WeightsError(f"{weights} changed during the run; run the command again.")
    return method_type(
        settings,
        MethodContext(
            seed=cell.seed,
            device=device,
            weights=weights,
            features=features,
            trainings=trainings,
            regime=cell.regime,
        ),
    )
