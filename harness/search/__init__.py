"""Searching settings: points from Optuna, work on one machine or under Ray Tune, no test image."""
