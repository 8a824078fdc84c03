import importlib.util
import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from harness import cli
from harness.datasets import DATASETS
from harness.methods import METHODS
from harness.store import RecordStore
from harness.trackers import TRACKERS
from harness.trackers.tracked_run import TrackedRun
from tests.support import commands, miniatures
from tests.support.commands import Answer, Command

SMALL = ("--methods", "constant,gaussian", "--backbone", "filter_bank", "--image-size", "32")


class Bench(Command):
    """The command on a small data set."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        super().__init__(patch, capture)
        self.data, self.results = root / "data", root / "results"
        miniatures.mvtec_ad(self.data)

    def run(self, *arguments: str) -> Answer:
        return self("run", "--workers", "0", "--cpus-per-worker", "1", *arguments)

    def statuses(self) -> dict[str, str]:
        return dict(RecordStore(str(self.results)).statuses())


@pytest.fixture
def bench(
    bench_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Bench:
    return Bench(tmp_path, monkeypatch, capsys)


def refused(bench: Bench, answer: Answer, *texts: str) -> None:
    commands.refused(answer, *texts)
    assert not bench.results.exists()


# A mistake is one line and exit code 2 before any cell starts.


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        ("run --dataset demo", ["No such option", "--dataset", "'bench run --help'"]),
        ("run --workers two", ["--workers", "integer", "'bench run --help'"]),
        ("runn", ["No such command 'runn'", "'bench --help'"]),
        ("search --trials 3", ["Missing argument 'DATASET", "'bench search --help'"]),
    ],
)
def test_a_flag_or_command_that_is_none(bench: Bench, arguments: str, texts: list[str]) -> None:
    refused(bench, bench(arguments), *texts)


def test_a_command_alone_shows_its_help(bench: Bench) -> None:
    assert bench("datasets").code == 2


def test_an_unknown_data_set_is_answered_without_torch_or_ray(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom harness.cli import main\n"
        "try:\n    main()\nfinally:\n    print(sorted({'torch', 'ray', 'pandas', 'timm'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "run", "--datasets", "mvtecad", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[2])},
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("bench: Unknown data set 'mvtecad'. Did you mean 'mvtec_ad'?")
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("--methods", "mfrnt"), ["Unknown method 'mfrnt'. Did you mean 'mfrnet'?"]),
        (("--datasets", "mtd"), ["Data set 'mtd' is not in", "Expected:"]),
        (("--categories", "botle"), ["Unknown category 'botle'. Did you mean 'bottle'?"]),
        (("--suite", "smok"), ["Unknown suite 'smok'. Did you mean 'smoke'?"]),
        (("--suite", "none.toml"), ["--suite none.toml: this file does not exist."]),
        (("--track", "mlfow"), ["Unknown tracker 'mlfow'. Did you mean 'mlflow'?"]),
        (("--limit", "0"), ["limit: expected at least 1, got 0."]),
        (("--regime", "few-shot"), ["--regime: expected one-class, multi-class or few-shot-K", "got 'few-shot'."]),
        (
            ("--methods", "constant", "--regime", "few-shot-99"),
            ["mvtec_ad/bottle: expected at least 99 good training images for few-shot-99, got 6; ask for a smaller K."],
        ),
        (
            ("--methods", "constant", "--regime", "multi-class", "--calibration-folds", "2"),
            ["--calibration-folds: a multi-class run fits one model for all categories", "got 2."],
        ),
        (("--seeds", "0,x"), ["--seeds: expected whole numbers of at least 0, e.g. 0,1,2, got '0,x'."]),
        (("--seeds", "9" * 20), ["seeds: expected at most 4294967295, got 9999"]),
        (("--policy", "again"), ["policy: expected 'only-missing', 'failed', 'always' or 'never', got 'again'."]),
        (("--image-size", "100"), ["protocol.image_size_px: expected a multiple of 32, got 100."]),
        (("--protocol", "aspect=crop"), ["protocol.aspect: expected 'keep', 'square', 'pad' or 'tiles', got 'crop'."]),
        (("--protocol", "tile_overlap=0.9"), ["protocol.tile_overlap: expected at most 0.75, got 0.9."]),
        (("--protocol", "pad"), ["--protocol: expected NAME=VALUE or DATASET.NAME=VALUE", "got 'pad'."]),
        (("--protocol", "image_size_px=96"), ["Expected one of --image-size and --protocol image_size_px, got both."]),
        (("--protocol", "mvtecad.aspect=pad"), ["Unknown data set in protocol.datasets: 'mvtecad'. Did you mean"]),
        (("--methods", ","), ["methods: expected at least 1 entry, got []."]),
        (("--config", "none.toml"), ["--config none.toml: this file does not exist."]),
        (("--set", "mfrnet.k=0"), ["mfrnet.k: expected at least 2, got 0"]),
        (
            ("--set", "mfrnet.k=13"),
            ["mfrnet on mvtec_ad/bottle: k: expected 2 to 12 masks", "got 13"],
        ),
        (("--set", "mfrnet.kk=2"), ["Unknown setting of method 'mfrnet': 'kk'. Did you mean 'k'?"]),
        (("--set", "mfrnet.width=wide"), ["mfrnet.width: expected a whole number, got 'wide'."]),
        (("--set", "gaussian.top_share=0.1"), ["method 'gaussian' is not in this run (mfrnet)"]),
        (("--set", "mfrnet.layers=[9]"), ["has no layer 9; expected 0 or 'scale0'"]),
        (("--backbone", "resnet19"), ["Unknown backbone 'resnet19'", "timm.list_models()"]),
        (("--weights", "none.pth", "--backbone", "resnet18"), ["No weights file at", "none.pth"]),
        (("--weights", "resnet50=x.pth"), ["no method of this run has a backbone with weights"]),
    ],
)
def test_a_mistake_is_one_line_before_any_cell_starts(
    bench: Bench, arguments: tuple[str, ...], texts: list[str]
) -> None:
    small = ("--methods", "mfrnet", "--backbone", "filter_bank", "--image-size", "96")
    refused(bench, bench.run(*small, *arguments), *texts)


def test_a_mask_of_another_size_is_one_line(bench: Bench) -> None:
    miniatures.write_mask(bench.data / "mvtec_ad/carpet/ground_truth/hole/000_mask.png", size_px=(48, 40))
    refused(bench, bench.run(*SMALL), "mvtec_ad/carpet: the mask", "has 48 x 40 pixels", "000.png has 40 x 48")


def test_an_empty_train_folder_is_one_line(bench: Bench) -> None:
    for path in (bench.data / "mvtec_ad/carpet/train/good").iterdir():
        path.unlink()
    refused(bench, bench.run(*SMALL), "mvtec_ad/carpet: no training image")


def test_what_has_no_effect_is_told_and_what_is_asked_twice_counts_once(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("[methods.mfrnet]\nk = 3\n")
    answer = bench("plan --config run.toml --methods constant --image-size 32 --seeds 0,0 --datasets mvtec_ad,mvtec_ad")
    assert answer.code == 0, answer.err
    for note in (
        "Note: The settings of method 'mfrnet' have no effect: it is not in this run (constant).",
        "Note: Seed 0 was given twice and counts once.",
        "Note: Data set mvtec_ad was given twice and counts once.",
        "2 to run, 0 skipped.",
    ):
        assert note in answer.out


@pytest.mark.parametrize(
    "flags", ["--datasets mvtec_ad/bottle", "--categories bottle", "--datasets mvtec_ad --categories mvtec_ad/bottle"]
)
def test_a_category_is_named_in_several_ways(bench: Bench, flags: str) -> None:
    (cell,) = json.loads(bench(f"plan --methods constant --image-size 32 --json {flags}").out)
    assert cell["category"] == "bottle"


def test_results_that_cannot_be_written_are_found_before_the_first_cell(bench: Bench) -> None:
    bench.results.write_text("a file where the folder belongs")
    answer = bench.run("--methods", "constant", "--image-size", "32")
    commands.refused(answer, f"{bench.results}")
    assert "started" not in answer.out


@pytest.mark.parametrize("stage", ["harness.jobs.run.make_plan", "harness.cells.cell_runner.run_cell"])
def test_ctrl_c_says_what_is_stored(bench: Bench, monkeypatch: pytest.MonkeyPatch, stage: str) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, interrupt)
    answer = bench.run("--methods", "constant", "--image-size", "32")
    assert (answer.code, answer.err.count("\n")) == (130, 1)
    assert answer.err.startswith("bench: Interrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("ctrl_c_interrupts")
def test_any_command_ends_with_one_line_when_it_is_interrupted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr("harness.jobs.planning.make_plan", lambda *_, **__: signal.raise_signal(number))
    answer = bench("plan --methods constant --image-size 32")
    assert (answer.code, answer.err) == (130, "bench: Interrupted.\n")


def test_credentials_of_an_address_are_never_printed(bench: Bench) -> None:
    answer = bench("leaderboard --results ftp://KEY:SECRET@bucket/results")
    assert answer.code == 2
    assert "'ftp://bucket/results'" in answer.err


def test_the_version_is_shown(bench: Bench) -> None:
    assert bench("--version").out == f"bench {version('mfrnet-bench')}\n"


def test_what_is_no_mistake_of_the_user_keeps_its_traceback(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("a defect of ours")

    monkeypatch.setattr("harness.jobs.targets.resolve", crash)
    monkeypatch.setattr(sys, "argv", ["bench", "datasets", "verify"])
    with pytest.raises(RuntimeError, match="a defect of ours"):
        cli.main()


@pytest.mark.parametrize("how", ["KeyboardInterrupt", "SystemExit(130)"])
def test_a_second_ctrl_c_as_an_interrupted_process_ends_changes_nothing(how: str) -> None:
    program = f"""
