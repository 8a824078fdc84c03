"""From an unknown folder of images to the file that describes it. Every step guesses, and says so."""

from harness.datasets.describing.guess import Described, describe

__all__ = ["Described", "describe"]
