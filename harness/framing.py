"""How images become what a method sees, and how its maps and scores become those of the images.

For every ``Protocol.aspect``, an image is scaled and then seen through windows of one size: one window of the
image's own size (``keep``, ``square``), one larger window (``pad``), or several smaller ones (``tiles``). A method
is given windows; everything else is given images.

Shapes: V views of one image, H x W pixels of a window, Y x X pixels of the scaled image.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.config.protocol import Protocol
from harness.images import Corruption, ImageSet, View, image_size, resize_map

if TYPE_CHECKING:
    from mfrnet import AnomalyMaps


def frame(
    ids: Sequence[str],
    paths: Sequence[Path],
    key: str,
    size_px: tuple[int, int],
    protocol: Protocol,
    corruptions: Sequence[Corruption] | None = None,
) -> ImageSet:
    """Images of a category as a method is given them.

    Args:
        ids: Names of the images.
        paths: Files of the images; their headers are read if images are padded or tiled.
        key: Identifies the content of the images. It need not depend on the protocol.
        size_px: ``Protocol.size_for`` of the category.
        protocol: Determines the windows.
        corruptions: What happens to each image, as ``key`` says; None leaves all as they are.

    Raises:
        DataError: A file's header cannot be read.
    """
    if protocol.aspect in ("keep", "square"):
        return ImageSet(
            ids=tuple(ids),
            paths=tuple(paths),
            size_px=size_px,
            key=key,
            corruptions=None if corruptions is None else tuple(corruptions),
        )
    of_images = [views_of(image_size(path), size_px, protocol) for path in paths]
    counts = [len(views) for views in of_images]
    return ImageSet(
        ids=tuple(name for name, count in zip(ids, counts, strict=True) for _ in range(count)),
        paths=tuple(path for path, count in zip(paths, counts, strict=True) for _ in range(count)),
        size_px=size_px,
        key=key,
        views=tuple(view for views in of_images for view in views),
        corruptions=None
        if corruptions is None
        else tuple(each for each, count in zip(corruptions, counts, strict=True) for _ in range(count)),
    )


def views_of(image_px: tuple[int, int], size_px: tuple[int, int], protocol: Protocol) -> tuple[View, ...]:
    """What a method is shown of an image. Sizes are height and width.

    Args:
        image_px: Of the image.
        size_px: ``Protocol.size_for`` of the category.
        protocol: Determines the windows.
    """
    if protocol.aspect in ("keep", "square"):
        return (View(size_px, (0, 0)),)
    if protocol.aspect == "pad":
        return (padded_view(image_px, size_px),)
    return tile_views(image_px, protocol.image_size_px, protocol.overlap, protocol.tiled_size_px)


def padded_view(image_px: tuple[int, int], size_px: tuple[int, int]) -> View:
    """An image that is scaled, up or down, to fit into the middle of a window. Sizes are height and width."""
    scale = min(size / own for size, own in zip(size_px, image_px, strict=True))
    height, width = (min(size, max(1, round(scale * own))) for size, own in zip(size_px, image_px, strict=True))
    return View((height, width), (-((size_px[0] - height) // 2), -((size_px[1] - width) // 2)))


def tile_views(
    image_px: tuple[int, int], side_px: int, overlap: float, tiled_size_px: int | None = None
) -> tuple[View, ...]:
    """Square tiles that cover an image, row by row, evenly spaced.

    Args:
        image_px: Height and width of the image.
        side_px: Side of a tile.
        overlap: Share of the side that neighbours have in common, at least; in [0, 1).
        tiled_size_px: Shorter side of the image after resizing, at least ``side_px``; None keeps the image's
            own size, unless it is smaller than a tile.
    """
    scale = (tiled_size_px or max(side_px, min(image_px))) / min(image_px)
    height, width = (max(side_px, round(scale * own)) for own in image_px)
    tops, lefts = (_starts(length, side_px, overlap) for length in (height, width))
    return tuple(View((height, width), (top, left)) for top in tops for left in lefts)


def stitch(views: Sequence[View], maps_VHW: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The map (Y, X) of an image from the maps of all its views, without what a window shows beyond the image.

    Where tiles overlap, their maps are averaged with weights that fall linearly from the middle of a tile to its
    edge: no seam shows, and a network knows least about what is next to its edge. Equal maps stay unchanged.
    """
    size_px = (maps_VHW[0].shape[0], maps_VHW[0].shape[1])
    if len(views) == 1:
        _, of_window = views[0].within(size_px)
        return maps_VHW[0][of_window]
    weights_HW = np.outer(_falling(size_px[0]), _falling(size_px[1]))
    sum_YX, weight_YX = np.zeros(views[0].scaled_px), np.zeros(views[0].scaled_px)
    for view, map_HW in zip(views, maps_VHW, strict=True):
        of_image, of_window = view.within(size_px)
        sum_YX[of_image] += (weights_HW * map_HW)[of_window]
        weight_YX[of_image] += weights_HW[of_window]
    return (sum_YX / weight_YX).astype(np.float32)


