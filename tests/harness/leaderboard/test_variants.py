from typing import Any

import pytest

from harness.leaderboard.variants import Ablation, ablation_of, row_labels
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


def ablation(*settings: dict[str, Any], reference: str | None = None) -> Ablation:
    """Of variants that finished in the order given."""
    frame = make.frame(
        *(
            make.cell_record(
                identity=make.identity(settings=each), provenance=make.provenance(finished_at=f"2025-01-0{day}")
            )
            for day, each in enumerate(settings, start=1)
        )
    )
    return ablation_of(frame, row_labels(frame), reference)


def test_the_reference_is_what_the_others_change_one_at_a_time() -> None:
    found = ablation({"k": 3, "n": 2}, {"k": 2, "n": 2}, {"k": 2, "n": 5}, {"k": 2, "n": 4})
    assert found.reference == "k=2, n=2"
    assert list(found.labels.values()) == ["reference", "k=3", "n=4", "n=5"]
    assert list(found.labels)[:2] == ["mfrnet [k=2, n=2]", "mfrnet [k=3, n=2]"]


def test_of_a_grid_the_first_to_finish_is_the_reference() -> None:
    found = ablation({"k": 3, "n": 2}, {"k": 2, "n": 2}, {"k": 3, "n": 5}, {"k": 2, "n": 5})
    assert found.reference == "k=3, n=2"
    assert list(found.labels.values()) == ["reference", "k=2", "k=2, n=5", "n=5"]


def test_the_reference_can_be_asked_for() -> None:
    grid = ({"k": 3, "n": 2}, {"k": 2, "n": 2}, {"k": 3, "n": 5}, {"k": 2, "n": 5})
    found = ablation(*grid, reference='{"k":2,"n":5}')
    assert found.reference == "k=2, n=5"
    assert list(found.labels.values()) == ["reference", "k=3", "k=3, n=2", "n=2"]
    assert ablation(*grid, reference='{"k":9,"n":5}').reference == "k=3, n=2"


def test_numbers_are_in_their_own_order() -> None:
    found = ablation({"k": 2}, {"k": 10}, {"k": 3}, {"k": 1.5})
    assert list(found.labels.values()) == ["reference", "k=1.5", "k=3", "k=10"]


def test_numbers_with_a_sign_or_an_exponent_are_in_their_own_order() -> None:
    found = ablation({"b": 1.0}, {"b": 0.001}, {"b": 1e-05}, {"b": -3}, {"b": -1})
    assert list(found.labels.values()) == ["reference", "b=-3", "b=-1", "b=1e-05", "b=0.001"]


def test_what_the_reference_lacks_and_what_others_lack_is_said() -> None:
    found = ablation({"k": 2}, {"k": 2, "n": 3}, {"n": 3})
    assert found.reference == "k=2, n=3"
    assert list(found.labels.values()) == ["reference", "k unset", "n unset"]


def test_a_method_with_one_variant_is_its_own_reference() -> None:
    assert ablation({"k": 2}) == Ablation(reference="", labels={"mfrnet": "reference"})
