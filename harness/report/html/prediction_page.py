"""The page of predictions: from a folder of rows and pictures to HTML, within its budgets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.bundles import BundleDescription, highest_of_groups
from harness.environment import without_folders
from harness.phrasing import counted
from harness.report.html.document import document, link_to
from harness.report.html.panel_images import embedded
from harness.report.judged_by import JudgedBy
from harness.report.prediction_rows import PredictionRow

PICTURES_BUDGET_BYTES = 2_500_000
MAX_LISTED = 2_000
"""Images that the page names, with a picture, a link or neither."""
MAX_UNREADABLE = 200
"""Images that could not be judged, with their reasons."""

_PICTURE_PX = 480
_SCRIPTS = ("drawing.js", "histogram.js", "gallery.js", "judged.js")
_DAY = len("2025-01-31")


@dataclass(frozen=True, kw_only=True)
class PredictionPage:
    """Everything on the page."""

    judged_by: JudgedBy
    rows: tuple[PredictionRow, ...] = field(repr=False)
    rows_file: Path
    """The pictures are beside it."""
    command: str
    """Writes this page again."""
    writer: str
    """Version and commit of the program that wrote the page."""


def render_predictions(page: PredictionPage, folder: Path) -> str:
    """The page as HTML: under 5 MB up to 50,000 images, each further one adds about 20 bytes.

    Pictures, names and reasons have a budget each. Reads the overlays that are embedded.

    Args:
        page: What to show.
        folder: Where the file will be; links are relative to it.
    """
    detector = page.judged_by.detector
    judged = sorted((row for row in page.rows if row.score is not None), key=lambda row: (-(row.score or 0), row.image))
    unreadable = [row for row in page.rows if row.error is not None]
    verdicts = Counter(row.verdict for row in judged)
    listed = judged[:MAX_LISTED]
    overlays = {row: path for row in listed if (path := _overlay(row, page.rows_file.parent)) is not None}
    pictures = embedded([list(overlays.values())], PICTURES_BUDGET_BYTES, _PICTURE_PX)
    return document(
        "predictions.html.jinja",
        _SCRIPTS,
        page=page,
        title="Judged images",
        summary=f"{counted(len(page.rows), 'image')}, judged on {page.judged_by.started_at[:_DAY]} "
        f"by {detector.method}, fitted on {counted(detector.origin.num_images, 'good image')} of {_parts(detector)}.",
        detector=detector,
        facts=_facts(detector),
        settings=detector.settings,
        packages=", ".join(f"{name} {version}" for name, version in sorted(detector.origin.versions.items())),
        num_judged=len(judged),
        verdicts=verdicts,
        unreadable=unreadable[:MAX_UNREADABLE],
        num_unreadable=len(unreadable),
        num_unlisted=len(judged) - len(listed),
        has_pictures=bool(overlays),
        rows_link=link_to(page.rows_file, folder),
        commands=[*map(without_folders, _commands(page.judged_by)), page.command],
        content={
            "threshold": None if detector.thresholds is None else detector.thresholds.score,
            "heldOut": sorted(highest_of_groups(detector.held_out, "score")),
            "scores": [row.score for row in reversed(judged)],
            "images": [_image_data(row, overlays.get(row), pictures, folder) for row in listed],
        },
    )


def _commands(judged_by: JudgedBy) -> list[str]:
    detector = judged_by.detector
    made = (detector.origin.command, detector.threshold_command, judged_by.command)
    return [command for command in made if command is not None]


def _parts(detector: BundleDescription) -> str:
    """Data set and category, which are one word for a folder of one kind of parts."""
    origin = detector.origin
    return origin.dataset if origin.category == origin.dataset else f"{origin.dataset}/{origin.category}"


def _overlay(row: PredictionRow, folder: Path) -> Path | None:
    if row.picture is None:
        return None
    path = folder / "overlays" / f"{row.picture}.png"
    return path if path.is_file() else None


def _image_data(row: PredictionRow, overlay: Path | None, pictures: Mapping[Path, str], folder: Path) -> dict[str, Any]:
    """What the scripts show of an image; names stay plain text, and the template escapes them."""
    return {
        "image": row.image,
        "name": row.picture or Path(row.image).name,
        "verdict": row.verdict,
        "score": row.score,
        "share": row.share,
        "regions": len(row.regions or ()),
        "picture": None if overlay is None else pictures.get(overlay),
        "link": None if overlay is None else link_to(overlay, folder),
    }


def _facts(detector: BundleDescription) -> dict[str, str]:
    """Who judged, as names and values."""
    height, width = detector.size_px
    origin, limits = detector.origin, detector.thresholds
    facts = {
        "Method": f"{detector.method}, version {detector.method_version}",
        "Fitted on": f"{counted(origin.num_images, 'good image')} of {_parts(detector)}",
        "Fitted at": f"{origin.made_at[:_DAY]}, on {origin.device}",
        "Sees images at": f"{width} x {height} px (aspect={detector.protocol.aspect})",
        "Backbone weights": detector.weights or "none",
    }
    if limits is None:
        return facts | {"Threshold": "none, so that there are no verdicts; 'bench threshold' sets one"}
    of_groups = str(limits.num_groups)
    if limits.num_images > limits.num_groups:
        of_groups += f" ({limits.num_images} with near duplicates, which count once)"
    asked = "none: mean + 3 sd" if limits.false_alarms is None else f"{100 * limits.false_alarms:g} %"
    return facts | {
        "Anomalous above": f"score {limits.score:.6g}, pixel {limits.pixel:.6g}",
        "Asked rate of false alarms": asked,
        "Held-out good images above": f"{limits.num_above} of {of_groups}",
        "True rate of false alarms": f"{100 * limits.low:.2g} to {100 * limits.high:.2g} % (95 % interval)",
    }
