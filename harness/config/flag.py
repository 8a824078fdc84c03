"""How a field of a settings model is given on the command line."""

from dataclasses import dataclass

WHAT, WHERE, HOW = "What to run", "Where data and results are", "How to run"
"""Panels of the help text."""


@dataclass(frozen=True)
class Flag:
    """Marks a model's field as a flag; the field's docstring is its help and the field's default its default."""

    panel: str | None = None
    """Heading below which the help lists it."""
    metavar: str | None = None
    """What stands for the value in the help; None for the type's own word."""
    name: str | None = None
    """The flag, where it is not the field's name."""
    envvar: str | None = None
    """An environment variable that is read when the flag is not given."""
    is_repeatable: bool = False
    """Whether the entries of a list may also come with several flags; otherwise the last flag counts."""