def image_score(scores_V: Sequence[float], map_YX: NDArray[np.float32], protocol: Protocol) -> float:
    """The score of an image from the scores of its views and its map, by one rule for all methods.

    A whole image has the score that the method gave it, and a tiled image that of its worst tile. A padded image
    has the highest value of its map, because the method's own score may come from the padding.
    """
    return float(map_YX.max()) if protocol.aspect == "pad" else max(scores_V)


def whole_images(
    batches: "Iterable[AnomalyMaps]", images: ImageSet, protocol: Protocol
) -> Iterator[tuple[NDArray[np.float32], float]]:
    """The stitched map and the score of every image of a set, in order, from the maps of its views.

    Args:
        batches: Maps and scores of the views, as a method gives them.
        images: What the method was given.
        protocol: Decides the score.

    Raises:
        FloatingPointError: A map or a score is not finite.
        RuntimeError: There are more or fewer maps than views.
    """
    of_images = images.images()
    # Of the image that is not complete yet.
    maps_V: list[NDArray[np.float32]] = []
    scores_V: list[float] = []
    num_views = row = 0
    for batch in batches:
        if not (np.isfinite(batch.scores_B).all() and np.isfinite(batch.maps_BHW).all()):
            raise FloatingPointError("The method gave a map or a score that is not finite.")
        num_views += len(batch.scores_B)
        if num_views > len(images):
            break
        for map_HW, score in zip(batch.maps_BHW, batch.scores_B, strict=True):
            maps_V.append(map_HW)
            scores_V.append(float(score))
            if len(maps_V) == len(of_images[row]):
                map_YX = stitch([images.view(view) for view in of_images[row]], maps_V)
                yield map_YX, image_score(scores_V, map_YX, protocol)
                maps_V, scores_V, row = [], [], row + 1
    if num_views != len(images):
        raise RuntimeError(f"The method gave {num_views} maps for {len(images)} images.")


def at_resolution(map_YX: NDArray[np.float32], path: Path, protocol: Protocol) -> NDArray[np.float32]:
    """A stitched map at the size at which it is compared with its mask: unchanged, or at the size of the image.

    Raises:
        DataError: The image's header cannot be read.
    """
    return map_YX if protocol.resolution == "frame" else resize_map(map_YX, image_size(path))


def _starts(length: int, side: int, overlap: float) -> list[int]:
    steps = math.ceil((length - side) / (side * (1 - overlap)))
    return [round(step * (length - side) / steps) for step in range(steps + 1)] if steps else [0]


def _falling(length: int) -> NDArray[np.float64]:
    """Distance of each pixel from the nearer end, half a pixel or more."""
    place = np.arange(length) + 0.5
    distance: NDArray[np.float64] = np.minimum(place, length - place)
    return distance
