"""What a cell costs for each image and each step, measured on a few images of its category.

The cell itself runs, in a few sizes, with as few steps of training as tell what a step takes; lines through what is
measured say what other sizes take.
"""

import math
import re
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from harness.cells.cell_context import CellContext
from harness.cells.devices import resolve_device
from harness.cells.outcome import CellProgress
from harness.cells.peak_memory import PeakMemory
from harness.cells.run_cell import run_cell
from harness.config import as_json
from harness.phase_clock import REST, phase
from harness.plan import Cell, canonical_json

_LEAST_IMAGES = 4
"""Of a kind (training, normal, defect): what every method can be fitted on."""
_FEW_WINDOWS = 16
"""Of a kind, in the smaller of two sizes; fewer would not fill the batches in which methods work, so that memory would
seem to grow with the images."""
_FEW_STEPS, _SOME_STEPS = 2, 8
_MAPPINGS = Path("/proc/self/maps")
"""See proc(5)."""


@dataclass(frozen=True, kw_only=True)
class CellSize:
    """How much a cell has to do; images count by the pixels that a method is shown, those of the trial as 1."""

    num_features: float
    """Images that the backbone sees, whichever of them are fitted on."""
    num_fit: float
    """Images that the method is fitted on."""
    num_test: float
    num_steps: int


