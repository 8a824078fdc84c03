from pathlib import Path

import pytest

from harness.config import load_run_settings, run_settings
from harness.config.suites import suite_titles, suite_values
from harness.datasets import DATASETS
from harness.errors import SettingsError, UnknownNameError
from harness.methods import METHODS

NAMES = list(suite_titles())


def test_three_suites_come_with_the_package() -> None:
    assert NAMES == ["all-methods", "mvtec-classic", "smoke"]


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_of_the_package_has_a_title_of_one_line_and_known_names(name: str) -> None:
    assert 10 < len(suite_titles()[name]) < 100
    settings = load_run_settings({}, suite=name)
    for method in settings.methods:
        METHODS.check(method)
    assert set(settings.datasets) <= {*DATASETS.names(), "all"}
    assert len(settings.notes) == (settings.limit is not None)
    # Where data and results are is no part of what runs.
    assert settings.model_fields_set.isdisjoint({"data", "results", "address", "track"})


def test_a_file_goes_over_a_suite_and_flags_go_over_both(tmp_path: Path) -> None:
    suite, config = tmp_path / "mine.toml", tmp_path / "run.toml"
    suite.write_text(
        'title = "Mine"\ndatasets = ["mtd"]\nseeds = [0, 1]\npanels = 3\n[protocol]\naspect = "square"\n'
        "[methods.mfrnet]\nk = 3\nn = 1\n[methods.gaussian]\n"
    )
    config.write_text("seeds = [5]\npanels = 2\n[protocol]\nimage_size_px = 64\n[methods.mfrnet]\nk = 4\n")
    settings = load_run_settings({"panels": 1}, config, str(suite))
    assert (settings.datasets, settings.seeds, settings.panels) == (("mtd",), (5,), 1)
    assert (settings.protocol.aspect, settings.protocol.image_size_px) == ("square", 64)
    assert settings.methods == ("mfrnet",)
    assert settings.overrides["mfrnet"] == {"k": 4, "n": 1}


def test_a_notebook_names_a_suite_below_its_own_fields() -> None:
    settings = run_settings({"seeds": [7]}, suite="smoke", limit=4)
    assert (settings.datasets, settings.seeds, settings.limit) == (("demo",), (7,), 4)
    again = run_settings(run_settings(seeds=[7]), suite="smoke", limit=4)
    assert again == settings


def test_an_unknown_suite_gets_the_nearest_known_one() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^Unknown suite 'smok'\. Did you mean 'smoke'\? Known: FILE\.toml, all-methods, mvtec"
    ):
        suite_values("smok")
    with pytest.raises(SettingsError, match=r"^--suite none\.toml: this file does not exist\.$"):
        suite_values("none.toml")


def test_a_mistake_in_a_suite_names_the_suite(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("seed = 1\n")
    with pytest.raises(UnknownNameError, match=r"^Unknown setting in suite .*mine\.toml: 'seed'\. Did you mean 'seeds"):
        load_run_settings({}, suite=str(path))
    path.write_text("protocol = 3\n")
    with pytest.raises(
        SettingsError, match=r"^--suite .*mine\.toml: protocol: expected a table \[protocol\], got 3\.$"
    ):
        load_run_settings({}, suite=str(path))
