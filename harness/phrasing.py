"""Counts, times and limits as a reader expects them in a sentence."""


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun in the right form.

    Args:
        number: Of things.
        noun: For one of them.
        plural: For any other number of them; None for ``noun`` with an s.

    >>> counted(1, "cell"), counted(0, "cell"), counted(2, "category", "categories")
    ('1 cell', '0 cells', '2 categories')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def duration_text(seconds: float) -> str:
    """A time in the two largest units that matter, rounded to the second.

    >>> duration_text(8.4), duration_text(211), duration_text(7322)
    ('8 s', '3 min 31 s', '2 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def limit_words(limit: int) -> str:
    """What a limit keeps, for notes and captions.

    >>> limit_words(4)
    'at most 4 training, 4 normal test and 4 defect test images of each category'
    """
    return f"at most {limit} training, {limit} normal test and {limit} defect test images of each category"


def corrupt_words(corrupt: str) -> str:
    """What happens to the test images, for notes and captions.

    >>> corrupt_words("noise:3")
    'test images corrupted by noise of severity 3'
    """
    name, _, severity = corrupt.partition(":")
    return f"test images corrupted by {name} of severity {severity}"


def contaminate_words(share: float) -> str:
    """What the training set holds, for notes and captions.

    >>> contaminate_words(0.05)
    'training set contaminated with 5 % defect images'
    """
    return f"training set contaminated with {100 * share:g} % defect images"
