"""Cells and settings for tests that care about neither."""

from typing import Any

from harness.config.protocol import Protocol
from harness.plan import Cell

TINY_SETTINGS: dict[str, Any] = {
    "backbone": "filter_bank",
    "grid_stride_px": 8,
    "width": 16,
    "num_heads": 2,
    "depth": 1,
    "steps": 5,
    "cell": 1,
}
"""What makes a method quick; a method takes those of them that it has."""


def make_cell(category: str, settings_json: str = "{}") -> Cell:
    """A cell of a data set and a method that do not exist."""
    return Cell(
        dataset="mock",
        category=category,
        method="mock",
        method_version=1,
        seed=0,
        settings_json=settings_json,
        protocol=Protocol(),
        data_fingerprint="",
        weights_sha256="",
        cost=1,
    )
