from pathlib import Path

import pytest

import harness
from harness.errors import SettingsError

SPACE = Path(__file__).parents[3] / "search_spaces" / "smoke.toml"


def test_a_search_has_no_regime_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^regime: .*; expected one-class, got few-shot-4\.$"):
        harness.search(space=SPACE, targets=["demo/tile"], settings={"regime": "few-shot-4", "results": str(tmp_path)})


def test_a_search_has_no_limit(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^limit: a search judges on all images of a category; .*, got 4\.$"):
        harness.search(space=SPACE, targets=["demo/tile"], settings={"limit": 4, "results": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("disturbance", [{"corrupt": "noise:3"}, {"contaminate": 0.05}])
def test_a_search_has_no_disturbance(disturbance: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^A search has no --corrupt and no --contaminate; expected neither\.$"):
        harness.search(space=SPACE, targets=["demo/tile"], settings={**disturbance, "results": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
