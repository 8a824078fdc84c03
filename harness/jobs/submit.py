"""A submission for the server that judges a data set's private test sets: fitted, written and checked."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

from harness.atomic_files import check_place, remove_unfinished, write_atomically
from harness.config import RunSettings, run_settings
from harness.errors import DataError, SettingsError
from harness.jobs.fit import FitProgress, Kept, Left, method_of
from harness.jobs.private_images import private_images
from harness.jobs.validated_detectors import ValidatedDetector, validated_detectors
from harness.submissions import PrivateImage, map_file, mask_file, submission_faults, write_map


@dataclass(frozen=True, kw_only=True)
class Written:
    """The map and the mask of an image were written, or were there already."""

    label: str
    """``DATASET/CATEGORY``."""
    done: int
    total: int
    """Private images of the category."""


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """What a submission came to."""

    folder: Path
    num_images: int
    num_written: int
    """Images whose map and mask this call wrote; those of the others were there."""
    faults: tuple[str, ...]
    """What the server would refuse or misread, one line each; empty for a folder that can be uploaded."""


Listener = Callable[[FitProgress | Left | Kept | Written], None]


def submit(
    dataset: str = "mvtec_ad_2",
    settings: RunSettings | Mapping[str, Any] | None = None,
    *,
    out: str | Path,
    models: str | Path | None = None,
    rule: str | None = None,
    false_alarms: float = 0.05,
    on_event: Listener | None = None,
    **fields: Any,
) -> Submitted:
    """Judge every private image of a data set with one method, and write and check the folder that its server takes.

    Each category has a detector of its own, fitted on the training images, with thresholds from the validation images
    alone. Kept detectors of the same method, settings, seed, framing and data are used where ``models`` holds them;
    others are fitted and kept there. The same call goes on where an interrupted one ended. Maps are shifted and scaled,
    each category as a whole, so that 0 is the mean of its validation maps and 1 the threshold of pixels: their order
    stays, and float16 holds them well. Memory does not grow with the number of images.

    Args:
        dataset: One with private test sets.
        settings: As for ``fit``.
        out: The folder. ``OUT.json`` beside it says what it was made with.
        models: Where bundles are looked for, at any depth, and kept; None for ``OUT-models``.
        rule: See ``ThresholdSettings``; None for the data set's own.
        false_alarms: For the rule ``order``.
        on_event: Called with the progress.
        **fields: Fields of ``RunSettings``, over those of ``settings``.

    Returns:
        What was written, and the faults that a check of the whole folder found.

    Raises:
        BenchError: A setting is wrong, the data set is not whole, or ``out`` or ``models`` hold something else; nothing
            was fitted or written. Or an image cannot be read; what was written stays.
    """
    checked = run_settings(settings, **{**fields, "datasets": (dataset,)})
    tell = on_event or (lambda event: None)
    found, images = private_images(dataset, checked.data)
    folder = Path(out).expanduser()
    folder = folder if folder.name else folder.absolute()
    check_place(folder)
    note = folder.with_name(f"{folder.name}.json")
    begun = _begun(note)
    if folder.exists() and begun is None:
        raise _foreign(folder, note)
    models_dir = folder.with_name(f"{folder.name}-models") if models is None else Path(models).expanduser()
    categories = list(dict.fromkeys(image.group for image in images))
    detectors = validated_detectors(found, categories, checked, models_dir, rule, false_alarms, tell)
    origin = _origin(found.info.name, detectors)
    if folder.exists() and begun != origin:
        raise _foreign(folder, note)
    to_do = [image for image in images if not _is_written(folder, image)]
    _check_space(folder, to_do)
    write_atomically(note, (json.dumps(origin, indent=1) + "\n").encode())
    remove_unfinished(folder)
    for group, of_group in groupby(images, key=lambda image: image.group):
        _write(folder, detectors[group], list(of_group), checked, f"{found.info.name}/{group}", tell)
    return Submitted(
        folder=folder,
        num_images=len(images),
        num_written=len(to_do),
        faults=tuple(submission_faults(folder, images)),
    )


def check(dataset: str, data: Path, folder: Path) -> Submitted:
    """Check a folder that is there already, whoever wrote it.

    Args:
        dataset: One with private test sets.
        data: The data root; the images there say how many files are expected, and of what size.
        folder: Of the submission.

    Raises:
        BenchError: There is no such data set, or its private images are not all in place.
    """
    _, images = private_images(dataset, data)
    faults = tuple(submission_faults(folder, images))
    return Submitted(folder=folder, num_images=len(images), num_written=0, faults=faults)


def _origin(dataset: str, detectors: Mapping[str, ValidatedDetector]) -> dict[str, Any]:
    """What maps and masks depend on: equal origins give equal folders."""
    return {
        "dataset": dataset,
        "categories": {
            category: {
                "method": detector.description.method,
                "settings": detector.description.settings,
                "seed": detector.description.seed,
                "protocol": detector.description.protocol.key(),
                "tensors_sha256": detector.description.tensors_sha256,
                "thresholds": detector.thresholds.model_dump(mode="json"),
            }
            for category, detector in detectors.items()
        },
    }


def _begun(note: Path) -> Any:
    """What a folder was begun with; None where nothing says so."""
    with suppress(OSError, ValueError):
        return json.loads(note.read_text(encoding="utf-8"))
    return None


def _foreign(folder: Path, note: Path) -> SettingsError:
    return SettingsError(
        f"{folder}: exists and {note.name} beside it does not say that it was begun with these detectors and "
        "thresholds; give another --out, or remove the folder."
    )


def _is_written(folder: Path, image: PrivateImage) -> bool:
    return map_file(folder, image).is_file() and mask_file(folder, image).is_file()


def _check_space(folder: Path, to_do: Sequence[PrivateImage]) -> None:
    needed = sum(2 * image.size_px[0] * image.size_px[1] for image in to_do)
    free = shutil.disk_usage(next(place for place in folder.absolute().parents if place.exists())).free
    if needed > free:
        raise SettingsError(
            f"--out {folder}: the maps need {needed / 1e9:.1f} GB of disk space, {free / 1e9:.1f} GB are free."
        )


def _write(
    folder: Path,
    detector: ValidatedDetector,
    images: Sequence[PrivateImage],
    settings: RunSettings,
    label: str,
    tell: Listener,
) -> None:
    from harness.bundles.bundle import read_bundle
    from harness.bundles.detector import BATCH_SIZE, KeptDetector, Unreadable
    from harness.cells.devices import resolve_device
    from harness.report.prediction_pictures import MapScale, write_mask

    to_do = [image for image in images if not _is_written(folder, image)]
    done = len(images) - len(to_do)
    tell(Written(label=label, done=done, total=len(images)))
    if not to_do:
        return
    _, _, weights = method_of(settings)
    bundle = read_bundle(detector.bundle, resolve_device(settings.device), weights)
    # Without thresholds it looks for no regions, which nobody asks for here.
    judge = KeptDetector(replace(bundle, description=bundle.description.model_copy(update={"thresholds": None}))).judge
    scale = MapScale(fmean(each.map_mean for each in detector.description.held_out), detector.thresholds.pixel)
    # An image of many tiles fills a batch of its own.
    batch_size = 1 if detector.description.protocol.aspect == "tiles" else BATCH_SIZE
    for image, judged in zip(to_do, judge((image.path for image in to_do), batch_size), strict=True):
        if isinstance(judged, Unreadable):
            raise DataError(judged.reason)
        write_map(map_file(folder, image), scale.relative(judged.map_YX), image.size_px)
        write_mask(mask_file(folder, image), judged.map_YX, image.size_px, detector.thresholds.pixel)
        done += 1
        tell(Written(label=label, done=done, total=len(images)))
