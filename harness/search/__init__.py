"""Searching settings: points from Optuna, work by Ray Tune or here, and nothing from the test images."""
