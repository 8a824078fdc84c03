"""Whatever the product writes can be read by another user, as far as the umask allows it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from harness.cells import cell_costs
from harness.config import RecordFilter, run_settings
from harness.datasets.demo.generator import generate
from harness.datasets.describing import describe
from harness.datasets.finding import find
from harness.datasets.splits import write_manifest
from harness.jobs.costs import costs
from harness.jobs.figures import figures
from harness.jobs.leaderboard import export
from mfrnet import MFRNet, MFRNetSettings, load_backbone
from tests.support import miniatures, unknown_folders
from tests.support.cells import TINY_SETTINGS
from tests.support.searches import searchable


@pytest.fixture(params=[0o022, 0o027])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield int(request.param)
    os.umask(before)


def unlike_the_umask(folder: Path, umask: int) -> dict[str, str]:
    """Files and folders below ``folder``, ``folder`` not included, with other permissions than the umask gives."""
    found = {}
    for path in sorted(folder.rglob("*")):
        expected = (0o777 if path.is_dir() else 0o666) & ~umask
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode != expected:
            found[path.relative_to(folder).as_posix()] = oct(mode)
    return found


def test_a_run_its_costs_tables_figures_and_caches_follow_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cell_costs, "load_of_others", lambda: 0.0)
    miniatures.mvtec_ad(tmp_path / "data")
    settings = run_settings(
        datasets=["mvtec_ad/bottle"],
        methods={"gaussian": {"backbone": "filter_bank", "grid_stride_px": 8}},
        protocol={"image_size_px": 32},
        data=tmp_path / "data",
        workers=0,
        results=str(tmp_path / "results"),
        panels=1,
    )
    assert harness.run(settings).num_failed == 0
    assert costs(settings, lambda cell, found: None) == 1
    harness.tables(results=settings.results)
    figures(RecordFilter(results=settings.results))
    export(RecordFilter(results=settings.results), tmp_path / "leaderboard.parquet")
    suffixes = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert {".parquet", ".png", ".pdf", ".tex", ".md", ".csv", ".npy", ".sqlite", ".lock"} <= suffixes
    assert unlike_the_umask(tmp_path, umask) == {}


def test_generated_images_follow_the_umask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("harness.datasets.demo.dataset.generate", lambda category: list(generate(category))[-2:])
    assert len(find("demo", tmp_path).files(tmp_path, "board")) >= 2
    assert unlike_the_umask(tmp_path, umask) == {}


SPACE = """\
method = "gaussian"
[objective]
metrics = ["image_auroc"]
[budget]
trials = 2
[fixed]
backbone = "filter_bank"
grid_stride_px = 8
[space.smoothing_px]
kind = "float"
low = 0.0
high = 8.0
why = "a test"
"""


@pytest.mark.parametrize("selection", ["synthetic", "validation"])
def test_a_search_its_images_and_its_split_follow_the_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int, selection: str
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    searchable(tmp_path / "data")
    (tmp_path / "space.toml").write_text(SPACE)
    where = {"data": tmp_path / "data", "results": str(tmp_path / "results"), "protocol": {"image_size_px": 32}}
    found = harness.search(
        space=tmp_path / "space.toml", targets=["mvtec_ad"], settings=where | {"workers": 0}, selection=selection
    )
    assert found.outcome.best is not None
    assert any((tmp_path / "results").rglob("*"))
    assert unlike_the_umask(tmp_path, umask) == {}


def test_a_saved_model_follows_the_umask(tmp_path: Path, umask: int) -> None:
    settings = MFRNetSettings(**TINY_SETTINGS)
    model = MFRNet(settings, load_backbone(settings))
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.png")
        miniatures.write_image(paths[-1], number)
    model.fit(paths)
    model.save(tmp_path / "model")
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"model.json", "model.safetensors"}
    assert unlike_the_umask(tmp_path, umask) == {}


def test_a_description_and_a_manifest_follow_the_umask(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "parts"
    unknown_folders.good_and_bad(folder)
    describe(folder)
    write_manifest([find(str(folder), tmp_path).split(tmp_path, "parts", 0)], tmp_path / "split.csv")
    assert unlike_the_umask(tmp_path, umask) == {}
