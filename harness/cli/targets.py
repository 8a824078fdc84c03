"""``NAME[/CATEGORY]`` as typed: a data set, or one category of it."""

from pathlib import Path

from harness.datasets import Dataset
from harness.errors import UnknownNameError

METAVAR = "NAME[/CATEGORY]"


def named(text: str, root: Path) -> tuple[Dataset, str | None]:
    """The data set, and the category where one is named.

    Args:
        text: As typed. What is the path of something is a data set's, whatever slashes it has.
        root: The data root.

    Raises:
        BenchError: There is no such data set or category.
    """
    from harness.datasets.finding import find

    before, slash, category = text.rpartition("/")
    if not slash or Path(text).exists():
        return find(text, root), None
    dataset = find(before, root)
    known = dataset.categories(root)
    if category not in known:
        raise UnknownNameError.of(f"category of {dataset.info.name}", category, known)
    return dataset, category


def typed_dataset(text: str, category: str | None) -> str:
    """The part of ``text`` that names the data set."""
    return text if category is None else text.removesuffix(f"/{category}")
