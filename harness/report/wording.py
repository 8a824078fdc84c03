"""What every renderer says in the same words. Here, and only here, fractions become percent."""

from harness.tables import Entry, Table

WITHHELD_TEXT = "--"


def entry_text(entry: Entry, plus_minus: str = " ± ") -> str:
    """``98.1``, ``98.1 ± 0.3`` or ``--``, in percent.

    Args:
        entry: Fractions.
        plus_minus: What stands between mean and standard deviation.
    """
    if entry.mean is None:
        return WITHHELD_TEXT
    mean = f"{100 * entry.mean:.1f}"
    return mean if entry.std is None else f"{mean}{plus_minus}{100 * entry.std:.1f}"


def caption(table: Table) -> str:
    """Title, unit, seeds and protocol, in plain text on one line."""
    several = any(len(seeds) > 1 for seeds in table.seeds.values())
    unit = "Percent, higher is better" + ("; mean ± standard deviation over seeds" if several else "")
    withheld = f" {WITHHELD_TEXT}: withheld (a cell is missing or failed) or not defined." if _withholds(table) else ""
    return f"{table.title}. {unit}; {_seeds_text(table)}. Protocol {table.protocol}.{withheld}"


def column_headings(table: Table) -> list[str]:
    """Group and column in one phrase, for formats that have a single header line."""
    return [f"{group.title} {column}" for group in table.groups for column in group.columns]


def _withholds(table: Table) -> bool:
    return any(entry.mean is None for row in table.entries for entry in row)


def _seeds_text(table: Table) -> str:
    texts = {dataset: _count(seeds) for dataset, seeds in table.seeds.items()}
    if len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return ", ".join(f"{dataset} {text}" for dataset, text in texts.items())


def _count(seeds: tuple[int, ...]) -> str:
    return f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''} ({', '.join(map(str, seeds))})"
