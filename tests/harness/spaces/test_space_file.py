from pathlib import Path

import pytest

from harness.errors import SettingsError
from harness.spaces import load_space

GOOD = """\
method = "mfrnet"
[objective]
metrics = ["image_auroc"]
[space.k]
kind = "int"
low = 2
high = 4
why = "hides more"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text)
    return path


def test_a_small_space_is_read(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, GOOD))
    assert (space.method, space.budget.trials, space.objective.selection) == ("mfrnet", 30, "synthetic")
    assert [goal.name for goal in space.goals] == ["image AUROC"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("low = 2", "low = 5", "[space.k]: low 5 is above high 4."),
        ("low = 2", "low = 4", "[space.k]: low and high are both 4, which leaves nothing to search"),
        ("low = 2", 'low = "two"', "[space.k], low: expected a whole number, got 'two'."),
        ("low = 2", "low = 2024-01-01", "[space.k], low: expected a whole number, got '2024-01-01'."),
        ("low = 2", "low = 0\nlog = true", "[space.k]: log = true needs a low above 0, got 0."),
        ("low = 2", "low = 2\nstep = 3", "[space.k]: high 4 is not low 2 plus a multiple of step 3."),
        ("low = 2", "low = 2\nlwo = 3", "[space.k], lwo: unknown key, got 3."),
        ('why = "hides more"', "", "[space.k], why: missing."),
        ('why = "hides more"', 'why = " "', "[space.k], why: expected a string that is not empty, got ' '."),
        (
            'kind = "int"',
            'kind = "itn"',
            "[space.k], kind: expected one of float, int, categorical, subset, got 'itn'",
        ),
        ('kind = "int"', "", "[space.k], kind: expected one of float, int, categorical, subset, got None."),
        ('why = "', 'when = {n = [1]}\nwhy = "', "[space.k], when: there is no [space.n]."),
        ('why = "', 'when = {k = [2]}\nwhy = "', "[space], when: expected no circular conditions, got k needs k."),
        ('method = "mfrnet"', "", "top level, method: missing."),
        ("[space.k]", "[spaces]\n[space.k]", "top level, spaces: unknown key, got {}."),
        ('["image_auroc"]', '["auroc"]', "[objective], metrics: unknown metric 'auroc'; known: image_auroc"),
        ('["image_auroc"]', "[]", "[objective], metrics: expected at least one metric for each objective."),
        ('["image_auroc"]', '"image_auroc"', "[objective], metrics: expected a list, got 'image_auroc'."),
        (
            '["image_auroc"]',
            '["image_auroc"]\ndirection = "minimize"',
            "[objective], direction: expected maximize for image_auroc, got minimize.",
        ),
        (
            '["image_auroc"]',
            '["image_auroc", "fit_seconds"]',
            "[objective], metrics: expected each cost as an objective of its own, got a mean of image_auroc",
        ),
        (
            '["image_auroc"]',
            '["image_auroc"]\ndirection = ["maximize", "minimize"]',
            "[objective], direction: expected one word for a list of metrics",
        ),
        (
            '["image_auroc"]',
            '["image_auroc"]\nselection = "test"',
            "[objective], selection: expected 'synthetic', 'validation' or 'oracle', got 'test'.",
        ),
        ("[space.k]", "[budget]\ntrials = 0\n[space.k]", "[budget], trials: expected at least 1, got 0."),
        (
            "[space.k]",
            '[budget]\nfidelity = {setting = "steps", shares = [0.5, 0.2]}\n[space.k]',
            "[budget], fidelity.shares: expected rising shares, each once.",
        ),
        (
            "[space.k]",
            '[budget]\nfidelity = {setting = "k", shares = [0.5]}\n[space.k]',
            "[budget], fidelity: expected a setting that is not searched, got k.",
        ),
        ("[space.k]", "[default]\nk = 9\n[space.k]", "[default], k: expected 2 to 4, got 9"),
        ("[space.k]", "[default]\nn = 2\n[space.k]", "[default], n: there is no [space.n]."),
        ("[space.k]", "[fixed]\nk = 3\n[space.k]", "[fixed], k: is searched in [space.k]"),
    ],
)
def test_a_bad_file_is_one_line_with_file_table_key_and_reason(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert GOOD.count(old) == 1
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(SettingsError, match=r"^[^\n]+\.$") as caught:
        load_space(path)
    assert str(caught.value).startswith(f"{path}, {said}")


def test_a_fidelity_takes_one_objective_only(tmp_path: Path) -> None:
    text = GOOD.replace(
        'metrics = ["image_auroc"]',
        'metrics = [["image_auroc"], ["fit_seconds"]]\ndirection = ["maximize", "minimize"]',
    )
    assert len(load_space(written(tmp_path, text)).goals) == 2
    budget = '[budget]\nfidelity = {setting = "steps", shares = [0.5]}\n[space.k]'
    with pytest.raises(SettingsError, match=r"\[budget\], fidelity: expected one objective, got 2"):
        load_space(written(tmp_path, text.replace("[space.k]", budget)))
