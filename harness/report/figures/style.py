"""How every figure looks: sizes, greys, and one look for each method."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style

COLUMN_INCHES = 3.3
"""One column of a two-column paper."""
PAGE_INCHES = 6.9
"""Both columns."""
MAX_HEIGHT_INCHES = 9.0
"""Height that leaves room for a caption on a page."""

TEXT_POINTS = 7.0
SMALL_POINTS = 6.0
TITLE_POINTS = 8.0

INK = "#262626"
MUTED = "#666666"
GRID = "#dedede"

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "font.size": TEXT_POINTS,
    "axes.titlesize": TEXT_POINTS,
    "axes.labelsize": TEXT_POINTS,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "xtick.major.size": 2.0,
    "ytick.major.size": 2.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.0,
    "lines.solid_capstyle": "round",
    "legend.fontsize": SMALL_POINTS,
    "legend.handlelength": 1.6,
    "legend.handletextpad": 0.5,
    "legend.labelspacing": 0.2,
    "legend.borderpad": 0.3,
    "legend.borderaxespad": 0.2,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "savefig.dpi": 300,
    "pdf.fonttype": 42,  # TrueType: some publishers refuse matplotlib's usual Type 3
    "text.parse_math": False,  # a label is text, whatever it contains
}

# Okabe and Ito, "Color Universal Design" (2008), without yellow, which is too pale for lines on white.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
_DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.2)), (0, (1.2, 1.2)), (0, (5, 1, 1, 1)))


@dataclass(frozen=True)
class Look:
    """How one row of the leaderboard is drawn, in every figure."""

    colour: str
    marker: str
    dashes: Any
    """A line style of matplotlib."""

    @property
    def ink(self) -> str:
        """The colour, dark enough to read small letters in."""
        parts = (int(self.colour[place : place + 2], 16) for place in (1, 3, 5))
        return "#" + "".join(f"{round(0.72 * part):02x}" for part in parts)


def looks_of(labels: Sequence[str]) -> dict[str, Look]:
    """A look for each label; the first 56 differ from each other."""
    return {
        label: Look(
            colour=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number % len(_MARKERS)],
            dashes=_DASHES[number // len(_COLOURS) % len(_DASHES)],
        )
        for number, label in enumerate(labels)
    }


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in this style, whatever the user's own settings of matplotlib are."""
    with matplotlib.style.context(["default", _RC]):
        yield
