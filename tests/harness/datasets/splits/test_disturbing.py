from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.datasets import Sample, Split
from harness.datasets.splits.disturbing import contaminated, corrupted
from harness.errors import DataError


def sample(name: str, *, is_defect: bool = False) -> Sample:
    return Sample(name, Path(name), None, is_defect, "hole" if is_defect else "good")


def split_of(num_train: int, num_normal: int, num_defect: int) -> Split:
    train = [sample(f"train/{number:03}") for number in range(num_train)]
    normal = [sample(f"good/{number:03}") for number in range(num_normal)]
    defect = [sample(f"hole/{number:03}", is_defect=True) for number in range(num_defect)]
    return Split(train=tuple(train), test=(*defect, *normal))


def alone(split: Split) -> dict[str, str]:
    return {each.id: each.id for each in (*split.train, *split.test)}


def ids(samples: tuple[Sample, ...]) -> set[str]:
    return {each.id for each in samples}


def test_corruption_is_of_the_test_images_alone() -> None:
    split = split_of(3, 2, 2)
    found = corrupted(split, "noise:3", 0)
    assert found.train == split.train
    assert [each.id for each in found.test] == [each.id for each in split.test]
    seeds = {each.corruption.seed for each in found.test if each.corruption is not None}
    assert len(seeds) == len(found.test)


def test_the_share_is_that_of_the_whole_training_set() -> None:
    split = split_of(90, 20, 30)
    found = contaminated(split, 0.1, 0, alone(split), "mock/part")
    added = found.train[90:]
    assert len(added) == 10
    assert all(each.is_defect for each in added)


@given(st.integers(0, 99), st.sampled_from([0.05, 0.1, 0.2]))
def test_what_contaminates_is_not_tested_and_all_else_is(seed: int, share: float) -> None:
    split = split_of(40, 5, 12)
    found = contaminated(split, share, seed, alone(split), "mock/part")
    assert ids(found.train).isdisjoint(ids(found.test))
    assert ids(found.train) | ids(found.test) == ids(split.train) | ids(split.test)
    assert found == contaminated(split, share, seed, alone(split), "mock/part")


def test_a_larger_share_has_the_images_of_a_smaller_one() -> None:
    split = split_of(40, 5, 20)
    small, large = (contaminated(split, share, 3, alone(split), "mock/part") for share in (0.05, 0.2))
    assert ids(small.train) < ids(large.train)


def test_seeds_draw_different_images() -> None:
    split = split_of(40, 5, 20)
    drawn = {frozenset(ids(contaminated(split, 0.1, seed, alone(split), "").train)) for seed in range(5)}
    assert len(drawn) == 5


@pytest.mark.parametrize("seed", range(5))
def test_no_near_duplicate_of_a_contaminating_image_is_tested(seed: int) -> None:
    split = split_of(40, 6, 12)
    groups = alone(split) | {f"hole/{number:03}": f"hole/{number // 4}" for number in range(12)}
    groups["good/000"] = "hole/0"
    found = contaminated(split, 0.05, seed, groups, "mock/part")
    (drawn,) = {groups[each.id] for each in found.train[40:]}
    assert drawn not in {groups[each.id] for each in found.test}
    left_out = {name for name, _ in found.left_out}
    assert left_out == {name for name, group in groups.items() if group == drawn} - ids(found.train)
    assert {reason for _, reason in found.left_out} == {"near duplicate of a contaminating image"}


@pytest.mark.parametrize(
    ("num_train", "num_defect", "share", "told"),
    [
        (4, 10, 0.05, r"mock/part: --contaminate 0\.05 adds 0 of 10 defect images to 4 training images; expected at"),
        (40, 4, 0.1, r"--contaminate 0\.1 adds 4 of 4 defect images to 40 training images"),
        (40, 3, 0.5, r"adds 40 of 3 defect images"),
    ],
)
def test_too_few_images_are_told(num_train: int, num_defect: int, share: float, told: str) -> None:
    split = split_of(num_train, 5, num_defect)
    with pytest.raises(DataError, match=told):
        contaminated(split, share, 0, alone(split), "mock/part")
