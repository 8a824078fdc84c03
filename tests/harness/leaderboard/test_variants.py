from typing import Any

import pytest

from harness.leaderboard.variants import row_labels
from tests.support import records as make


def labels(*identities: dict[str, Any]) -> list[str]:
    records = [make.cell_record(identity=make.identity(**identity)) for identity in identities]
    return row_labels(make.frame(*records)).tolist()


def test_one_variant_is_called_by_the_method_s_name() -> None:
    assert labels({"settings": {"k": 3}, "seed": 0}, {"settings": {"k": 3}, "seed": 1}) == ["mfrnet", "mfrnet"]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"settings": {"k": 3, "n": 2}}, {"settings": {"k": 4, "n": 2}}, ["mfrnet [k=3]", "mfrnet [k=4]"]),
        ({"settings": {"k": 3}}, {"settings": {}}, ["mfrnet [k=3]", "mfrnet [k unset]"]),
        (
            {"settings": {"loss": {"ssim": 0.5, "mse": 1}}},
            {"settings": {"loss": {"ssim": 1.0, "mse": 1}}},
            ["mfrnet [loss.ssim=0.5]", "mfrnet [loss.ssim=1.0]"],
        ),
        (
            {"settings": {"layers": ["a", "b"]}},
            {"settings": {"layers": ["a"]}},
            ['mfrnet [layers=["a","b"]]', 'mfrnet [layers=["a"]]'],
        ),
        ({"method_version": 1}, {"method_version": 2}, ["mfrnet [v1]", "mfrnet [v2]"]),
        (
            {"weights_sha256": "0123456789"},
            {"weights_sha256": ""},
            ["mfrnet [weights 01234567]", "mfrnet [weights none]"],
        ),
    ],
)
def test_variants_are_told_apart_by_what_differs(
    one: dict[str, Any], other: dict[str, Any], expected: list[str]
) -> None:
    assert labels(one, other) == expected


def test_methods_do_not_tell_each_other_apart() -> None:
    assert labels({"settings": {"k": 3}}, {"method": "gaussian", "settings": {"eps": 1}}) == ["mfrnet", "gaussian"]
