import itertools

import matplotlib as mpl

from harness.report.figures.style import drawing, looks_of


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_fifty_six_looks_differ() -> None:
    looks = looks_of([str(number) for number in range(56)]).values()
    assert all(one != other for one, other in itertools.combinations(looks, 2))


def test_letters_are_dark_enough_to_read() -> None:
    # WCAG 2.2, criterion 1.4.11: 3 to 1 against the white page.
    assert all(1.05 / (luminance(look.ink) + 0.05) >= 3 for look in looks_of([*"abcdefg"]).values())


def test_the_users_own_settings_have_no_effect() -> None:
    with mpl.rc_context({"axes.facecolor": "red"}):
        with drawing():
            assert mpl.rcParams["axes.facecolor"] == "white"
            assert mpl.rcParams["pdf.fonttype"] == 42
        assert mpl.rcParams["axes.facecolor"] == "red"
