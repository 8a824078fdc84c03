"""One label a row: a method's name, and what tells its variants apart when there are several."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

VARIANT_COLUMNS = ["method_version", "settings", "weights_sha256"]


def row_labels(frame: pd.DataFrame) -> pd.Series:
    """A label for each record, e.g. ``mfrnet``, or ``mfrnet [k=3]`` beside ``mfrnet [k=4]``.

    Records share a label exactly when method, its version, settings and weights are the same.

    Args:
        frame: Rows with ``method`` and ``VARIANT_COLUMNS``.

    Returns:
        Labels with the index of ``frame``.
    """
    keys = ["method", *VARIANT_COLUMNS]
    variants = frame[keys].drop_duplicates()
    labels: dict[Any, str] = {}
    for method, group in variants.groupby("method"):
        parts = [_parts(*row) for row in group[VARIANT_COLUMNS].itertuples(index=False)]
        telling = _telling_names(parts)
        for index, part in zip(group.index, parts, strict=True):
            labels[index] = f"{method} [{_shown(part, telling)}]" if telling else str(method)
    rows = pd.Series(labels, dtype="str", name="row")
    labelled = frame[keys].merge(variants.join(rows), on=keys, how="left")
    return labelled["row"].set_axis(frame.index)


@dataclass(frozen=True)
class Ablation:
    """The variants of one method, told apart from the one that the others are changes of."""

    reference: str
    """What the reference has where others differ, e.g. ``k=2, n=3``."""
    labels: dict[str, str]
    """Row label, as ``row_labels`` gives it, to what differs from the reference, e.g. ``k=3``. The
    reference itself, called so, comes first; numbers are in their order, not in that of their digits."""


def ablation_of(frame: pd.DataFrame, rows: pd.Series, settings: str | None = None) -> Ablation:
    """Choose the reference among the variants of one method and name the others by their differences.

    The reference is the variant of the settings that are asked for. Where none are, or where they have no
    record, it is the variant with the fewest differences from all others together: the settings that an
    ablation changes one at a time. Of several such (a grid, or two variants), it is the first that
    finished a cell.

    Args:
        frame: Records of one method.
        rows: Their labels from ``row_labels``, with the index of ``frame``.
        settings: Of the reference, as records have them.
    """
    first = frame.assign(row=rows).sort_values(["finished_at", "cell_id"]).drop_duplicates("row")
    variants = first[["row", *VARIANT_COLUMNS]].itertuples(index=False, name=None)
    parts = {row: _parts(*variant) for row, *variant in variants}
    telling = _telling_names(list(parts.values()))

    def differing(one: str, other: str) -> list[str]:
        return [name for name in telling if parts[one].get(name) != parts[other].get(name)]

    asked = first[first["settings"] == settings]["row"].tolist()
    # min keeps the first of equals, and dictionaries keep the order of insertion.
    reference = min(asked or parts, key=lambda one: sum(len(differing(one, other)) for other in parts))
    labels = {row: _shown(part, differing(row, reference)) for row, part in parts.items()}
    ordered = sorted((row for row in parts if row != reference), key=lambda row: _natural(labels[row]))
    return Ablation(
        reference=_shown(parts[reference], telling),
        labels={reference: "reference"} | {row: labels[row] for row in ordered},
    )


def _telling_names(parts: list[dict[str, str]]) -> list[str]:
    return [name for name in sorted(set().union(*parts)) if len({part.get(name) for part in parts}) > 1]


def _shown(part: dict[str, str], names: list[str]) -> str:
    return ", ".join(part.get(name, f"{name} unset") for name in names)


def _natural(text: str) -> list[str | float]:
    # Splitting by a group gives texts at even places and numbers at odd ones: always comparable.
    pieces = re.split(r"((?:(?<!\w)-)?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", text)
    return [float(piece) if number % 2 else piece for number, piece in enumerate(pieces)]


def _parts(version: int, settings: str, weights_sha256: str) -> dict[str, str]:
    # Names of settings keep their own spelling; the space keeps "weights" apart from a setting of that name.
    parts = {name: f"{name}={_text(value)}" for name, value in _flat(json.loads(settings)).items()}
    # timm's own weights go by a name, whose end tells them apart; a hash is told by its start.
    weights = weights_sha256 if weights_sha256.startswith("timm:") else weights_sha256[:8] or "none"
    return parts | {" version": f"v{version}", " weights": f"weights {weights}"}


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
