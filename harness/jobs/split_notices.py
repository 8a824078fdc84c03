"""What a reader must know of a split before its numbers: leaks, whose split it is, what is not shown."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.datasets import DATASETS
from harness.datasets.finding import find
from harness.datasets.splits import make_split, split_identity
from harness.errors import BenchError
from harness.phrasing import counted
from harness.records import PUBLISHED_SPLIT

if TYPE_CHECKING:
    import pandas as pd

    from harness.datasets.leaks import Leak
    from harness.report.html import Notice


def split_notices(split: str, frame: "pd.DataFrame", data: str | Path | None, left_out: str) -> "list[Notice]":
    """The notices of one split, warnings first.

    Args:
        split: Its name as the records have it.
        frame: Its records.
        data: Folder of the data sets, to look for leaks; None to say that nobody looked.
        left_out: What is not shown because it is not the newest.
    """
    from harness.report.html import Notice

    leaks = {} if data is None else leaks_in(Path(data), split, frame)
    notices = [
        Notice(text=_leak_text(name, category, leak, _first_seed(frame, name, category)), is_warning=True)
        for (name, category), leak in leaks.items()
        if leak is not None
    ]
    datasets = sorted(frame["dataset"].unique())
    if split == PUBLISHED_SPLIT:
        notices += [Notice(text=text) for name in datasets if (text := _author_text(name))]
    looked_at = {name for name, _ in leaks}
    sound = sorted(looked_at - {name for (name, _), leak in leaks.items() if leak is not None})
    if sound:
        notices.append(
            Notice(text=f"No test image has a copy or near duplicate among the training images in {', '.join(sound)}.")
        )
    unknown = [name for name in datasets if name not in looked_at]
    if unknown:
        notices.append(
            Notice(
                text=f"Nobody looked for images that training and test share in {', '.join(unknown)}: that needs the "
                "images of these records (--data)."
            )
        )
    if left_out:
        notices.append(Notice(text=f"{left_out}."))
    return notices


def leaks_in(data: Path, split: str, frame: "pd.DataFrame") -> "dict[tuple[str, str], Leak | None]":
    """Data set and category to what leaks under a split, under the first seed of the records; None if nothing does.

    A category whose images below ``data`` are not those of its records is absent, as is a split that its name alone
    does not make, such as a manifest. Decodes the images on the first call; later calls use the cache.
    """
    from harness.datasets.fingerprint import fingerprint
    from harness.datasets.leaks import find_leak
    from harness.datasets.twins import samples_of

    found: dict[tuple[str, str], Leak | None] = {}
    for (name, category, regime), records in frame.groupby(["dataset", "category", "regime"]):
        # A data set that is not there, or another split of the same name, is one that nobody looked at.
        with suppress(BenchError):
            asked = _typed_name(split)
            dataset = find(str(name), data)
            if split_identity(asked) != split:
                continue
            if set(records["data_fingerprint"]) != {fingerprint(dataset, data, str(category), str(regime))}:
                continue
            made = make_split(dataset, data, str(category), _first_seed(frame, str(name), str(category)), asked)
            found[str(name), str(category)] = find_leak(made, samples_of(dataset, data, str(category)))
    return found


def _typed_name(split: str) -> str:
    """The name that a user types for a split, without the versions that a record adds."""
    is_versioned = split.startswith(("grouped-", "kfold-"))
    return split.rpartition("-")[0] if is_versioned else split


def _first_seed(frame: "pd.DataFrame", name: str, category: str) -> int:
    return int(frame.loc[(frame["dataset"] == name) & (frame["category"] == category), "seed"].min())


def _leak_text(name: str, category: str, leak: "Leak", seed: int) -> str:
    where = name if name == category else f"{name}/{category}"
    normals = f"{leak.num_normals} of {counted(leak.num_test_normals, 'normal test image')}"
    defects = f"{leak.num_defects} of {counted(leak.num_test_defects, 'defect image')}"
    return (
        f"{where} leaks: under seed {seed}, {normals} and {defects} have a copy or near duplicate in training. A "
        "method that remembers images looks better here than it is."
    )


_AUTHORS: Mapping[str, str] = {
    "literature": "the split is the literature's, not one by the authors of the data set",
    "ours": "the split is one of this benchmark, not one by the authors of the data set",
}


def _author_text(name: str) -> str:
    """Whose split it is, where it is not the authors'; empty for a data set that is not registered."""
    if name not in DATASETS.names():
        return ""
    info = DATASETS.get(name)().info
    if info.split_author not in _AUTHORS:
        return ""
    note = f" {info.split_note}" if info.split_note else ""
    return f"{name}: {_AUTHORS[info.split_author]}.{note}"
