import csv
import json
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import cli
from harness.search.ledger import Ledger
from harness.search.trials import TrialRecord
from harness.spaces import load_space
from harness.store import RecordStore
from tests.support.searches import searchable

SPACE = """\
method = "gaussian"
[objective]
metrics = ["image_auroc", "pixel_average_precision"]
[budget]
trials = 3
[fixed]
backbone = "filter_bank"
grid_stride_px = 8
[space.smoothing_px]
kind = "float"
low = 0.0
high = 8.0
why = "a test"
[space.layers]
kind = "subset"
of = [1, 2, 3]
why = "a test"
"""

Bench = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    """``bench search`` as typed, in this process, on a small data set, without workers."""
    searchable(tmp_path / "data", ("bottle", "carpet"))
    (tmp_path / "space.toml").write_text(SPACE)
    for name in ("data", "results"):
        monkeypatch.setenv(f"BENCH_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, command: str = "search") -> tuple[int, str, str]:
        quick = ("--image-size", "32", "--cpus-per-trial", "1", "--concurrent", "0") if command == "search" else ()
        monkeypatch.setattr(sys, "argv", ["bench", command, *arguments, *quick])
        with pytest.raises(SystemExit, match=r"^\d+$") as ended:
            cli.main()
        captured = capsys.readouterr()
        return int(str(ended.value)), captured.out, captured.err

    return run


def records_of(root: Path, name: str = "space-mvtec_ad") -> list[TrialRecord]:
    space = load_space(root / "space.toml")
    asked = json.loads((folder_of(root, name) / "search.json").read_text())
    objective = space.objective.model_copy(update={"selection": asked["space"]["objective"]["selection"]})
    space = space.model_copy(update={"objective": objective})
    return Ledger(folder_of(root, name), space, {}, name=name, seed=0, num_trials=0).records


def folder_of(root: Path, name: str = "space-mvtec_ad") -> Path:
    return root / "results/searches" / name


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mvtecad", "--space", "space.toml"), "Unknown data set 'mvtecad'. Did you mean 'mvtec_ad'?"),
        (("mvtec_ad/botle", "--space", "space.toml"), "Unknown category of mvtec_ad 'botle'. Did you mean 'bottle'?"),
        (("mvtec_ad", "--space", "none.toml"), "--space none.toml: this file does not exist."),
        (("mvtec_ad", "--space", "space.toml", "--selection", "test"), "Unknown selection 'test'."),
        (
            ("mvtec_ad", "--space", "space.toml", "--set", "gaussian.layers=[1]"),
            "--set gaussian.layers: this setting is searched in space.toml, [space.layers]; set it or search it.",
        ),
        (("mvtec_ad", "--space", "space.toml", "--name", "a/b"), "--name: expected letters"),
    ],
)
def test_a_mistake_is_one_line_before_the_first_trial(
    bench: Bench, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, error = bench(*arguments)
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith(f"bench: {said}")
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("smoothing_px]", "smoothing]", "Did you mean 'smoothing_px'?"),
        (
            "high = 8.0",
            "high = 2.0",
            "[default], smoothing_px: expected 0 to 2, got 4 (see [space.smoothing_px]).",
        ),
        (
            "trials = 3",
            'fidelity = {setting = "steps", shares = [0.5]}',
            "[budget], fidelity.setting: expected",
        ),
    ],
)
def test_a_space_that_does_not_fit_the_method_is_one_line(
    bench: Bench, tmp_path: Path, old: str, new: str, said: str
) -> None:
    (tmp_path / "space.toml").write_text(SPACE.replace(old, new))
    code, _, error = bench("mvtec_ad", "--space", "space.toml")
    assert (code, error.count("\n")) == (2, 1)
    assert said in error


def test_a_search_leaves_study_records_settings_tables_plots_and_refitted_cells(bench: Bench, tmp_path: Path) -> None:
    code, out, error = bench("mvtec_ad", "--space", "space.toml", "--refit", "0", "--audit", "4", "--trials", "4")
    assert code == 0, error
    folder = folder_of(tmp_path)
    records = records_of(tmp_path)
    assert [(each.number, each.state, each.selection) for each in records] == [
        (number, "complete", "synthetic") for number in range(4)
    ]
    assert set(records[0].metrics) == {"mvtec_ad/bottle", "mvtec_ad/carpet"}
    assert "Search space-mvtec_ad: 4 of 4 trials to run on mvtec_ad/bottle, mvtec_ad/carpet" in out
    assert "[4/4] trial 3: " in out
    assert "mean of image AUROC, pixel AP (maximize): winner (trial " in out
    for name in ("study.journal", "search.json", "search_space-mvtec_ad.tex", "plots/history.pdf", "plots/slice.png"):
        assert (folder / name).is_file()
    settings = tomllib.loads((folder / "space-mvtec_ad.settings.toml").read_text())
    best = max(records, key=lambda each: (each.values, -each.number))
    assert settings["methods"]["gaussian"]["smoothing_px"] == best.settings["smoothing_px"]
    cells = RecordStore(str(tmp_path / "results")).frame()
    assert set(cells["method"]) == {"gaussian"}
    assert len(cells) == (2 if best.number == 0 else 4)
    agreements = json.loads((folder / "audit.json").read_text())
    assert [each["category"] for each in agreements] == ["mvtec_ad/bottle", "mvtec_ad/carpet"]
    assert "Audit: 4 trials on the test images" in out

    # The settings are those of the refitted cells: a run with them has nothing to do.
    code, out, error = bench("--config", str(folder / "space-mvtec_ad.settings.toml"), command="run")
    assert code == 0, error
    assert "0 cells to run, 2 skipped" in out


