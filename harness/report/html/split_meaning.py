"""What the name of a split says, in one sentence."""

from harness.records import PUBLISHED_SPLIT

_MEANINGS = {
    "grouped": "Near duplicates stay on one side: nothing that is tested was seen in training in another photograph.",
    "kfold": "One fold of the normal images is tested and the others train; near duplicates stay on one side.",
    "manifest": "A file of the user says which images train and which are tested.",
}


def split_meaning(split: str) -> str:
    """A sentence for the head of a section.

    >>> split_meaning("fold-1")
    'A further split by the authors of the data set.'
    """
    if split == PUBLISHED_SPLIT:
        return "The split that a data set was published with, or the literature's where there is none."
    return _MEANINGS.get(split.partition("-")[0], "A further split by the authors of the data set.")
