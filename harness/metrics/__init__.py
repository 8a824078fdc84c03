"""Exact metrics of anomaly scores and anomaly maps, unchanged by any increasing map of the scores."""

from harness.metrics.aupro import aupro
from harness.metrics.catalogue import Metric, find_metric, metric_names
from harness.metrics.measuring import Measured, image_metrics, measure, pixel_metrics
from harness.metrics.spro import spro

__all__ = [
    "Measured",
    "Metric",
    "aupro",
    "find_metric",
    "image_metrics",
    "measure",
    "metric_names",
    "pixel_metrics",
    "spro",
]