@dataclass(frozen=True)
class Line:
    """A cost that grows with a count."""

    at_zero: float
    each: float

    def __call__(self, count: float) -> float:
        """The cost at a count."""
        return self.at_zero + self.each * count

    @classmethod
    def through(cls, few: tuple[float, float], some: tuple[float, float]) -> "Line":
        """The line through two points (count, cost).

        Where the larger count costs no more, by chance, the cost is taken to be proportional to the count, which is
        rather too much than too little.

        >>> Line.through((2, 5.0), (4, 9.0))
        Line(at_zero=1.0, each=2.0)
        >>> Line.through((2, 5.0), (4, 4.0))
        Line(at_zero=0.0, each=1.0)
        """
        each = (some[1] - few[1]) / (some[0] - few[0]) if some[0] > few[0] else 0.0
        if each <= 0 or each * some[0] > some[1]:
            return cls(0.0, some[1] / max(some[0], 1))
        return cls(some[1] - each * some[0], each)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What a cell costs, by its size."""

    feature_seconds: Line
    """By images, decoding included; 0 for a method that keeps no features."""
    fit_seconds: Line
    """By images, with ``trial_steps`` steps."""
    step_seconds: float
    trial_steps: int
    judge_seconds: Line
    """Scores, metrics and all else, by test images."""
    memory_bytes: Line | None
    """Most that the process holds, by images that are fitted on or tested; None where the system does not tell."""
    device_bytes: int | None
    """Most that tensors hold on a GPU; None on a CPU."""
    feature_bytes: float
    """In the feature cache, of an image."""
    training_bytes: float
    """In temporary files while the method is fitted, of an image."""

    def fit(self, size: CellSize) -> float:
        """Seconds of fitting."""
        return self.fit_seconds(size.num_fit) + self.step_seconds * max(0, size.num_steps - self.trial_steps)


def measure_rates(cell: Cell, settings: Any, context: CellContext, windows_per_image: float) -> Rates:
    """Run a cell on a few images and with a few steps; nothing of it is kept.

    The first of five runs is not counted, because it loads what all share. The backbone sees about 135 images in all.

    Args:
        cell: One-class and undisturbed; its limit is replaced.
        settings: Of its method.
        context: Where it runs.
        windows_per_image: Tiles of an image; 1 for whole images.

    Raises:
        Exception: As ``run_cell``.
    """
    few_images = max(_LEAST_IMAGES, math.ceil(_FEW_WINDOWS / windows_per_image))
    has_steps = any(each.name == "steps" for each in fields(settings))

    more_steps, more_seconds = 0, 0.0
    with tempfile.TemporaryDirectory(prefix="bench-trial-") as scratch:

        def run(limit: int, steps: int) -> _Run:
            changed = replace(settings, steps=steps) if has_steps else settings
            changed_cell = replace(cell, limit=limit, settings_json=canonical_json(as_json(changed)))
            return _run(changed_cell, replace(context, features_dir=Path(scratch, str(limit))))

        run(_LEAST_IMAGES, _FEW_STEPS)
        # Other limits than before, because these must find no features.
        few, some = run(few_images + 1, _FEW_STEPS), run(few_images + few_images // 2 + 1, _FEW_STEPS)
        if has_steps:
            # Both on features that are there, after a fit of that size: the first of a size is slower.
            shorter, longer = (run(few_images + 1, steps) for steps in (_FEW_STEPS, _SOME_STEPS))
            more_steps = longer.size.num_steps - shorter.size.num_steps
            more_seconds = max(0.0, longer.fit_seconds - shorter.fit_seconds)

    def line(count: str, cost: str) -> Line:
        points = [(getattr(each.size, count), getattr(each, cost)) for each in (few, some)]
        return Line.through(points[0], points[1])

    memory = None
    if few.memory_bytes is not None and some.memory_bytes is not None:
        each = max(0.0, (some.memory_bytes - few.memory_bytes) / max(1, some.num_held - few.num_held))
        memory = Line(max(few.memory_bytes, some.memory_bytes) - each * some.num_held, each)
    return Rates(
        feature_seconds=line("num_features", "feature_seconds"),
        fit_seconds=line("num_fit", "fit_seconds"),
        step_seconds=more_seconds / more_steps if more_steps else 0.0,
        trial_steps=some.size.num_steps,
        judge_seconds=line("num_test", "judge_seconds"),
        memory_bytes=memory,
        device_bytes=some.device_bytes,
        feature_bytes=some.feature_bytes / some.size.num_features,
        training_bytes=some.training_bytes / some.size.num_fit,
    )


@dataclass(frozen=True, kw_only=True)
class _Run:
    size: CellSize
    feature_seconds: float
    fit_seconds: float
    judge_seconds: float
    memory_bytes: int | None
    device_bytes: int | None
    feature_bytes: int
    training_bytes: int

    @property
    def num_held(self) -> float:
        return self.size.num_fit + self.size.num_test


def _run(cell: Cell, context: CellContext) -> _Run:
    training_bytes, num_steps = 0, 1

    def look(progress: CellProgress) -> None:
        nonlocal training_bytes, num_steps
        if progress.stage == "fit":
            training_bytes, num_steps = max(training_bytes, _nameless_bytes()), progress.total

    assert context.features_dir is not None, "of the trial's own"
    with PeakMemory(resolve_device(context.device)) as memory, phase(REST) as whole:
        record = run_cell(cell, context, look)
    feature_bytes = sum(file.stat().st_size for file in context.features_dir.rglob("*.npy"))
    num_test = record.num_test_normal + record.num_test_defect
    return _Run(
        size=CellSize(
            num_features=record.num_train + num_test,
            num_fit=record.num_train,
            num_test=num_test,
            num_steps=num_steps,
        ),
        feature_seconds=record.feature_seconds,
        fit_seconds=record.fit_seconds,
        judge_seconds=max(0.0, whole.seconds - record.feature_seconds - record.fit_seconds),
        memory_bytes=memory.held_bytes,
        device_bytes=memory.device_bytes,
        feature_bytes=feature_bytes,
        training_bytes=training_bytes,
    )


def _nameless_bytes() -> int:
    """Size of the temporary files that this process has mapped and that have no name; 0 where the system hides it."""
    pattern = re.compile(rf"([0-9a-f]+)-([0-9a-f]+) .* {re.escape(tempfile.gettempdir())}/\S* \(deleted\)")
    try:
        found = map(pattern.fullmatch, _MAPPINGS.read_text().splitlines())
    except OSError:
        return 0
    return sum(int(each[2], 16) - int(each[1], 16) for each in found if each)
