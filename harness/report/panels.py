"""Heat-map panels: what the detector saw, what it should have found, what it found.

Shape suffixes: H height, W width in pixels, 3 colour channels.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from harness.atomic_files import write_atomically

_SHORT_SIDE_INCHES = 3.0
_LONG_SIDE_INCHES = 6.0
_MIN_WIDTH_INCHES = 4.5
"""Room for the title above two narrow pictures."""
_DOTS_PER_INCH = 120
_COLOURS = "inferno"
_ROW_INCHES = 2.0
_OUTLINE = "#00e5ff"  # cyan: apart from every colour of inferno and from most materials


def panel_names(image_ids: Sequence[str]) -> dict[str, str]:
    """Names of the files that hold the panels of a cell's test images.

    Args:
        image_ids: Of all test images of the cell, in any order.

    >>> panel_names(["test/hole/000.jpg"])
    {'test/hole/000.jpg': 'test-hole-000.png'}
    >>> sorted(panel_names(["a.jpg", "a.png"]).values())
    ['a-509b0d46.png', 'a-7f071235.png']
    """
    stems = {each: each.replace("/", "-").rsplit(".", 1)[0] for each in image_ids}
    uses = Counter(stems.values())
    hashes = {each: hashlib.sha256(each.encode("utf-8", "surrogateescape")).hexdigest()[:8] for each in image_ids}
    return {each: f"{stem}.png" if uses[stem] == 1 else f"{stem}-{hashes[each]}.png" for each, stem in stems.items()}


def save_panel(
    path: Path,
    image_HW3: NDArray[np.uint8],
    mask_HW: NDArray[np.bool_] | None,
    map_HW: NDArray[np.floating],
    *,
    title: str,
    map_range: tuple[float, float],
    anomaly_score: float | None = None,
) -> None:
    """Write a PNG: image, image with the mask's outline, image under the anomaly map with its colour scale.

    Args:
        path: The PNG; missing parent folders are made.
        image_HW3: RGB.
        mask_HW: True on defect pixels. None for a good image or without a mask: the defect then has no picture.
        map_HW: Anomaly map, any range, higher is more anomalous.
        title: Above the panel, e.g. data set, category and image.
        map_range: Map values of the darkest and the brightest colour. One range for all images of a
            category makes them comparable; values outside it are clipped.
        anomaly_score: Score of the image, shown above the map.

    Raises:
        ValueError: Image, mask and map differ in size.
    """
    height, width = map_HW.shape
    masks_agree = mask_HW is None or mask_HW.shape == (height, width)
    if image_HW3.shape != (height, width, 3) or not masks_agree:
        mask_shape = None if mask_HW is None else mask_HW.shape
        raise ValueError(
            f"Image {image_HW3.shape}, mask {mask_shape} and map {map_HW.shape} must be (H, W, 3), (H, W) and (H, W)."
        )
    headings = ["image", *(["defect"] if mask_HW is not None else []), "anomaly map"]
    figure, axes = _figure(height, width, len(headings))
    figure.suptitle(title, fontsize=10, parse_math=False)
    for axis, heading in zip(axes, headings, strict=True):
        axis.imshow(image_HW3)
        axis.set_title(heading, fontsize=8)
        axis.set_axis_off()
    if mask_HW is not None:
        _outline(axes[1], mask_HW)
    low, high = map_range
    colours = ScalarMappable(Normalize(low, high), _COLOURS)
    axes[-1].imshow(map_HW, cmap=_COLOURS, vmin=low, vmax=high, alpha=0.6)
    if anomaly_score is not None:
        axes[-1].set_title(f"anomaly map, score {anomaly_score:.3g}", fontsize=8)
    bar = figure.colorbar(colours, ax=axes[-1], fraction=0.05, pad=0.03, extend=_extend(map_HW, map_range))
    bar.ax.tick_params(labelsize=7)
    bar.set_label("anomaly", fontsize=8)
    _save(figure, path)


def save_defect_examples(
    path: Path,
    normal_NHW3: NDArray[np.uint8],
    defect_NHW3: NDArray[np.uint8],
    masks_NHW: NDArray[np.bool_],
    *,
    title: str,
) -> None:
    """Write a PNG with one row for each example: the normal image, the same with a defect, the mask.

    Args:
        path: The PNG; missing parent folders are made.
        normal_NHW3: RGB, at least one.
        defect_NHW3: RGB, of the same shape.
        masks_NHW: True on defect pixels.
        title: Above all rows.

    Raises:
        ValueError: Images and masks differ in number or size.
    """
    num, height, width = masks_NHW.shape
    if not normal_NHW3.shape == defect_NHW3.shape == (num, height, width, 3):
        raise ValueError(
            f"Images {normal_NHW3.shape}, with defects {defect_NHW3.shape}, and masks {masks_NHW.shape} must be "
            "(N, H, W, 3), (N, H, W, 3) and (N, H, W)."
        )
    row_width = 3 * _ROW_INCHES * width / height
    figure = Figure(figsize=(row_width, num * _ROW_INCHES + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10, parse_math=False)
    for row, axes in enumerate(figure.subplots(num, 3, squeeze=False)):
        for axis, picture in zip(axes, (normal_NHW3[row], defect_NHW3[row], masks_NHW[row]), strict=True):
            axis.imshow(picture, cmap="gray", vmin=0, vmax=1 if picture.ndim == 2 else 255)
            axis.set_axis_off()
        if row == 0:
            for axis, heading in zip(axes, ("normal", "with defect", "mask"), strict=True):
                axis.set_title(heading, fontsize=8)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    stream = io.BytesIO()
    figure.savefig(stream, dpi=_DOTS_PER_INCH, format="png")
    write_atomically(path, stream.getvalue())


def _extend(map_HW: NDArray[np.floating], map_range: tuple[float, float]) -> Literal["neither", "min", "max", "both"]:
    """The ends of the colour scale beyond which the map has values; matplotlib draws them as arrows."""
    is_below, is_above = bool(map_HW.min() < map_range[0]), bool(map_HW.max() > map_range[1])
    if is_below and is_above:
        return "both"
    if is_below:
        return "min"
    return "max" if is_above else "neither"


def _figure(height: int, width: int, num_pictures: int) -> tuple[Figure, list[Axes]]:
    # A figure of its own, not pyplot's: no global state, so threads and long runs leak nothing.
    stacked = width > 1.5 * height
    scale = min(_SHORT_SIDE_INCHES / min(height, width), _LONG_SIDE_INCHES / max(height, width))
    panel_width, panel_height = width * scale, height * scale
    rows, columns = (num_pictures, 1) if stacked else (1, num_pictures)
    # Two lines of title above.
    size_inches = max(columns * panel_width + 0.6, _MIN_WIDTH_INCHES), rows * panel_height + 0.8
    figure = Figure(figsize=size_inches, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns).flat)


def _outline(axis: Axes, mask_HW: NDArray[np.bool_]) -> None:
    if not mask_HW.any():
        return
    # The frame of zeros closes outlines at the image's edge; the shift puts the mask back in its place.
    framed = np.pad(mask_HW.astype(float), 1)
    rows, columns = (np.arange(-1, size + 1) for size in mask_HW.shape)
    axis.autoscale(False)  # the frame must not widen the picture
    axis.contour(columns, rows, framed, levels=[0.5], colors=[_OUTLINE], linewidths=1.2)
