"""Generated images, so that everything can be tried without a download."""

from harness.datasets.demo.dataset import Demo

__all__ = ["Demo"]
