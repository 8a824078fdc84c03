"""The package in ``tests/example_plugin`` adds a method, a data set and a metric, as an installed one does."""

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from harness.datasets import Dataset
from harness.testing import DatasetContract, MethodCase, MethodContract

PROJECT = Path(__file__).parents[1] / "example_plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the metadata that pip writes when it installs the package."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    folder = tmp_path_factory.mktemp("site")
    metadata = folder / f"example_plugin-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in entries.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module", autouse=True)
def importable() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PROJECT / "src")
        importlib.import_module("example_plugin.mean_image")
        importlib.import_module("example_plugin.stripes")


def bench(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    search_path = os.pathsep.join(map(str, (installed, PROJECT / "src", *filter(None, sys.path))))
    return subprocess.run(
        [sys.executable, "-c", "from harness.cli import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search_path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


class TestMethodOfThePlugIn(MethodContract):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls) -> MethodCase:
        name = "example_plugin.mean_image:MeanImageMethod"
        return MethodCase(name, importlib.import_module("example_plugin.mean_image").MeanImageSettings())


class TestDatasetOfThePlugIn(DatasetContract):
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        importlib.import_module("example_plugin.stripes").write_stripes(tmp_path)
        return tmp_path

    @pytest.fixture
    def dataset(self) -> Dataset:
        found: Dataset = importlib.import_module("example_plugin.stripes").Stripes()
        return found


@pytest.mark.integration
def test_its_method_runs_on_its_data_set_and_its_metric_is_in_the_leaderboard(installed: Path, tmp_path: Path) -> None:
    importlib.import_module("example_plugin.stripes").write_stripes(tmp_path)
    where = ("--data", str(tmp_path), "--results", "results")
    names = ("--datasets", "stripes", "--methods", "mean_image")
    done = bench(installed, tmp_path, "run", *names, *where, "--image-size", "32", "--workers", "0")
    assert done.returncode == 0, done.stderr
    assert "mean_image" in done.stdout
    shown = bench(installed, tmp_path, "leaderboard", "--results", "results", "--metrics", "image_auroc_loss")
    assert shown.returncode == 0, shown.stderr
    assert "AUROC loss" in shown.stdout


@pytest.mark.integration
def test_its_method_is_listed_and_its_settings_explained(installed: Path, tmp_path: Path) -> None:
    done = bench(installed, tmp_path, "methods", "mean_image")
    assert done.returncode == 0, done.stderr
    assert "Images that are read at once." in done.stdout
