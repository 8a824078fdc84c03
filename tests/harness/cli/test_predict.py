import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from tests.support.commands import Command, refused
from tests.support.detectors import write_defect, write_good

# A shell starts background commands with SIGINT ignored, and Python then leaves it so.
BENCH = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from harness.cli import main; main()"
PATIENCE_SECONDS = 240


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    write_good(folder / "good.png", 100)
    write_defect(folder / "defect ü.png", 101)
    return folder


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """``bench predict`` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", BENCH, "predict", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(holds: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


def test_exit_codes_say_how_it_went(bench_command: Command, bundle: Path, photos: Path) -> None:
    done = bench_command("predict", str(bundle), str(photos))
    assert (done.code, done.err.endswith("1 anomalous, 0 not judged.\n")) == (0, True)
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(done.out))] == ["anomalous", "normal"]
    assert bench_command("predict", str(bundle), str(photos), "--fail-on-anomaly").code == 3
    assert bench_command("predict", str(bundle), str(photos / "good.png"), "--fail-on-anomaly").code == 0
    failed = bench_command("predict", str(bundle), str(photos), "missing.png", "--fail-on-anomaly")
    assert (failed.code, "2 images judged" in failed.err, "1 not judged" in failed.err) == (1, True, True)


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["*.gif"], ["*.gif: no file matches this pattern"]),
        (["{photos}", "--masks"], ["Pictures need a folder", "--out"]),
        (["{photos}", "--maps", "8bit"], ["--maps: expected float or 16bit, got '8bit'"]),
        (["{photos}", "--batch-size", "0"], ["--batch-size: expected at least 1"]),
        (["{photos}", "--format", "xml"], ["--format", "csv", "jsonl"]),
        (["{photos}", "--device", "cuda:7"], ["cuda:7"]),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    bench_command: Command, bundle: Path, photos: Path, arguments: list[str], texts: list[str]
) -> None:
    given = [argument.format(photos=photos) for argument in arguments]
    refused(bench_command("predict", str(bundle), *given), *texts)


def test_a_folder_that_is_no_bundle_is_one_line(bench_command: Command, photos: Path) -> None:
    refused(bench_command("predict", str(photos), str(photos)), "no model.json here")


def test_json_lines_go_to_standard_output(bench_command: Command, bundle: Path, photos: Path) -> None:
    lines = bench_command("predict", str(bundle), str(photos), "--format", "jsonl").lines()
    assert [Path(line["image"]).name for line in lines] == ["defect ü.png", "good.png"]


def test_a_name_that_is_no_text_is_judged_and_written(
    bench_command: Command, bundle: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.fsencode(photos) + b"/caf\xe9.png"
    (photos / "good.png").rename(os.fsdecode(name))
    done = bench_command("predict", str(bundle), str(photos), "--out", "found")
    assert done.code == 0
    assert done.err.endswith("Written: found. As a page: bench report found\n")
    assert b"caf\xe9.png" in Path("found/predictions.csv").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(name + b"\n"), encoding="utf-8"))
    assert bench_command("predict", str(bundle), "-", "--out", "streamed").code == 0
    assert bench_command("predict", str(bundle), os.fsdecode(name), "--out", "named").code == 0
    assert bench_command("report", "named").code == 0


@pytest.mark.integration
def test_a_stream_is_answered_before_it_ends(bundle: Path, photos: Path) -> None:
    with started(bundle, "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"image,score,verdict,share,regions,error,picture\n"
        for name, verdict in (("good.png", b",normal,"), ("defect ü.png", b",anomalous,"), ("none.png", b"none.png: ")):
            process.stdin.write(os.fsencode(photos / name) + b"\n")
            process.stdin.flush()
            assert verdict in process.stdout.readline()
        _, told = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, b"2 images judged" in told) == (1, True)


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_whole_files_only(
    bundle: Path, photos: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    options = ("--out", out, "--overlays", "--masks", "--maps", "float", "--batch-size", "2")
    with started(bundle, "-", *options) as process:
        assert process.stdin is not None
        for _ in range(300):
            process.stdin.write(os.fsencode(photos / "good.png") + b"\n")
        process.stdin.flush()
        scratch = out / ".predictions.csv.unfinished"
        wait_for(lambda: scratch.is_file() and scratch.read_bytes().count(b"\n") > 2, process)
        process.send_signal(number)
        _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert b"bench: Interrupted: every file that was written is whole.\n" in told
    with (out / "predictions.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) > 2
    assert {len(row) for row in rows} == {7}
    files = [path for path in out.rglob("*") if path.is_file()]
    assert not [path for path in files if path.name.startswith(".")]
    for picture in files:
        if picture.suffix in (".png", ".tiff"):
            with Image.open(picture) as image:
                image.load()
    # A row is written after its pictures.
    assert len(list((out / "maps").iterdir())) >= len(rows) - 1


@pytest.mark.integration
def test_watching_goes_on_until_ctrl_c_which_is_its_ordinary_end(bundle: Path, photos: Path) -> None:
    with started(bundle, photos, "--watch") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        assert [b",anomalous," in lines[1], b",normal," in lines[2]] == [True, True]
        write_defect(photos / "arrived.png", 103)
        assert b"arrived.png" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, b" images judged" in told) == (0, True)
