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
        monkeypatch.setattr("harness.registry.entry_points", lambda group: found)
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


@pytest.mark.parametrize(("target", "found"), [("math:pi", "float"), (f"{__name__}:RECALL", "recall")])
def test_an_entry_point_that_is_no_metric_of_its_name_is_refused(installed, target, found):
    installed(sensitivity=target)
    with pytest.raises(UnknownNameError, match=rf"'sensitivity': expected .*Metric of this name, got '{found}'"):
        find_metric("sensitivity")
