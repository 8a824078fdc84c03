"""A fitted detector on disk: a folder with ``model.safetensors`` and ``model.json``, and nothing that is code."""

from harness.bundles.bundle import Bundle, read_bundle, write_bundle
from harness.bundles.description import BundleDescription
from harness.bundles.threshold import HeldOutScore, Thresholds, ThresholdSettings, highest_of_groups, set_thresholds

__all__ = [
    "Bundle",
    "BundleDescription",
    "HeldOutScore",
    "ThresholdSettings",
    "Thresholds",
    "highest_of_groups",
    "read_bundle",
    "set_thresholds",
    "write_bundle",
]
