import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.store import RecordStore
from tests.support import miniatures
from tests.support.commands import Answer, Command, refused

SMALL = "ablate --backbone filter_bank --image-size 32 --workers 0 --cpus-per-worker 1"
Bench = Callable[[str], Answer]


@pytest.fixture
def bench(bench_command: Command, tmp_path: Path) -> Bench:
    miniatures.mvtec_ad(tmp_path / "data")
    return lambda arguments: bench_command(f"{SMALL} {arguments}")


def stored(results: Path) -> dict[str, list[dict[str, Any]]]:
    frame = RecordStore(str(results)).frame()
    return {
        str(method): [json.loads(settings) for settings in of["settings"]] for method, of in frame.groupby("method")
    }


def test_runs_one_factor_at_a_time_beside_a_control_and_writes_table_and_figures(bench: Bench, tmp_path: Path) -> None:
    command = "mvtec_ad/bottle --method gaussian --vary top_share=0,0.02 --vary layers=[2],[2,3] --control constant"
    first = bench(f"{command} --metrics image_auroc")
    assert first.code == 0, first.err
    of_method = stored(tmp_path / "results")
    varied = sorted((each["top_share"], each["layers"]) for each in of_method["gaussian"])
    assert varied == [(0.0, [2, 3]), (0.02, [2]), (0.02, [2, 3])]
    assert len(of_method["constant"]) == 1
    assert "top_share=0.0" in first.out
    assert "control: constant" in first.out

    written = {path.name for path in (tmp_path / "results" / "ablation").iterdir()}
    tables = {f"ablation_gaussian.{suffix}" for suffix in ("tex", "md", "csv")}
    assert written == tables | {f"ablation_gaussian_image_auroc.{suffix}" for suffix in ("pdf", "png")}
    rows = (tmp_path / "results/ablation/ablation_gaussian.csv").read_text()
    assert [word for word in ("reference", "layers=[2]", "top_share=0.0", "control: constant") if word in rows] == [
        "reference",
        "layers=[2]",
        "top_share=0.0",
        "control: constant",
    ]

    again = bench(f"{command} --metrics image_auroc --out elsewhere")
    assert "0 cells to run, 4 skipped" in again.out
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == written


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ("mvtec_ad --vary k=1,2,3", ["mfrnet.k: expected at least 2, got 1"]),
        (
            "mvtec_ad --vary k=1,2 --vary n=0,5",
            ["mfrnet.k: expected at least 2, got 1", "mfrnet.n: expected at least 1, got 0"],
        ),
        ("mvtec_ad --vary k=wide", ["mfrnet.k: expected a whole number, got 'wide'"]),
        ("mvtec_ad --vary k=3,13,14 --image-size 96", ["k: expected 2 to 12 masks", "got 13", "got 14"]),
        ("mvtec_ad --vary kk=2", ["Unknown setting of method 'mfrnet': 'kk'. Did you mean 'k'?"]),
        ("mvtec_ad --vary k", ["--vary: expected SETTING=VALUES, e.g. k=2,3,4, got 'k'."]),
        ("mvtec_ad --vary k=2 --vary k=3", ["--vary k: expected one flag with all values"]),
        ("mvtec_ad --vary k=3 --method mfrnt", ["Unknown method 'mfrnt'. Did you mean 'mfrnet'?"]),
        (
            "mvtec_ad --vary k=3 --control mfrnet",
            ["--control: expected another method than the one"],
        ),
        ("mvtec_ad --vary k=3 --metrics auroc", ["Unknown metric 'auroc'"]),
        ("mvtec_ad/botle --vary k=3", ["Unknown category of mvtec_ad 'botle'. Did you mean 'bottle'?"]),
        ("mvtecad --vary k=3", ["Unknown data set 'mvtecad'. Did you mean 'mvtec_ad'?"]),
        (
            "mvtec_ad --vary width=16,24 --vary num_heads=1,3 --crossed",
            ["mfrnet.width: expected a multiple of 4 x num_heads = 12, got 16."],
        ),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    bench: Bench, tmp_path: Path, arguments: str, texts: list[str]
) -> None:
    refused(bench(arguments), *texts)
    assert not (tmp_path / "results").exists()


def test_the_backbone_may_be_what_varies(bench: Bench) -> None:
    answer = bench("mvtec_ad/bottle --vary backbone=filter_bank,resnet18 --control gaussian --policy never")
    assert answer.code == 0, answer.err
    assert "0 cells to run, 3 skipped" in answer.out


def test_without_records_there_is_nothing_to_show(bench: Bench) -> None:
    answer = bench("mvtec_ad/bottle --vary k=3 --policy never")
    assert answer.code == 0
    assert "None of these cells has a record" in answer.out
