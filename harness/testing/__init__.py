"""Tests that every method, data set and tracker must pass, built-in or plug-in.

A test class inherits a contract and gives it the object to test through fixtures. Needs pytest, which is
not installed with this package.
"""

from harness.testing.dataset_contract import DatasetContract
from harness.testing.method_contract import MethodCase, MethodContract, MethodDeclarationContract
from harness.testing.tracker_contract import KeptRun, TrackerContract

__all__ = [
    "DatasetContract",
    "KeptRun",
    "MethodCase",
    "MethodContract",
    "MethodDeclarationContract",
    "TrackerContract",
]
