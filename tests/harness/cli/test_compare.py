import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.store import RecordStore
from tests.support import records as make
from tests.support.commands import Answer, Command, refused
from tests.support.scores import drawn_scores, scored_record


def fill(
    folder: Path, method: str, gain: float, categories: tuple[str, ...] = ("gear", "tile"), **identity: Any
) -> None:
    store = RecordStore(str(folder))
    for number, category in enumerate(categories):
        for seed in (0, 1, 2):
            named = make.identity(category=category, seed=seed, method=method, **identity)
            aupro = 0.8 + gain / 100 + seed * len(method) / 1000
            store.write(scored_record(named, drawn_scores(100 * number + seed, gain=gain), aupro_30=aupro))


@pytest.fixture
def bench(bench_command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    monkeypatch.setenv("COLUMNS", "100")
    fill(tmp_path / "results", "mfrnet", 2.0)
    fill(tmp_path / "results", "gaussian", 1.0)
    return lambda *arguments: bench_command("compare", *arguments)


def test_rows_that_left_out_different_images_as_unreadable_are_refused_and_not_silently_cut(
    bench: Callable[..., Answer], bench_command: Command, tmp_path: Path
) -> None:
    store = RecordStore(str(tmp_path / "results"))
    named = make.identity(category="gear", seed=1, method="gaussian")
    store.write(scored_record(named, drawn_scores(1, gain=1.0), num_unreadable=1, unreadable_ids='["a.png"]'))
    refused(
        bench("mfrnet", "gaussian"),
        'on 1 cell (demo/gear seed 1): they left out different images as unreadable, none against ["a.png"]',
        "Run all of them with --skip-unreadable --policy always",
    )
    assert "1 record of another set of readable images (demo/gear " in " ".join(
        bench_command("leaderboard").out.split()
    )


def test_two_rows_are_compared_by_category_and_over_all(bench: Callable[..., Answer]) -> None:
    answer = bench("mfrnet", "gaussian", "--metrics", "image_auroc,aupro_30", "--resamples", "200")
    assert answer.code == 0, answer.err
    for text in ("image AUROC", "AUPRO", "demo/gear", "demo/tile", "demo, mean of 2", "95 % interval", "6 cells"):
        assert text in answer.out
    gear = next(line for line in answer.out.splitlines() if "demo/gear" in line)
    assert " + " in gear
    said = " ".join(answer.out.split())
    assert "200 resamples of the test images, the same for A and B. It covers the choice of test images, not" in said
    assert "Student's t for pairs over seeds. It covers training seeds, not the choice of test images." in said
    assert "left out" not in said


def test_json_has_fractions_and_marks(bench: Callable[..., Answer]) -> None:
    answer = bench("gaussian", "mfrnet", "--metrics", "image_auroc", "--json")
    found = json.loads(answer.out)
    assert (found["a"], found["b"], found["num_cells"], found["num_resamples"]) == ("gaussian", "mfrnet", 6, 2000)
    assert [(line["dataset"], line["category"], line["mark"]) for line in found["lines"]] == [
        ("demo", "gear", "-"),
        ("demo", "tile", "-"),
        ("demo", None, "-"),
    ]
    line = found["lines"][-1]
    assert line["difference"]["low"] < line["mean_a"] - line["mean_b"] < line["difference"]["high"] < 0
    assert line["wilcoxon"] == {"p_value": None, "reason": "2 of 2 categories differ, fewer than 6"}


def test_rows_of_two_stores_are_compared(bench: Callable[..., Answer], tmp_path: Path) -> None:
    fill(tmp_path / "other", "mfrnet", 2.0, ("gear",))
    answer = bench("other::mfrnet", "mfrnet", "--metrics", "image_auroc")
    assert answer.code == 0, answer.err
    said = " ".join(answer.out.split())
    assert "A is other::mfrnet, B is mfrnet." in said
    assert "+0.00 │ [+0.00, +0.00] │ ~ │ 1.000" in said
    assert "left out, only mfrnet has them: 3 cells (demo/tile seeds 0, 1, 2)" in said


def test_only_what_was_asked_for_is_compared(bench: Callable[..., Answer]) -> None:
    answer = bench("mfrnet", "gaussian", "--categories", "gear", "--seeds", "0,1", "--datasets", "demo", "--json")
    found = json.loads(answer.out)
    assert found["num_cells"] == 2
    assert {line["category"] for line in found["lines"]} == {"gear"}


def test_one_seed_says_why_there_is_no_interval(bench: Callable[..., Answer]) -> None:
    answer = bench("mfrnet", "gaussian", "--seeds", "0", "--metrics", "aupro_30", "--categories", "gear")
    assert "--: 1 common seed, fewer than 3" in answer.out


def test_wilcoxon_is_told_over_six_categories(bench: Callable[..., Answer], tmp_path: Path) -> None:
    for method, gain in (("mfrnet", 2.0), ("gaussian", 1.0)):
        fill(tmp_path / "results", method, gain, ("a", "b", "c", "d"))
    said = " ".join(bench("mfrnet", "gaussian", "--metrics", "image_auroc", "--resamples", "100").out.split())
    assert "Wilcoxon's signed-rank test, image AUROC over 6 categories (demo): p " in said


def test_a_row_with_brackets_is_printed_whole(bench: Callable[..., Answer], tmp_path: Path) -> None:
    fill(tmp_path / "results", "mfrnet", 1.5, settings={"k": 3})
    answer = bench("mfrnet [k=3]", "gaussian", "--metrics", "image_auroc")
    assert answer.code == 0, answer.err
    assert "mfrnet [k=3]" in answer.out


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("mfrnt", "gaussian"), ["Unknown row 'mfrnt'. Did you mean 'mfrnet'?"]),
        (("nowhere::mfrnet", "gaussian"), ["nowhere holds no records."]),
        (("mfrnet", "gaussian", "--metrics", "auroc"), ["Unknown metric 'auroc'. Did you mean"]),
        (("mfrnet", "gaussian", "--datasets", "mtd"), ["Unknown data set 'mtd'"]),
        (("mfrnet", "gaussian", "--resamples", "5"), ["--resamples: expected at least 100, got 5."]),
        (("mfrnet", "gaussian", "--seeds", "x"), ["--seeds: expected whole numbers"]),
    ],
)
def test_a_mistake_is_one_line(bench: Callable[..., Answer], arguments: tuple[str, ...], texts: list[str]) -> None:
    refused(bench(*arguments), *texts)
