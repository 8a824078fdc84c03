from pathlib import Path

from harness.execution.executor import _remove


def test_the_state_of_ray_train_is_removed_whether_it_was_made_or_not(tmp_path: Path) -> None:
    folder = tmp_path / ".ray_train-0"
    _remove(str(folder))
    (folder / "attempt").mkdir(parents=True)
    _remove(str(folder))
    assert list(tmp_path.iterdir()) == []
