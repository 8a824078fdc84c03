"""What cells are called in lines for people."""

import json
from collections import Counter
from collections.abc import Sequence

from harness.plan import Cell, canonical_json


def labels_of(cells: Sequence[Cell]) -> dict[str, str]:
    """Cell id to the cell's name in a line; where several have the same name, with its settings.

    Of these, values that more than half of them have are left out.
    """
    alike: dict[str, list[Cell]] = {}
    for cell in cells:
        alike.setdefault(cell.label, []).append(cell)
    labels = {}
    for label, same in alike.items():
        settings = [json.loads(cell.settings_json) for cell in same]
        counts = {name: Counter(canonical_json(values.get(name)) for values in settings) for name in settings[0]}
        for cell, values in zip(same, settings, strict=True):
            shown = ", ".join(
                f"{name}={values.get(name)}"
                for name, count in counts.items()
                if 2 * count[canonical_json(values.get(name))] <= len(same)
            )
            labels[cell.id] = f"{label} ({shown})" if shown else label
    return labels
