"""Judging image files with a kept detector: one row an image, and pictures where they are asked for."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from harness.environment import command_line, now
from harness.errors import BundleError, DataError, SettingsError
from harness.jobs.image_paths import NamedPath, arriving_images, named_images, streamed_images

if TYPE_CHECKING:
    from harness.bundles.detector import Judgement, KeptDetector, Unreadable
    from harness.report.prediction_pictures import MapFormat, MapScale
    from harness.report.prediction_rows import RowFormat


@dataclass
class Predicted:
    """What a prediction came to."""

    num_judged: int = 0
    num_anomalous: int = 0
    num_unreadable: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Which pictures are written below the output folder."""

    overlays: bool = False
    masks: bool = False
    maps: "MapFormat | None" = None

    @property
    def any(self) -> bool:
        """Whether there are some."""
        return self.overlays or self.masks or self.maps is not None


def predict(
    bundle: str | Path,
    paths: Sequence[str | Path] | Iterable[str],
    *,
    out: str | Path | None = None,
    row_format: "RowFormat" = "csv",
    pictures: Pictures | None = None,
    batch_size: int = 4,
    device: str = "cpu",
    weights: str | Path | None = None,
    watch: bool = False,
    on_image: "Callable[[Judgement | Unreadable, Predicted], None] | None" = None,
) -> Predicted:
    """Judge images; memory does not grow with their number.

    Args:
        bundle: The folder that ``fit`` wrote.
        paths: A list of image files, folders (searched for images at any depth) and glob patterns; or a stream of
            image files, one a line, each judged soon after it comes.
        out: Folder for the rows, the pictures and the description of the detector, from which ``report_predictions``
            makes a page; None writes rows to standard output.
        row_format: Of the rows.
        pictures: Written beside the rows; needs ``out``.
        batch_size: Images that are judged together.
        device: A torch device.
        weights: Local weights of the backbone, for a bundle without it.
        watch: Go on with images that appear in the folders, until Ctrl-C.
        on_image: Called for each image after its pictures and its row are written, with what the prediction came to
            so far, which goes on counting.

    Raises:
        BenchError: The bundle or a setting is wrong, or there is no image.

    >>> import tempfile, harness
    >>> folder = Path(tempfile.mkdtemp())
    >>> bundles = harness.fit(
    ...     datasets=["demo/board"], methods=["constant"], protocol={"image_size_px": 32},
    ...     out=folder / "board", false_alarms=0.2,
    ... )
    >>> from PIL import Image
    >>> Image.new("RGB", (64, 64)).save(folder / "new.png")
    >>> harness.predict(bundles[0], [folder / "new.png"], out=folder / "found").num_judged
    1
    """
    from harness.bundles.detector import Unreadable, load
    from harness.report.judged_by import JudgedBy
    from harness.report.prediction_rows import prediction_rows, row_of

    wanted = pictures or Pictures()
    if batch_size < 1:
        raise SettingsError(f"--batch-size: expected at least 1, got {batch_size}.")
    if wanted.any and out is None:
        raise SettingsError("Pictures need a folder: give --out FOLDER with --overlays, --masks or --maps.")
    named = _named(paths, out, watch=watch)
    detector = load(bundle, device=device, weights=weights)
    scale = _scale(detector) if wanted.any else None
    found = Predicted()
    # Of images that have no answer yet; answers come in the order of the images.
    names: deque[Path] = deque()
    taken: set[Path] = set()

    def remembered() -> Iterator[Path | None]:
        for each in named:
            if each is not None:
                names.append(_free(each[1], taken) if wanted.any else each[1])
            yield None if each is None else each[0]

    judged_by = JudgedBy(detector=detector.description, command=command_line(), started_at=now())
    started = time.perf_counter()
    with prediction_rows(None if out is None else Path(out), row_format) as write:
        if out is not None:
            judged_by.write(Path(out))
        for judged in detector.judge(remembered(), batch_size):
            name = names.popleft()
            if out is not None and scale is not None and not isinstance(judged, Unreadable):
                judged = _drawn(judged, Path(out), name, wanted, scale)
            write(row_of(judged, name if wanted.any else None))
            found.seconds = time.perf_counter() - started
            if isinstance(judged, Unreadable):
                found.num_unreadable += 1
            else:
                found.num_judged += 1
                found.num_anomalous += bool(judged.is_anomalous)
            if on_image is not None:
                on_image(judged, found)
    return found


def _named(
    paths: Sequence[str | Path] | Iterable[str], out: str | Path | None, *, watch: bool
) -> Iterable[NamedPath | None]:
    if watch:
        (folder, *rest) = [Path(path) for path in paths] or [Path()]
        if rest or not folder.is_dir():
            raise SettingsError(f"--watch: expected one folder, got {' '.join(map(str, [folder, *rest]))}.")
        if out is not None and Path(out).resolve().is_relative_to(folder.resolve()):
            raise SettingsError(f"--out {out}: lies in the watched folder, so that pictures would be judged as images.")
        return arriving_images(folder)
    if isinstance(paths, Sequence):
        return named_images([Path(path) for path in paths])
    return streamed_images(paths)


def _free(name: Path, taken: set[Path]) -> Path:
    """A name that no other picture has."""
    free, number = name, 2
    while free in taken:
        free, number = name.with_name(f"{name.stem}-{number}{name.suffix}"), number + 1
    taken.add(free)
    return free


def _scale(detector: "KeptDetector") -> "MapScale":
    from harness.report.prediction_pictures import MapScale

    if detector.thresholds is None:
        raise BundleError("Pictures need a threshold, and this bundle has none; 'bench threshold' sets it.")
    means = [each.map_mean for each in detector.description.held_out]
    return MapScale(fmean(means), detector.thresholds.pixel)


def _drawn(judged: "Judgement", out: Path, name: Path, wanted: Pictures, scale: "MapScale") -> "Judgement | Unreadable":
    from harness.bundles.detector import Unreadable
    from harness.images import read_rgb
    from harness.report.prediction_pictures import write_map, write_mask, write_overlay

    if wanted.overlays:
        try:
            image = read_rgb(judged.path)
        except DataError as error:
            # A file may be moved away as soon as it was read.
            return Unreadable(path=judged.path, reason=str(error))
        write_overlay(out / "overlays" / _with(name, ".png"), image, judged.map_YX, scale)
    if wanted.masks:
        write_mask(out / "masks" / _with(name, ".png"), judged.map_YX, judged.image_px, scale.threshold)
    if wanted.maps is not None:
        write_map(out / "maps" / _with(name, ".tiff"), judged.map_YX, scale, wanted.maps)
    return judged


def _with(name: Path, suffix: str) -> Path:
    # The file's own suffix stays, because a.png and a.jpg are two images.
    return name.with_name(name.name + suffix)
