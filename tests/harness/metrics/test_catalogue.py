from importlib.metadata import EntryPoint

import pytest

from harness.errors import UnknownNameError
from harness.metrics import Metric, catalogue, find_metric, metric_names

RECALL = Metric(name="recall", title="recall", needs="scores", compute=lambda tally: 1.0)


@pytest.fixture
def installed(monkeypatch):
    """Makes entry points of plug-ins known while a test runs."""

    def install(**entries):
        found = [EntryPoint(name, value, catalogue.ENTRY_POINTS) for name, value in entries.items()]
        monkeypatch.setattr(catalogue, "entry_points", lambda group: found)
        catalogue._plug_ins.cache_clear()

    yield install
    catalogue._plug_ins.cache_clear()


def test_a_metric_of_an_installed_package_comes_after_those_of_the_project(installed):
    installed(recall=f"{__name__}:RECALL")
    assert metric_names()[-1] == "recall"
    assert find_metric("recall") is RECALL


def test_an_unknown_metric_gets_the_nearest_name():
    with pytest.raises(UnknownNameError, match=r"Unknown metric 'image_aroc'\. Did you mean 'image_auroc'\? Known: "):
        find_metric("image_aroc")


def test_something_else_than_a_metric_is_refused():
    with pytest.raises(UnknownNameError, match=r"'math:pi': expected a harness\.metrics\.Metric, got float"):
        find_metric("math:pi")


def test_an_entry_point_under_another_name_is_refused(installed):
    installed(sensitivity=f"{__name__}:RECALL")
    with pytest.raises(UnknownNameError, match=r"must have the metric's own name 'recall'"):
        find_metric("sensitivity")
