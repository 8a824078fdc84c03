from harness.errors import cause_of


def test_type_and_text_are_kept() -> None:
    assert cause_of(OSError("No space left on device")) == "OSError: No space left on device"


def test_a_remote_traceback_is_cut_to_its_first_and_last_line() -> None:
    error = RuntimeError("\x1b[36mray::Worker\x1b[39m failed\n  File x.py\n\nValueError: k is 0\n")
    assert cause_of(error) == "RuntimeError: ray::Worker failed ... ValueError: k is 0"


def test_a_long_text_is_cut() -> None:
    assert len(cause_of(RuntimeError("x" * 1000))) == 300
    assert cause_of(RuntimeError("x" * 1000)).endswith("...")
