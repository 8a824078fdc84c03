import csv
from collections.abc import Iterator

import pytest

from harness.limited_reading import LimitedCsv


@pytest.fixture
def limit_of_others() -> Iterator[None]:
    before = csv.field_size_limit(10**6)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("limit_of_others")
def test_the_limit_on_fields_is_its_own_and_leaves_that_of_others_as_it_is() -> None:
    assert list(LimitedCsv(["x" * 100], 100)) == [["x" * 100]]
    with pytest.raises(csv.Error, match=r"field larger than field limit \(100\)"):
        next(LimitedCsv(["x" * 101], 100))
    assert csv.field_size_limit() == 10**6


def test_lines_are_counted_and_quoting_can_be_strict() -> None:
    reader = LimitedCsv(["a,b\n", '"c\n', 'd",e\n'])
    assert [(row, reader.line_num) for row in reader] == [(["a", "b"], 1), (["c\nd", "e"], 3)]
    with pytest.raises(csv.Error, match="expected after '\"'"):
        list(LimitedCsv(['"a"b'], strict=True))
