"""Which photographs of MTD show one tile, by their names."""

from collections.abc import Iterable
from pathlib import Path

NUM_EXPOSURES = 6
_MAX_FRAMES_BETWEEN = 400


def whole_series(sample_ids: Iterable[str]) -> list[list[str]]:
    """Sample ids of the series of all six exposures.

    A tile was photographed at exp1 to exp6, one shortly after the other; the number counts frames.
    """
    series: list[list[str]] = []
    frame, exposure = -1, 0
    for next_frame, next_exposure, sample_id in sorted((*_frame_and_exposure(name), name) for name in sample_ids):
        if next_exposure <= exposure or next_frame - frame > _MAX_FRAMES_BETWEEN or not series:
            series.append([])
        series[-1].append(sample_id)
        frame, exposure = next_frame, next_exposure
    return [same for same in series if len(same) == NUM_EXPOSURES]


def _frame_and_exposure(sample_id: str) -> tuple[int, int]:
    exposure, _, frame = Path(sample_id).stem.removeprefix("exp").partition("_num_")
    return int(frame), int(exposure)
