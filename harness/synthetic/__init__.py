"""Defects with masks, made on normal images: what a search may look at instead of test images."""
