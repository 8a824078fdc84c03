"""One label a row: a method's name, and what tells its variants apart when there are several."""

import json
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
    labels: dict[tuple[Any, ...], str] = {}
    for method, group in variants.groupby("method"):
        parts = [_parts(*row) for row in group[VARIANT_COLUMNS].itertuples(index=False)]
        telling = [name for name in _all_names(parts) if len({part.get(name) for part in parts}) > 1]
        for row, part in zip(group[keys].itertuples(index=False, name=None), parts, strict=True):
            shown = ", ".join(part.get(name, f"{name} unset") for name in telling)
            labels[row] = f"{method} [{shown}]" if telling else str(method)
    rows = frame[keys].itertuples(index=False, name=None)
    return pd.Series([labels[row] for row in rows], index=frame.index, dtype="str", name="row")


def _parts(version: int, settings: str, weights_sha256: str) -> dict[str, str]:
    # Names of settings keep their own spelling; the space keeps "weights" apart from a setting of that name.
    parts = {name: f"{name}={_text(value)}" for name, value in _flat(json.loads(settings)).items()}
    weights = weights_sha256[:8] or "none"
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


def _all_names(parts: list[dict[str, str]]) -> list[str]:
    return sorted(set().union(*parts))
