"""How wide letters are, before anything is drawn."""

from functools import lru_cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

LINE_HEIGHT = 1.25
"""Distance of two lines over the size of the letters."""

_MEASURE = TextToPath()
_POINTS_PER_INCH = 72.0


@lru_cache(maxsize=4096)
def width_inches(text: str, points: float) -> float:
    """Width of one line of text."""
    font = FontProperties(family="DejaVu Sans", size=points)
    width, _, _ = _MEASURE.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / _POINTS_PER_INCH


def height_inches(num_lines: int, points: float) -> float:
    """Height of lines of text."""
    return num_lines * points * LINE_HEIGHT / _POINTS_PER_INCH


def wrapped(text: str, inches: float, points: float) -> list[str]:
    """Lines no wider than asked, broken at plain spaces, and within a word only where it alone is too wide."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if width_inches(longer, points) <= inches:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        while width_inches(word, points) > inches and len(word) > 1:
            fitting = max((end for end in range(1, len(word)) if width_inches(word[:end], points) <= inches), default=1)
            lines[-1], word = word[:fitting], word[fitting:]
            lines.append("")
        lines[-1] = word
    return lines
