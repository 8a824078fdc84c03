import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report.figures.lettering import width_inches, wrapped

texts = st.text("abc [],=$_", max_size=60)


@settings(deadline=None, max_examples=30)
@given(texts, st.floats(0.3, 2.0))
def test_lines_fit_and_lose_no_letter(text: str, inches: float) -> None:
    lines = wrapped(text, inches, 6.0)
    assert all(width_inches(line, 6.0) <= inches for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_line_is_broken_at_spaces() -> None:
    assert wrapped("mfrnet [k=3, layers=2]", 0.8, 6.0) == ["mfrnet [k=3,", "layers=2]"]


def test_a_no_break_space_holds() -> None:
    lines = wrapped("Friedman p\u00a00.013", 0.5, 6.0)
    assert lines == ["Friedman", "p\u00a00.013"]


def test_larger_letters_are_wider_in_proportion() -> None:
    assert width_inches("abc", 12.0) == pytest.approx(2 * width_inches("abc", 6.0), rel=0.05)
