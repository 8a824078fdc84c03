import subprocess
import sys
from pathlib import Path

import pytest

import harness
from harness.errors import SettingsError, UnknownNameError

SMALL = {"datasets": ["demo/board"], "methods": ["constant"], "protocol": {"image_size_px": 32}, "workers": 0}


def test_importing_the_api_loads_neither_torch_nor_ray() -> None:
    program = (
        "import sys, harness\nharness.RunSettings(); harness.run\n"
        "print(sorted({'torch', 'ray', 'timm', 'matplotlib'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


def test_functions_stay_functions_after_packages_of_their_names_are_imported() -> None:
    import harness.leaderboard
    import harness.plan

    assert callable(harness.plan)
    assert callable(harness.leaderboard)
    assert {"run", "search", "ablate", "leaderboard", "tables", "plan", "report", "RunSettings"} <= set(dir(harness))


def test_a_run_tells_its_events_and_returns_its_records(tmp_path: Path) -> None:
    events: list[str] = []
    first = harness.run(SMALL, results=str(tmp_path), on_event=lambda event: events.append(type(event).__name__))
    assert events[:2] == ["PlanMade", "CellsChecked"]
    assert events[-2:] == ["CellFinished", "RunEnded"]
    assert (len(first.frame), first.num_failed, first.frame["image_auroc"].tolist()) == (1, 0, [0.5])
    again = harness.run(SMALL, results=str(tmp_path))
    assert again.summary is None
    assert again.frame["cell_id"].tolist() == first.frame["cell_id"].tolist()


def test_wrong_settings_are_one_line() -> None:
    with pytest.raises(SettingsError, match=r"^seeds: expected a list such as \[0, 1\], got 3\.$"):
        harness.run(seeds=3)
    with pytest.raises(UnknownNameError, match=r"^Unknown setting 'seed'\. Did you mean 'seeds'\?"):
        harness.run({"seed": 3})
    with pytest.raises(UnknownNameError, match=r"^Unknown filter of records 'method'\. Did you mean 'methods'\?"):
        harness.leaderboard(method="constant")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'walk'"):
        _ = harness.walk
