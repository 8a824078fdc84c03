"""More to learn from where there are only a few images: the same images, enlarged a little and cut at several places.

A detector needs images to train on and others to calibrate on, and the spread at a position needs several of them. Cuts
of one image show it moved by some pixels and at another scale, as the next photograph of a part would. They are not
turned or mirrored: a part that lies the other way round can be a defect.
"""

import hashlib
from itertools import product

from harness.images import ImageSet, View

_ZOOM = 1.1
_PLACES = (0.0, 0.5, 1.0)
"""Of a cut between the upper, or left, edge and the lower, or right, one."""
VIEWS_OF_FEW = 1 + len(_PLACES) ** 2
"""What is made of one image, itself included."""


def few_views(images: ImageSet) -> ImageSet:
    """Every item as it is, followed by nine cuts of it, enlarged by a tenth.

    Args:
        images: Good images, whole or in views.

    Returns:
        A set of its own, ten times as long.

    >>> from pathlib import Path
    >>> found = few_views(ImageSet(ids=("a",), paths=(Path("a.png"),), size_px=(64, 64), key="a"))
    >>> len(found), found.view(0), found.view(9)
    (10, View(scaled_px=(64, 64), corner_px=(0, 0)), View(scaled_px=(70, 70), corner_px=(6, 6)))
    """
    views = [_cuts(images.view(row), images.size_px) for row in range(len(images))]
    return ImageSet(
        ids=tuple(name for name, of in zip(images.ids, views, strict=True) for _ in of),
        paths=tuple(path for path, of in zip(images.paths, views, strict=True) for _ in of),
        size_px=images.size_px,
        key=hashlib.sha256(f"{images.key}|few views".encode()).hexdigest(),
        views=tuple(view for of in views for view in of),
    )


def _cuts(view: View, size_px: tuple[int, int]) -> list[View]:
    scaled_px = (round(_ZOOM * view.scaled_px[0]), round(_ZOOM * view.scaled_px[1]))
    cuts = [view]
    for down, right in product(_PLACES, _PLACES):
        top, left = (
            round(_ZOOM * corner + place * (_ZOOM - 1) * length)
            for corner, place, length in zip(view.corner_px, (down, right), size_px, strict=True)
        )
        cuts.append(View(scaled_px, (top, left)))
    return cuts
