import pytest

from harness.datasets.describing.words import Word, number_pattern, without_mask_word, words_in


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("good", {Word.GOOD}),
        ("MT_Free", {Word.GOOD}),
        ("OK parts", {Word.GOOD}),
        ("NODefect_images", {Word.GOOD, Word.CONTAINER}),
        ("defect-free", {Word.GOOD}),
        ("not_good", {Word.DEFECT}),
        ("nok", {Word.DEFECT}),
        ("Defect_images", {Word.DEFECT, Word.CONTAINER}),
        ("anomalies", {Word.DEFECT}),
        ("train_ok", {Word.TRAIN, Word.GOOD}),
        ("testDefective", {Word.TEST, Word.DEFECT}),
        ("ground_truth", {Word.MASK}),
        ("GT", {Word.MASK}),
        ("underground", set()),
        ("bottle", set()),
        ("okra", set()),
        ("goodyear", set()),
        ("2024-05-01", set()),
        ("", set()),
    ],
)
def test_names_are_read_word_by_word(name: str, words: set[Word]) -> None:
    assert words_in(name) == words


@pytest.mark.parametrize(
    ("stem", "core"),
    [
        ("000_mask", "000"),
        ("Part0_label", "Part0"),
        ("10301_GT", "10301"),
        ("mask_000", "000"),
        ("a-b ground_truth", "a-b"),
        ("bismask", "bismask"),
        ("mask", "mask"),
    ],
)
def test_mask_words_are_taken_off(stem: str, core: str) -> None:
    assert without_mask_word(stem) == core


def test_numbered_names_share_a_pattern() -> None:
    assert number_pattern("kos07") == number_pattern("kos50") == ("kos", "")
    assert number_pattern("bottle") is None
    assert number_pattern("2024-05") is None
