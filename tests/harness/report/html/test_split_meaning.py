import pytest

from harness.report.html.split_meaning import split_meaning


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("published", "was published with"),
        ("grouped-1.1", "Near duplicates stay on one side"),
        ("kfold-5-2-1.1", "One fold of the normal images"),
        ("manifest-0123456789ab", "A file of the user"),
        ("fold-1", "by the authors"),
    ],
)
def test_every_kind_of_split_has_a_sentence(split: str, words: str) -> None:
    assert words in split_meaning(split)
