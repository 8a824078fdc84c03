from pathlib import Path

import pytest
from pyarrow import fs

from harness.errors import StoreError
from harness.store.folders import Folder, LocalFolder, ObjectFolder, open_folder


@pytest.fixture(params=["local", "object"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    if request.param == "local":
        return LocalFolder(tmp_path / "results")
    memory, path = fs.FileSystem.from_uri("mock:///bucket/results")
    for name in ("records", "scores"):  # an object store has no folders to make; the stand-in has
        memory.create_dir(f"{path}/{name}")
    return ObjectFolder(memory, path, "s3://bucket/results")


class TestFolder:
    def test_a_file_is_read_as_it_was_put(self, folder: Folder) -> None:
        folder.put("records/a", b"content")
        assert folder.get("records/a") == b"content"

    def test_a_file_is_replaced(self, folder: Folder) -> None:
        folder.put("records/a", b"old and longer")
        folder.put("records/a", b"new")
        assert folder.get("records/a") == b"new"

    def test_the_stamp_of_a_file_changes_with_its_contents(self, folder: Folder) -> None:
        folder.put("records/a", b"old")
        before = folder.stamps("records")
        assert folder.stamps("records") == before
        folder.put("records/a", b"newer")
        assert folder.stamps("records") != before

    def test_names_are_sorted_and_of_one_folder(self, folder: Folder) -> None:
        for name in ("records/b", "records/a", "scores/c"):
            folder.put(name, b"")
        assert list(folder.stamps("records")) == ["a", "b"]

    def test_a_folder_that_is_not_there_has_no_names(self, folder: Folder) -> None:
        assert folder.stamps("nothing") == {}

    def test_a_missing_file_is_not_found(self, folder: Folder) -> None:
        with pytest.raises(FileNotFoundError, match="missing"):
            folder.get("records/missing")

    def test_a_deleted_file_is_gone_and_deleting_again_is_fine(self, folder: Folder) -> None:
        folder.put("records/a", b"")
        folder.delete("records/a")
        folder.delete("records/a")
        assert folder.stamps("records") == {}


def test_a_relative_path_means_the_same_in_another_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_folder("results").url == str(tmp_path / "results")


def test_the_title_of_an_address_has_no_credentials() -> None:
    folder = open_folder("s3://key:secret@bucket/results?region=us-east-1")
    assert (folder.title, "secret" in folder.url) == ("s3://bucket/results", True)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(StoreError, match=r"'ftp://host/results': expected a path, s3://bucket/prefix or gs://"):
        open_folder("ftp://host/results")


def test_an_address_without_a_bucket_is_refused() -> None:
    with pytest.raises(StoreError, match=r"results at 's3://': it names no bucket; expected s3://bucket/prefix"):
        open_folder("s3://")
