"""Defects with masks, made on normal images: what a search may look at instead of test images."""

from harness.synthetic.kinds import KINDS
from harness.synthetic.make import SyntheticSet, make_defects

__all__ = ["KINDS", "SyntheticSet", "make_defects"]
