import pytest

from harness.errors import SettingsError
from harness.jobs.chosen_methods import check_methods_regime
from harness.methods import METHODS


def test_a_method_is_asked_for_no_regime_that_it_is_not_made_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "regimes", frozenset({"one-class", "multi-class"}))
    with pytest.raises(SettingsError, match=r"^--regime few-shot-2: constant is made for multi-class, one-class\. Run"):
        check_methods_regime("few-shot-2", ["gaussian", "constant"])
    check_methods_regime("multi-class", ["constant"])


def test_a_fit_is_shared_only_by_a_method_that_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "can_be_kept", False)
    with pytest.raises(SettingsError, match=r"^--regime multi-class: constant cannot be kept, so that the categories"):
        check_methods_regime("multi-class", ["constant"])
    check_methods_regime("few-shot-1", ["constant"])


def test_a_method_says_how_few_images_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS.get("constant"), "min_shots", 2)
    with pytest.raises(SettingsError, match=r"constant needs at least 2 images; ask for few-shot-2 or more\."):
        check_methods_regime("few-shot-1", ["constant"])


def test_a_method_without_a_word_on_regimes_is_made_for_one_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(METHODS.get("constant"), "regimes")
    check_methods_regime("one-class", ["constant"])
    with pytest.raises(SettingsError, match=r"constant is made for one-class\."):
        check_methods_regime("multi-class", ["constant"])
