"""``DATASET`` or ``DATASET/CATEGORY`` as typed, and the categories that a run asks for."""

from pathlib import Path

from harness.config import RunSettings
from harness.datasets import Dataset
from harness.datasets.finding import find, resolve
from harness.errors import UnknownNameError


def named(text: str, root: Path) -> tuple[Dataset, str | None]:
    """The data set, and the category where one is named.

    Args:
        text: As typed. An existing path is that of a data set, whatever slashes it has.
        root: The data root.

    Raises:
        BenchError: There is no such data set or category.
    """
    place, category = _split(text)
    dataset = find(place, root)
    if category is not None and category not in (known := dataset.categories(root)):
        raise UnknownNameError.of(f"category of {dataset.info.name}", category, known)
    return dataset, category


def chosen_categories(settings: RunSettings) -> list[tuple[Dataset, str]]:
    """Every category that is asked for, with its data set. Reads no file of theirs.

    ``settings.datasets`` says which data sets, or which categories of them; of these
    ``settings.categories`` keeps some.

    Raises:
        BenchError: There is no such data set or category.
    """
    root, wanted = settings.data, set(settings.categories)
    allowed: dict[str, set[str]] = {}
    for text in settings.datasets:
        if _split(text)[1] is not None:
            dataset, category = named(text, root)
            allowed.setdefault(dataset.info.name, set()).add(str(category))
    places = [place for place, category in map(_split, settings.datasets) if category is None]
    whole = {dataset.info.name for dataset in (resolve(places, root) if places else [])}
    known: set[str] = set()
    chosen = []
    for dataset in resolve(list(dict.fromkeys(_split(text)[0] for text in settings.datasets)), root):
        name = dataset.info.name
        for category in dataset.categories(root):
            if name not in whole and category not in allowed[name]:
                continue
            known |= {category, f"{name}/{category}"}
            if not wanted or wanted & {category, f"{name}/{category}"}:
                chosen.append((dataset, category))
    for category in sorted(wanted - known):
        raise UnknownNameError.of("category", category, {name for name in known if "/" not in name})
    return chosen


def _split(text: str) -> tuple[str, str | None]:
    place, slash, category = text.rpartition("/")
    return (place, category) if slash and not Path(text).exists() and not text.endswith(".toml") else (text, None)
