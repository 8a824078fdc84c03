import json
from typing import Any

import pytest

from harness.leaderboard.ablation_study import AblationStudy

BASE = {"k": 2, "layers": [2, 3], "n": 3}


def study(*, crossed: bool = False, **factors: tuple[Any, ...]) -> AblationStudy:
    return AblationStudy(method="mfrnet", base=BASE, factors=factors, is_crossed=crossed)


def test_one_factor_changes_at_a_time_and_the_reference_comes_first() -> None:
    assert study(k=(2, 3), n=(1, 3, 5)).changes() == ({}, {"k": 3}, {"n": 1}, {"n": 5})


def test_crossed_factors_give_every_combination_once() -> None:
    made = study(crossed=True, k=(2, 3), n=(1, 3))
    resolved = [json.loads(made.settings_json(change)) for change in made.changes()]
    assert [(each["k"], each["n"]) for each in resolved] == [(2, 3), (2, 1), (3, 1), (3, 3)]


def test_the_reference_is_there_even_where_the_grid_leaves_it_out() -> None:
    changes = study(crossed=True, k=(3,), n=(1, 5)).changes()
    assert changes == ({}, {"k": 3, "n": 1}, {"k": 3, "n": 5})


def test_settings_are_written_as_cells_have_them() -> None:
    assert study().settings_json({"k": 3}) == '{"k":3,"layers":[2,3],"n":3}'


@pytest.mark.parametrize(
    ("factors", "values"),
    [
        ({"k": (10, 3)}, (2, 3, 10)),
        ({"k": (2, 3)}, (2, 3)),
        ({"layers": ([3], [2])}, ([2, 3], [3], [2])),
    ],
)
def test_a_factor_s_values_have_the_base_s_among_them(factors: dict[str, tuple[Any, ...]], values: Any) -> None:
    (name,) = factors
    assert study(**factors).values_with_base(name) == values
