from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from harness.datasets import Sample, Split
from harness.datasets.splits import limited


def sample(name: str, *, is_defect: bool = False) -> Sample:
    return Sample(name, Path(name), None, is_defect, "hole" if is_defect else "good")


def split_of(num_train: int, num_normal: int, num_defect: int) -> Split:
    train = [sample(f"train/{number:03}") for number in range(num_train)]
    normal = [sample(f"good/{number:03}") for number in range(num_normal)]
    defect = [sample(f"hole/{number:03}", is_defect=True) for number in range(num_defect)]
    return Split(train=tuple(train), test=(*defect, *normal), left_out=(("other", "its mask is empty"),))


def ids(samples: tuple[Sample, ...]) -> list[str]:
    return [each.id for each in samples]


def test_without_a_limit_a_split_stays_as_it_is() -> None:
    split = split_of(3, 2, 2)
    assert limited(split, None) is split


def test_the_images_that_stay_are_evenly_spaced_over_the_sorted_ids() -> None:
    found = limited(split_of(10, 4, 9), 2)
    assert ids(found.train) == ["train/000", "train/005"]
    assert ids(found.test) == ["hole/000", "hole/004", "good/000", "good/002"]


def test_a_limit_above_the_number_of_images_keeps_all_of_them() -> None:
    split = split_of(3, 2, 1)
    assert limited(split, 3) == split


@given(st.permutations(range(7)), st.integers(1, 9))
def test_the_order_of_a_split_does_not_decide_which_images_stay(order: list[int], limit: int) -> None:
    split = split_of(7, 7, 7)
    turned = Split(
        train=tuple(split.train[number] for number in order),
        test=tuple(split.test[7 + number] for number in order) + split.test[:7],
    )
    found, other = limited(split, limit), limited(turned, limit)
    assert set(found.train) == set(other.train)
    assert set(found.test) == set(other.test)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 40))
def test_every_image_is_kept_or_left_out_with_a_reason(train: int, normal: int, defect: int, limit: int) -> None:
    split = split_of(train, normal, defect)
    found = limited(split, limit)
    assert len(found.train) == min(train, limit)
    assert sum(each.is_defect for each in found.test) == min(defect, limit)
    assert sum(not each.is_defect for each in found.test) == min(normal, limit)
    left_out = dict(found.left_out)
    assert left_out.pop("other") == "its mask is empty"
    assert {*ids(found.train), *ids(found.test), *left_out} == {*ids(split.train), *ids(split.test)}
    assert set(left_out.values()) <= {"beyond the limit of the run"}


def test_validation_images_are_limited_too_and_stay_left_out_once() -> None:
    validation = tuple(sample(f"validation/{number:03}") for number in range(6))
    left_out = tuple((each.id, "normal image of the published validation set") for each in validation)
    found = limited(replace(split_of(3, 2, 2), validation=validation, left_out=left_out), 2)
    assert ids(found.validation) == ["validation/000", "validation/003"]
    assert [sample_id for sample_id, _ in found.left_out if sample_id.startswith("validation")] == ids(validation)
