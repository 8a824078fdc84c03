"""What a detector is fitted on: all good images of a category, those of all categories together, or a few of one."""

from harness.errors import SettingsError
from harness.phrasing import counted

ONE_CLASS = "one-class"
"""One model a category, fitted on all of its good training images."""
MULTI_CLASS = "multi-class"
"""One model for all categories of a data set, judged category by category."""
FEW_SHOT = "few-shot"
"""One model a category, fitted on K of its good training images; a regime is named ``few-shot-K``."""

KINDS = (ONE_CLASS, MULTI_CLASS, FEW_SHOT)


def check_regime(regime: str) -> None:
    """Refuse what is no regime.

    Raises:
        SettingsError: The name is unknown, or K is no whole number of at least 1.
    """
    number = regime.removeprefix(f"{FEW_SHOT}-")
    is_few_shot = number != regime and number.isdecimal() and number == str(int(number)) and int(number) >= 1
    if regime not in (ONE_CLASS, MULTI_CLASS) and not is_few_shot:
        raise SettingsError(
            f"--regime: expected {ONE_CLASS}, {MULTI_CLASS} or {FEW_SHOT}-K with K of at least 1, e.g. {FEW_SHOT}-4; "
            f"got {regime!r}."
        )


def shots_of(regime: str) -> int | None:
    """Good images of a category that a few-shot regime fits on; None for every other regime.

    >>> shots_of("few-shot-4"), shots_of("multi-class")
    (4, None)
    """
    return int(regime.removeprefix(f"{FEW_SHOT}-")) if regime.startswith(FEW_SHOT) else None


def kind_of(regime: str) -> str:
    """The regime without its number: one of ``KINDS``, as methods declare them.

    >>> kind_of("few-shot-4")
    'few-shot'
    """
    return regime if shots_of(regime) is None else FEW_SHOT


def regime_words(regime: str) -> str:
    """A regime in words, for notes and captions.

    >>> regime_words("few-shot-1")
    'few-shot-1: fitted on 1 good image of each category'
    """
    shots = shots_of(regime)
    if shots is not None:
        return f"{regime}: fitted on {counted(shots, 'good image')} of each category"
    what = "all categories of a data set" if regime == MULTI_CLASS else "each category"
    return f"{regime}: one model for {what}"
