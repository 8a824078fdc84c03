"""What the names of folders and files say, in the words that people use for parts that are good or not."""

import re
from enum import Enum

from harness.datasets.image_folders import GOOD as GOOD_KIND


class Word(Enum):
    """What one name can say about the images below it."""

    TRAIN = "train"
    TEST = "test"
    VALIDATION = "validation"
    GOOD = "good"
    DEFECT = "defect"
    MASK = "mask"
    CONTAINER = "images"
    """Says nothing but that there are images."""


_WORDS: dict[Word, str] = {
    Word.TRAIN: "train training learn",
    Word.TEST: "test testing eval evaluation",
    Word.VALIDATION: "val valid validation",
    Word.GOOD: f"{GOOD_KIND} ok io normal normals free pass passed healthy clean fine intact gut negative defectfree "
    "nondefective",
    Word.DEFECT: "ng nok nio ko bad def defect defects defective anomaly anomalies anomalous anomal abnormal fault "
    "faults faulty fail failed broken damaged damage reject rejected rejects scrap schlecht positive crack cracks "
    "scratch scratches hole holes dent dents stain stains contamination rust",
    Word.MASK: "mask masks label labels gt groundtruth segmentation segmentations seg annotation annotations",
    Word.CONTAINER: "image images img imgs photo photos picture pictures data dataset raw rgb jpegimages files",
}
_BY_TOKEN = {token: word for word, tokens in _WORDS.items() for token in tokens.split()}
_NEGATIONS = frozenset({"no", "not", "non", "without", "un"})
_TOKEN = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MASK_AFFIX = re.compile(
    r"^(?:(?:mask|label|gt|seg)[ _.-]+)?(?P<core>.+?)"
    r"(?:[ _.-]+(?:mask|masks|label|labels|gt|groundtruth|ground[ _.-]truth|seg|segmentation|annotation))?$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"^(\D*)\d+(\D*)$")


def words_in(name: str) -> frozenset[Word]:
    """Every word that a name holds; ``"MT_Free"`` holds GOOD, ``"not_good"`` DEFECT, ``"bottle"`` none."""
    found: set[Word] = set()
    is_negated = False
    tokens = [token.lower() for token in _TOKEN.findall(name)]
    for position, token in enumerate(tokens):
        if token in _NEGATIONS:
            is_negated = True
            continue
        word = _BY_TOKEN.get(token)
        if token == "ground" and tokens[position + 1 : position + 2] == ["truth"]:
            word = Word.MASK
        # "defect free" is good, and "free" alone is too.
        if word is Word.GOOD and Word.DEFECT in found:
            found.discard(Word.DEFECT)
        if word in (Word.GOOD, Word.DEFECT) and is_negated:
            word = Word.DEFECT if word is Word.GOOD else Word.GOOD
        if word is not None and not (word is Word.DEFECT and Word.GOOD in found):
            found.add(word)
        is_negated = False
    return frozenset(found)


def without_mask_word(stem: str) -> str:
    """A file's stem without ``_mask``, ``_label``, ``_GT`` and the like; the stem itself if there is none."""
    found = _MASK_AFFIX.match(stem)
    return found["core"] if found else stem


def number_pattern(name: str) -> tuple[str, str] | None:
    """What stands before and after the number in a name such as ``kos07``; None if it has not one number."""
    found = _NUMBERED.match(name)
    return (found[1], found[2]) if found else None
