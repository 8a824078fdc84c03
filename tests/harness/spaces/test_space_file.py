from pathlib import Path

import pytest

from harness.errors import SettingsError
from harness.spaces import load_space
from tests.support.searches import SPACE_TEXT


def written(folder: Path, text: str) -> Path:
    path = folder / "space.toml"
    path.write_text(text)
    return path


def test_a_small_space_is_read(tmp_path: Path) -> None:
    space = load_space(written(tmp_path, SPACE_TEXT))
    assert (space.method, space.budget.trials, space.objective.selection) == ("mfrnet", 30, "synthetic")
    assert [goal.name for goal in space.goals] == ["image AUROC"]


def test_a_fidelity_takes_one_objective_only(tmp_path: Path) -> None:
    text = SPACE_TEXT.replace(
        'metrics = ["image_auroc"]',
        'metrics = [["image_auroc"], ["fit_seconds"]]\ndirection = ["maximize", "minimize"]',
    )
    assert len(load_space(written(tmp_path, text)).goals) == 2
    budget = '[budget]\nfidelity = {setting = "steps", shares = [0.5]}\n[space.k]'
    with pytest.raises(SettingsError, match=r"\[budget\], fidelity: expected one objective, got 2"):
        load_space(written(tmp_path, text.replace("[space.k]", budget)))
