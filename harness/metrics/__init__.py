"""Exact metrics of anomaly scores and anomaly maps, unchanged by any increasing map of the scores."""

from harness.metrics.aupro import aupro
from harness.metrics.image import ImageMetrics, image_metrics
from harness.metrics.pixel import PixelMetrics, pixel_metrics, pixel_metrics_of
from harness.metrics.spro import spro

__all__ = ["ImageMetrics", "PixelMetrics", "aupro", "image_metrics", "pixel_metrics", "pixel_metrics_of", "spro"]
