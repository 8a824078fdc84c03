"""Defects with masks, made on normal images: what a search may look at instead of test images."""

from harness.synthetic.defect_making import SyntheticSet, make_defects
from harness.synthetic.kinds import KINDS

__all__ = ["KINDS", "SyntheticSet", "make_defects"]