def test_without_test_images_the_winner_is_the_same_and_is_not_judged(bench: Bench, tmp_path: Path) -> None:
    arguments = ("mvtec_ad/bottle", "--space", "space.toml")
    assert bench(*arguments, "--name", "with", "--refit", "none")[0] == 0
    for part in ("test", "ground_truth"):
        shutil.rmtree(tmp_path / "data/mvtec_ad/bottle" / part)
    code, out, error = bench(*arguments, "--name", "without")
    assert code == 0, error
    assert "Not fitted again: mvtec_ad/bottle: no test image" in out
    tried = [[(each.settings, each.values) for each in records_of(tmp_path, name)] for name in ("with", "without")]
    assert tried[0] == tried[1]


def test_a_folder_of_good_parts_is_enough_to_search_and_not_to_run(bench: Bench, tmp_path: Path) -> None:
    parts = tmp_path / "data/parts"
    shutil.copytree(tmp_path / "data/mvtec_ad/bottle/train/good", parts / "good")
    (parts / "dataset.toml").write_text('[categories.all]\ntrain_good = "good"\n')
    code, out, error = bench("parts", "--space", "space.toml")
    assert (code, error) == (0, "")
    assert "Not fitted again: parts/all: no test image" in out
    flags = ("--datasets", "parts", "--methods", "constant", "--image-size", "32", "--workers", "0")
    code, _, error = bench(*flags, command="run")
    assert (code, error.strip()) == (
        2,
        "bench: parts/all: no test image; normal and defect images are needed to test on.",
    )


def test_validation_images_are_left_out_of_what_is_reported(bench: Bench, tmp_path: Path) -> None:
    code, _, error = bench(
        "mvtec_ad/bottle", "--space", "space.toml", "--selection", "validation", "--refit", "0", "--trials", "1"
    )
    assert code == 0, error
    with (folder_of(tmp_path) / "split.csv").open() as stream:
        left_out = {row["image"] for row in csv.DictReader(stream) if row["part"] == "left_out"}
    assert len(left_out) == 3
    store = RecordStore(str(tmp_path / "results"))
    cells = store.frame()
    assert cells["split"].str.startswith("manifest-").all()
    for cell_id in cells["cell_id"]:
        assert not left_out & {score.image_id for score in store.image_scores(cell_id)}


def test_what_test_images_chose_is_kept_apart(bench: Bench, tmp_path: Path) -> None:
    code, _, error = bench(
        "mvtec_ad/bottle", "--space", "space.toml", "--selection", "oracle", "--refit", "0", "--trials", "1"
    )
    assert code == 0, error
    assert RecordStore(str(tmp_path / "results")).statuses() == {}
    apart = folder_of(tmp_path) / "oracle-results"
    assert len(RecordStore(str(apart)).statuses()) == 1
    settings = tomllib.loads((folder_of(tmp_path) / "space-mvtec_ad.settings.toml").read_text())
    assert settings["results"] == str(apart)
    assert records_of(tmp_path)[0].selection == "oracle"


def test_a_search_goes_on_only_when_asked_to(bench: Bench, tmp_path: Path) -> None:
    arguments = ("mvtec_ad/bottle", "--space", "space.toml", "--refit", "none")
    assert bench(*arguments, "--trials", "2")[0] == 0
    code, _, error = bench(*arguments, "--trials", "3")
    assert code == 2
    assert "holds a search already; continue it with --resume" in error
    code, out, error = bench(*arguments, "--trials", "3", "--resume")
    assert code == 0, error
    assert "1 of 3 trials to run" in out
    assert len(records_of(tmp_path)) == 3


def test_a_search_without_a_complete_trial_says_why(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("no such day")

    monkeypatch.setattr("harness.methods.gaussian.GaussianMethod.fit", refuse)
    code, out, _ = bench("mvtec_ad/bottle", "--space", "space.toml", "--trials", "2")
    assert code == 1
    assert "No trial is complete: ValueError: no such day." in out
    states = {each.state for each in records_of(tmp_path)}
    assert states == {"failed"}