import os, signal, time
from harness import cli

def interrupted():
    raise {how}

signal.signal(signal.SIGINT, signal.default_int_handler)
cli._call = interrupted
try:
    cli.main()
finally:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


# bench run


def test_a_second_run_skips_everything(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bench.run(*SMALL)
    assert first.code == 0, first.err
    assert "4 cells to run, 0 skipped" in first.out
    assert "4 cells ok, 0 failed" in first.out
    assert "[4/4]" in first.out
    assert "image AUROC" in first.out
    before = bench.statuses()
    assert list(before.values()) == ["ok"] * 4

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a backbone was opened")

    monkeypatch.setattr("harness.methods.backbone_weights.load_backbone", refuse)
    again = bench.run(*SMALL)
    assert again.code == 0
    assert "0 cells to run, 4 skipped (already stored)" in again.out
    assert "image AUROC" in again.out
    assert bench.statuses() == before


def test_a_failed_cell_is_named_and_the_exit_code_is_1_until_it_is_mended(bench: Bench) -> None:
    damaged = bench.data / "mvtec_ad/bottle/test/hole/001.png"
    miniatures.truncate(damaged)
    arguments = ("--methods", "constant", "--image-size", "32")
    first = bench.run(*arguments)
    assert first.code == 1
    assert "mvtec_ad/bottle constant seed 0: FAILED: " in first.out
    assert "hole/001.png" in first.out
    assert "1 of 2 cells failed" in first.out
    assert sorted(bench.statuses().values()) == ["failed", "ok"]

    again = bench.run(*arguments)
    assert (again.code, "0 cells to run, 2 skipped" in again.out) == (1, True)
    shown = bench("leaderboard --failed")
    assert shown.out.count("\n") == 1
    assert shown.out.startswith("mvtec_ad/bottle constant seed 0: ")
    assert "hole/001.png" in shown.out
    assert bench("leaderboard --failed --categories carpet").out == "No failed cell among 1 cell.\n"

    miniatures.write_image(damaged, 21, defect=True)
    mended = bench.run(*arguments)
    assert mended.code == 0
    assert "1 cell ok, 0 failed" in mended.out


def test_a_cell_that_failed_for_an_unreadable_image_runs_without_it_when_told_to(bench: Bench) -> None:
    miniatures.truncate(bench.data / "mvtec_ad/bottle/test/hole/001.png")
    arguments = ("--methods", "constant", "--image-size", "32")
    first = bench.run(*arguments)
    assert first.code == 1
    assert first.out.endswith("If images cannot be read, --skip-unreadable --policy failed goes on without them.\n")
    ids = bench.statuses().keys()
    again = bench.run(*arguments, "--skip-unreadable", "--policy", "failed")
    assert again.code == 0
    assert "1 cell ok, 0 failed" in again.out
    assert "WARNING: mvtec_ad/bottle constant seed 0: left out, because it cannot be read: " in again.out
    assert "hole/001.png: cannot be read as an image" in again.out
    note = "constant on mvtec_ad: without images that cannot be read: 1 image of bottle"
    assert note in again.out
    assert note in bench("leaderboard").out
    assert bench.statuses() == dict.fromkeys(ids, "ok")
    assert bench.run(*arguments).code == 0


def test_a_training_image_without_a_header_fails_its_cell_and_not_the_run(bench: Bench) -> None:
    (bench.data / "mvtec_ad/bottle/train/good/000.png").write_bytes(b"")
    answer = bench.run("--methods", "constant", "--image-size", "32")
    assert answer.code == 1
    assert "FAILED" in answer.out
    assert "train/good/000.png" in answer.out
    assert sorted(bench.statuses().values()) == ["failed", "ok"]


def test_failed_cells_run_again_when_asked(bench: Bench) -> None:
    miniatures.truncate(bench.data / "mvtec_ad/bottle/train/good/001.png")
    arguments = ("--methods", "constant", "--image-size", "32")
    assert bench.run(*arguments).code == 1
    assert "1 cell to run, 1 skipped" in bench.run(*arguments, "--policy", "failed").out


def test_a_repeated_cell_that_fails_keeps_its_record_and_the_exit_code_is_1(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--methods", "constant", "--image-size", "32", "--categories", "bottle")
    assert bench.run(*arguments).code == 0

    def crash(*_: object) -> None:
        raise RuntimeError("no luck")

    monkeypatch.setattr(METHODS.get("constant"), "fit", crash)
    again = bench.run(*arguments, "--policy", "always")
    assert again.code == 1
    assert "FAILED: RuntimeError: no luck (the earlier record stays)" in again.out
    assert "1 of 1 cell failed" in again.out
    assert list(bench.statuses().values()) == ["ok"]


def test_json_lines_tell_the_run_to_a_program(bench: Bench) -> None:
    answer = bench.run("--methods", "constant", "--image-size", "32", "--categories", "bottle", "--json")
    assert answer.code == 0
    lines = answer.lines()
    assert lines[0] == {"event": "plan", "datasets": ["mvtec_ad"], "cells": 1, "skipped": 0}
    kinds = [line["event"] for line in lines]
    assert kinds[1:4] == ["begin", "WorkerJoined", "CellStarted"]
    assert kinds[-2:] == ["CellFinished", "summary"]
    finished = lines[-2]
    assert (finished["category"], finished["status"], finished["image_auroc"]) == ("bottle", "ok", 0.5)
    assert bench.statuses() == {finished["cell_id"]: "ok"}
    assert (lines[-1]["ok"], lines[-1]["failed"]) == (1, 0)
    assert sum(finished["phase_seconds"].values()) == pytest.approx(finished["seconds"], abs=0.01)
    assert lines[-1]["phase_seconds"] == finished["phase_seconds"]


def test_a_profile_is_a_row_a_cell_and_their_sum_and_changes_no_record(bench: Bench) -> None:
    plain = bench.run(*SMALL)
    columns = ["cell_id", "maps_sha256", "image_auroc"]
    records = RecordStore(str(bench.results)).frame()[columns]
    profiled = bench.run(*SMALL, "--policy", "always", "--profile")
    assert (plain.code, profiled.code) == (0, 0)
    assert "Seconds by phase" not in plain.out
    table = profiled.out.partition("Seconds by phase")[2]
    for word in ("decode", "features", "fit", "score", "metrics", "store", "rest", "4 cells", "share"):
        assert word in table
    assert table.count("seed 0") == 4
    pd.testing.assert_frame_equal(RecordStore(str(bench.results)).frame()[columns], records)
    assert "No profile: no cell ran." in bench.run(*SMALL, "--profile").out


def test_a_config_file_says_what_to_run_and_flags_go_over_it(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(
        'backbone = "filter_bank"\nseeds = [0, 1]\n[protocol]\nimage_size_px = 32\n'
        "[methods.gaussian]\ngrid_stride_px = 8\nsmoothing_px = 1.0\n"
    )
    answer = bench.run(
        "--config", "run.toml", "--seeds", "4", "--categories", "carpet", "--set", "gaussian.smoothing_px=2"
    )
    assert answer.code == 0, answer.err
    (record,) = RecordStore(str(bench.results)).frame().itertuples()
    settings = json.loads(record.settings)
    assert (record.category, record.seed) == ("carpet", 4)
    assert record.protocol == "mfrnet-bench-1/32/keep/127"
    assert (settings["backbone"], settings["grid_stride_px"], settings["smoothing_px"]) == ("filter_bank", 8, 2.0)


def test_each_data_set_is_run_under_its_own_protocol_and_shown_with_it(bench: Bench) -> None:
    miniatures.ksdd(bench.data)
    answer = bench.run(
        *("--datasets", "mvtec_ad,ksdd", "--categories", "bottle,ksdd", "--methods", "constant", "--image-size", "32"),
        *("--protocol", "resolution=own", "--protocol", "ksdd.aspect=tiles", "--panels", "1"),
    )
    assert answer.code == 0, answer.err
    keys = RecordStore(str(bench.results)).frame().set_index("dataset")["protocol"].to_dict()
    assert keys == {"mvtec_ad": "mfrnet-bench-1/32/keep/127/own", "ksdd": "mfrnet-bench-1/32/tiles-0.25/127/own"}
    told = " ".join(answer.out.split())
    assert "for mvtec_ad 32 px on the shorter side, aspect kept, maps at the masks' own size" in told
    assert "for ksdd tiles of 32 px that overlap by 0.25" in told
    panels = [path.name for path in (bench.results / "panels/mvtec_ad/bottle").rglob("*.png")]
    assert sorted("good" in name for name in panels) == [False, True]


def test_a_limited_run_is_other_cells_that_stand_in_no_table_unless_asked_for(bench: Bench, tmp_path: Path) -> None:
    small = ("--methods", "constant,gaussian", "--backbone", "filter_bank", "--image-size", "32")
    limited = bench.run(*small, "--limit", "4")
    assert limited.code == 0, limited.err
    told = " ".join(limited.out.split())
    assert "Note: A smoke run: at most 4 training, 4 normal test and 4 defect test images of each category." in told
    assert "a smoke run, at most 4 training" in told
    assert "--limit 4" in limited.out.splitlines()[-1]
    before = bench.statuses()
    for alone in ("leaderboard", "tables", "figures", "leaderboard --failed", "compare gaussian constant"):
        commands.refused(bench(alone), "smoke runs with a limit (mvtec_ad). Show them with --limit 4.")

    assert bench.run(*small, "--categories", "bottle").code == 0
    assert len(bench.statuses()) == len(before) + 2
    line = "Left out: 4 records of smoke runs with a limit (mvtec_ad; see --limit 4)"
    for reading in ("leaderboard", "compare gaussian constant"):
        assert line in " ".join(bench(reading).out.split())
    assert line in bench("figures").err
    (markdown,) = (Path(name) for name in bench("tables").out.splitlines() if name.endswith("main.md"))
    assert line in markdown.read_text().replace("\\_", "_")
    bench("leaderboard --export all.parquet")
    assert pd.read_parquet(tmp_path / "all.parquet")["limit"].isna().tolist() == [True, True]
    assert "carpet" in bench("leaderboard --limit 4").out
    assert "0 to run, 4 skipped" in bench("plan", *small, "--limit", "4").out


def test_a_regime_is_other_cells_that_stand_in_no_table_unless_asked_for(bench: Bench) -> None:
    small = ("--methods", "constant,gaussian", "--backbone", "filter_bank", "--image-size", "32")
    assert bench.run(*small).code == 0
    few = bench.run(*small, "--regime", "few-shot-2")
    assert few.code == 0, few.err
    told = " ".join(few.out.split())
    assert "Note: Regime few-shot-2: fitted on 2 good images of each category." in told
    assert "at least 5 seeds are advised with few-shot-2, e.g. --seeds 0,1,2,3,4; got 1." in told
    assert "; regime few-shot-2: fitted on 2 good images of each category" in told
    assert few.out.splitlines()[-1].endswith("--regime few-shot-2")
    assert bench.run(*small, "--regime", "multi-class").code == 0
    assert len(bench.statuses()) == 12

    line = "Left out: 8 records of another regime (mvtec_ad; see --regime few-shot-2 or --regime multi-class)"
    for reading in ("leaderboard", "compare gaussian constant"):
        assert line in " ".join(bench(reading).out.split())
    assert "regime multi-class: one model for all" in " ".join(bench("leaderboard --regime multi-class").out.split())
    assert "0 to run, 4 skipped" in bench("plan", *small, "--regime", "multi-class").out
    refused = bench("tables --reported --regime few-shot-2")
    commands.refused(refused, "--reported: published numbers are those of one-class, got --regime few-shot-2.")


def test_suites_are_listed_with_one_line_each(bench: Bench) -> None:
    answer = bench("suites")
    assert answer.code == 0
    *listed, last = answer.out.splitlines()
    assert [line.split()[0] for line in listed] == ["all-methods", "mvtec-classic", "smoke"]
    assert "bench run --suite NAME" in last


def test_flags_and_a_file_go_over_a_suite(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('title = "Mine"\nmethods = ["gaussian"]\nseeds = [3]\nlimit = 2\n')
    (tmp_path / "run.toml").write_text("seeds = [4]\n[protocol]\nimage_size_px = 32\n")
    answer = bench.run(
        "--suite", "mine.toml", "--config", "run.toml", "--methods", "constant", "--categories", "bottle"
    )
    assert answer.code == 0, answer.err
    (record,) = RecordStore(str(bench.results)).frame().itertuples()
    assert (record.method, record.seed, record.limit) == ("constant", 4, 2)
    assert "--suite mine.toml" in record.command


def test_trackers_come_between_commas_or_in_several_flags_and_print_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Notes:
        package = "json"

        def __init__(self, folder: Path) -> None:
            told.append(str(folder))

        def log(self, run: TrackedRun) -> None:
            told.append(run.name)

        def close(self) -> None:
            told.append("closed")

    monkeypatch.setattr(TRACKERS, "get", lambda name: Notes)
    arguments = ("--methods", "constant", "--image-size", "32", "--categories", "bottle", "--json")
    answer = bench.run(*arguments, "--track", "one,two", "--track", "three")
    assert answer.code == 0, answer.err
    assert answer.lines()[-1]["ok"] == 1
    tracking = bench.results / "tracking"
    assert told[:3] == [str(tracking / name) for name in ("one", "two", "three")]
    assert told[3:] == ["mvtec_ad/bottle constant seed 0"] * 3 + ["closed"] * 3


def test_a_tracker_that_is_not_installed_is_one_line_before_the_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *of: None if name == "wandb" else found(name, *of))
    for command in ("run", "plan"):
        answer = bench(f"{command} --methods constant --image-size 32 --track wandb")
        refused(bench, answer, "Tracker 'wandb' needs wandb", "pip install 'mfrnet-bench[wandb]'")


def test_a_defect_that_is_not_seen_is_warned_of(bench: Bench) -> None:
    image, mask = (
        bench.data / "mvtec_ad/bottle" / name for name in ("test/hole/000.png", "ground_truth/hole/000_mask.png")
    )
    miniatures.write_image(image, 0, size_px=(1000, 1000))
    pixels = np.zeros((1000, 1000), np.uint8)
    pixels[0, 0] = 255
    Image.fromarray(pixels).save(mask)
    arguments = ("--methods", "constant", "--image-size", "32", "--categories", "bottle")
    answer = bench.run(*arguments)
    assert answer.code == 0, answer.err
    assert "WARNING: mvtec_ad/bottle constant seed 0: 1 of 4 defects are so small" in answer.out
    (finished,) = (line for line in bench.run(*arguments, "--policy", "always", "--json").lines() if "warnings" in line)
    assert finished["warnings"][0].startswith("1 of 4 defects are so small")


# The commands that look


def test_a_plan_shows_what_would_run_and_runs_nothing(bench: Bench) -> None:
    answer = bench("plan", *SMALL)
    assert answer.code == 0, answer.err
    assert "4 to run, 0 skipped. Nothing was run." in answer.out
    assert not bench.results.exists()


def test_a_plan_says_why_a_cell_is_skipped(bench: Bench) -> None:
    arguments = ("--methods", "constant", "--image-size", "32")
    bench.run(*arguments, "--categories", "bottle")
    planned = json.loads(bench("plan", *arguments, "--json").out)
    assert {cell["category"]: cell["action"] for cell in planned} == {"carpet": "run", "bottle": "skip: stored (ok)"}
    assert {(cell["dataset"], cell["method"], cell["seed"]) for cell in planned} == {("mvtec_ad", "constant", 0)}
    assert {cell["id"] for cell in planned if cell["action"] != "run"} == set(bench.statuses())


def test_an_estimate_is_a_row_a_method_and_runs_no_cell(bench: Bench) -> None:
    arguments = (*SMALL, "--categories", "bottle", "--workers", "0")
    shown = bench("plan", *arguments, "--estimate")
    assert shown.code == 0, shown.err
    for text in (
        "Estimate",
        "mvtec_ad",
        "gaussian",
        "Time: about",
        "Memory: about",
        "Disk: ",
        "Assumed: Rates are those",
    ):
        assert text in shown.out
    assert "2 to run, 0 skipped. Nothing was run." in shown.out
    assert not bench.results.exists()
    told = json.loads(bench("plan", *arguments, "--estimate", "--json").out)
    assert [cell["action"] for cell in told["cells"]] == ["run", "run"]
    assert {cell["id"] for cell in told["cells"]} == {cell["id"] for cell in told["estimate"]["cells"]}
    assert [cell["num_fit"] for cell in told["estimate"]["cells"]] == [6, 6]
    bench.run(*arguments)
    assert json.loads(bench("plan", *arguments, "--estimate", "--json").out)["estimate"] is None


def test_a_plan_finds_the_same_mistakes_as_a_run(bench: Bench) -> None:
    refused(bench, bench("plan", *SMALL, "--set", "gaussian.layers=[9]"), "has no layer 9")


def test_leaderboard_and_tables_show_the_same_records(bench: Bench) -> None:
    bench.run(*SMALL)
    shown = bench("leaderboard")
    assert shown.code == 0
    assert "gaussian" in shown.out
    assert "constant" in shown.out
    assert "50.0" in shown.out
    written = bench("tables --metrics image_auroc")
    paths = [Path(line) for line in written.out.splitlines()]
    assert {path.suffix for path in paths} == {".tex", ".md", ".csv"}
    assert {path.parent for path in paths} == {bench.results / "tables"}
    assert all("gaussian" in path.read_text() for path in paths)


def test_tables_go_where_they_are_asked_to(bench: Bench, tmp_path: Path) -> None:
    bench.run("--methods", "constant", "--image-size", "32")
    paths = [Path(line) for line in bench("tables --standalone", "--out", str(tmp_path / "paper")).out.splitlines()]
    assert {path.parent for path in paths} == {tmp_path / "paper"}
    latex = next(path for path in paths if path.suffix == ".tex").read_text()
    assert latex.startswith("\\documentclass")


@pytest.mark.parametrize("command", ["leaderboard", "tables", "leaderboard --failed"])
def test_an_empty_store_says_how_to_fill_it(bench: Bench, command: str) -> None:
    refused(bench, bench(command), f"{bench.results} holds no records. Name a folder that 'bench run' has written to")


def test_an_export_holds_what_the_board_would_show(bench: Bench, tmp_path: Path) -> None:
    bench.run("--methods", "constant", "--image-size", "32")
    written = bench("leaderboard --categories carpet --export some.parquet")
    assert (written.code, written.out) == (0, "some.parquet\n")
    assert pd.read_parquet(tmp_path / "some.parquet")["category"].tolist() == ["carpet"]
    commands.refused(bench("leaderboard --export some.txt"), "some.txt: expected a name that ends in .parquet or .csv.")


def test_an_unknown_metric_gets_the_nearest_known_one(bench: Bench) -> None:
    bench.run("--methods", "constant", "--image-size", "32")
    answer = bench("leaderboard --metrics image_auruc")
    assert answer.code == 2
    assert "Did you mean 'image_auroc'?" in answer.err


def test_data_sets_are_listed_with_what_is_in_place(bench: Bench) -> None:
    miniatures.castings(bench.data)
    listed = {info["name"]: info["installed"] for info in json.loads(bench("datasets list --json").out)}
    assert listed == dict.fromkeys(DATASETS.names(), False) | {"mvtec_ad": True, "castings": True}
    table = bench("datasets list")
    assert table.code == 0
    assert f"Data root: {bench.data}." in table.out
    for name in listed:
        assert name in table.out


def test_methods_are_listed_with_their_settings(bench: Bench) -> None:
    everything = bench("methods")
    assert everything.code == 0
    for name in ("mfrnet", "gaussian", "constant"):
        assert name in everything.out
    one = bench("methods gaussian")
    assert "smoothing_px" in one.out
    assert "4.0" in one.out
    defaults = json.loads(bench("methods --json").out)
    assert defaults["gaussian"]["smoothing_px"] == 4.0
    assert defaults["constant"] == {}


def test_the_doctor_looks_at_everything_and_says_what_to_do(bench: Bench) -> None:
    checks = {check["check"]: check for check in json.loads(bench("doctor --json").out)}
    assert list(checks) == ["versions", "Ray", "GPU", "weights", "data", "results", "disk"]
    assert checks["data"]["found"] == f"{bench.data}: mvtec_ad"
    assert checks["results"]["state"] == "ok"
    assert all(check["state"] == "ok" or check["advice"] for check in checks.values())


def test_the_doctor_notes_a_token_that_others_can_read(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tmp_path / "auth token"
    token.write_text("secret")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    for mode, state in ((0o640, "note"), (0o600, "ok")):
        token.chmod(mode)
        (ray,) = (check for check in json.loads(bench("doctor --json").out) if check["check"] == "Ray")
        assert ray["state"] == state
        assert ("chmod 600" in ray["advice"]) == (state == "note")
        assert "secret" not in str(ray)


def test_the_doctor_tells_people_too(bench: Bench, tmp_path: Path) -> None:
    answer = bench("doctor", "--data", str(tmp_path / "nowhere"))
    assert answer.code == 0
    assert "no folder" in answer.out
    assert "--data DIR or set" in answer.out


def test_the_doctor_fails_where_results_cannot_be_written(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    answer = bench("doctor --json")
    assert answer.code == 1
    (results,) = (check for check in json.loads(answer.out) if check["check"] == "results")
    assert results["state"] == "wrong"
    assert "cannot be written" in results["found"]


def test_methods_says_which_settings_are_read_after_training(bench: Bench) -> None:
    of_mfrnet, of_control = (" ".join(bench(f"methods {name}").out.split()) for name in ("mfrnet", "gaussian"))
    _, _, named = of_mfrnet.partition("Fits that differ in these alone share one training: ")
    assert set(named.partition(".")[0].split(", ")) == METHODS.get("mfrnet").after_training
    assert "share one training" not in of_control
