from collections.abc import Callable
from pathlib import Path

import pytest

from harness.store import RecordStore
from tests.support import miniatures
from tests.support.commands import Answer, Command, refused

SMALL = "--datasets mvtec_ad --categories bottle --methods constant,gaussian --backbone filter_bank --image-size 32"


@pytest.fixture
def bench(bench_command: Command, tmp_path: Path) -> Callable[..., Answer]:
    miniatures.mvtec_ad(tmp_path / "data")
    return bench_command


def ran(bench: Callable[..., Answer], *flags: str) -> Answer:
    answer = bench("run", *SMALL.split(), "--workers", "0", "--device", "cpu", *flags)
    assert answer.code == 0, answer.err
    return answer


def test_disturbed_cells_stand_in_no_table_but_the_one_of_their_loss(
    bench: Callable[..., Answer], tmp_path: Path
) -> None:
    for flags in ((), ("--corrupt", "noise:3"), ("--contaminate", "0.2")):
        answer = ran(bench, *flags)
        told = " ".join(answer.out.split())
        assert ("'bench robustness' shows the loss" in told) == bool(flags)
        assert " ".join(flags) in answer.out.splitlines()[-1]
    assert "test images corrupted by noise of severity 3" in " ".join(
        bench("leaderboard --corrupt noise:3").out.split()
    )
    told = " ".join(bench("leaderboard").out.split())
    assert "2 records of corrupted test images (mvtec_ad; see --corrupt noise:3)" in told
    assert "2 records of contaminated training sets (mvtec_ad; see --contaminate 0.2)" in told

    answer = bench("robustness --categories bottle --metrics image_auroc")
    assert answer.code == 0, answer.err
    for row in ("gaussian noise:3", "gaussian 20 % defects in training", "constant noise:3"):
        assert row in answer.out
    names = {Path(line).name for line in answer.out.splitlines() if line.startswith(str(tmp_path))}
    suffixes = ("tex", "md", "csv")
    figures = {f"robustness_image_auroc.{suffix}" for suffix in ("pdf", "png")}
    assert names == {f"robustness.{suffix}" for suffix in suffixes} | figures


def test_without_pairs_the_way_to_them_is_told(bench: Callable[..., Answer]) -> None:
    ran(bench)
    refused(bench("robustness"), "Expected disturbed cells beside the same cells undisturbed, got none.")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--corrupt", "noice:3"), "Unknown corruption 'noice'. Did you mean 'noise'?"),
        (("--corrupt", "noise:9"), "--corrupt: expected noise:1 to noise:5, got 'noise:9'."),
        (("--contaminate", "1"), "contaminate: expected less than 1, got 1."),
        (("--contaminate", "0.9"), "mvtec_ad/bottle: --contaminate 0.9 adds "),
    ],
)
def test_a_wrong_disturbance_is_told_before_anything_runs(
    bench: Callable[..., Answer], flags: tuple[str, str], text: str, tmp_path: Path
) -> None:
    refused(bench("run", *SMALL.split(), *flags), text)
    assert not RecordStore(str(tmp_path / "results")).statuses()
