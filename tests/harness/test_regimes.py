import pytest

from harness.errors import SettingsError
from harness.regimes import KINDS, check_regime, kind_of, regime_words, shots_of


@pytest.mark.parametrize("regime", ["one-class", "multi-class", "few-shot-1", "few-shot-16"])
def test_a_regime_is_known_and_of_one_kind(regime: str) -> None:
    check_regime(regime)
    assert kind_of(regime) in KINDS
    assert regime_words(regime).startswith(f"{regime}: ")


@pytest.mark.parametrize(
    "regime", ["few-shot", "few-shot-0", "few-shot-01", "few-shot--2", "few-shot-x", "oneclass", ""]
)
def test_anything_else_is_refused_in_one_line(regime: str) -> None:
    with pytest.raises(
        SettingsError, match=r"^--regime: expected one-class, multi-class or few-shot-K .*; got '.*'\.$"
    ):
        check_regime(regime)


def test_only_a_few_shot_regime_has_a_number() -> None:
    assert [shots_of(regime) for regime in ("one-class", "multi-class", "few-shot-12")] == [None, None, 12]
