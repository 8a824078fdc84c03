"""The good images that a detector is fitted on, and how they are divided for its thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.atomic_files import check_place
from harness.bundles.threshold import ThresholdSettings, check_enough
from harness.config import RunSettings
from harness.config.protocol import Protocol
from harness.config.run_settings import ThresholdRule
from harness.datasets import Dataset, Sample
from harness.datasets.twins import groups_of_images
from harness.datasets.unreadable import find_unreadable
from harness.errors import BundleError, DataError, SettingsError
from harness.images import image_size
from harness.jobs.planning import check_names


@dataclass(frozen=True, kw_only=True)
class FitTask:
    """One detector to fit."""

    dataset: Dataset
    category: str
    samples: tuple[Sample, ...]
    groups: tuple[str, ...]
    validation: frozenset[str]
    """Ids of the samples that the data set's authors calibrate on; empty where they set nothing apart."""
    threshold_rule: ThresholdRule
    size_px: tuple[int, int]
    aspect_range: tuple[float, float]
    protocol: Protocol
    folder: Path

    @property
    def label(self) -> str:
        """``DATASET/CATEGORY``."""
        return f"{self.dataset.info.name}/{self.category}"


def fit_tasks(settings: RunSettings, out: Path, tell: Callable[[str], None], *, skip_unreadable: bool) -> list[FitTask]:
    """The detectors that are to be fitted, one for each category that the settings ask for.

    Args:
        settings: Of the fit.
        out: The bundle; with several categories the folder of their bundles.
        tell: Called with the reason for each image that is left out.
        skip_unreadable: Whether images that cannot be read are left out.

    Raises:
        BenchError: A name is wrong, a bundle is there already or cannot be written there, or the images are too few
            or cannot be read.
    """
    _, categories = check_names(settings)
    from harness.cells.held_out_scores import MIN_FITTED

    tasks = []
    for dataset, category in categories:
        folder = out if len(categories) == 1 else out / f"{dataset.info.name}-{category}"
        if folder.exists():
            raise BundleError(f"{folder}: exists already; expected a new folder for the bundle. Give another --out.")
        check_place(folder)
        split = dataset.split(settings.data, category, settings.seeds[0])
        # Where validation images are set apart, the division is the authors', and what they test on stays apart too.
        everything = sorted((*split.train, *(split.validation or split.test)), key=lambda sample: sample.id)
        good = _readable([sample for sample in everything if not sample.is_defect], tell, skip_unreadable)
        if len(good) < MIN_FITTED:
            raise DataError(
                f"{dataset.info.name}/{category}: expected at least {MIN_FITTED} good images, got {len(good)}."
            )
        groups = groups_of_images(good)
        aspects = sorted(width / height for height, width in (image_size(sample.image) for sample in good))
        protocol = settings.protocol_of(dataset.info.name)
        tasks.append(
            FitTask(
                dataset=dataset,
                category=category,
                samples=tuple(good),
                groups=tuple(groups[sample.id] for sample in good),
                validation=frozenset(sample.id for sample in split.validation),
                threshold_rule=split.threshold_rule,
                size_px=protocol.size_for(median(1 / aspect for aspect in aspects)),
                aspect_range=(aspects[0], aspects[-1]),
                protocol=protocol,
                folder=folder,
            )
        )
    return tasks


def _readable(samples: Sequence[Sample], tell: Callable[[str], None], skip_unreadable: bool) -> list[Sample]:
    unreadable = find_unreadable(samples)
    if unreadable and not skip_unreadable:
        raise DataError(f"{unreadable[0].reason} To fit without such images: --skip-unreadable.")
    for one in unreadable:
        tell(one.reason)
    gone = {one.sample_id for one in unreadable}
    return [sample for sample in samples if sample.id not in gone]


def held_out_of(task: FitTask, limits: ThresholdSettings, seed: int) -> tuple[list[int], set[str]]:
    """Positions of the images that are held out for the thresholds, and their groups; not used with folds."""
    from harness.cells.held_out_scores import hold_out

    chosen = [place for place, sample in enumerate(task.samples) if sample.id in task.validation]
    chosen = chosen or hold_out(task.groups, limits.share, seed)
    return chosen, {task.groups[place] for place in chosen}


def check_division(task: FitTask, limits: ThresholdSettings, seed: int) -> None:
    """Refuse a rate, or folds, that the images of a task are too few for.

    Raises:
        BenchError: One line with what would be enough.
    """
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
        chosen, groups = held_out_of(task, limits, seed)
        check_enough(len(groups), limits)
        num_held_out = len(chosen)
    if (num_fitted := len(task.samples) - num_held_out) < MIN_FITTED:
        raise DataError(
            f"{task.label}: expected at least {MIN_FITTED} good images beside the {num_held_out} that are held out, "
            f"got {num_fitted}."
        )
