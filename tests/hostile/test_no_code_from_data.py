"""Nothing that comes with data, results, weights or bundles is executed."""

import ast
import inspect
import os
import pickle
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import timm

import harness
from harness.datasets.readers.ksdd import KolektorSDD
from harness.errors import DataError
from harness.jobs.chosen_records import groups_in
from harness.store import RecordStore
from mfrnet import check_options
from tests.hostile.bad_input import written
from tests.hostile.weight_inputs import Evil
from tests.support import miniatures
from tests.support import records as make
from tests.support.report_pages import page_data, panels_of
from tests.support.scores import drawn_scores, scored_record

ROOT = Path(__file__).parents[2]

EXECUTING = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {"import_module", "Unpickler", "_Unpickler", "popen", "Popen"}
LOADING = {"pickle", "cloudpickle", "marshal", "shelve", "joblib", "dill", "yaml", "torch"}
ALLOWED = {
    # What is imported is named by whoever typed the command, or by this package.
    "harness/__init__.py: import_module",
    "harness/registry.py: import_module",
    "harness/bundles/exported.py: __import__",
    "harness/methods/anomalib/construction.py: import_module",
    # Lists and texts alone; every class is refused.
    "harness/datasets/readers/ksdd.py: _Unpickler",
    # What Ray Tune of this process wrote below its own log folder.
    "harness/search/tuning.py: cloudpickle.loads",
    # What this function has just pickled.
    "mfrnet/parallel.py: pickle.loads",
    "harness/testing/dataset_contract.py: pickle.loads",
    # Tensors alone: weights_only=True.
    "mfrnet/weights.py: torch.load",
}


def calls(path: Path) -> Iterator[str]:
    """What a module calls or inherits that can execute what it reads."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {*EXECUTING, *ATTRIBUTES}:
            yield node.func.id
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in ("load", "loads") and node.value.id in LOADING:
                yield f"{node.value.id}.{node.attr}"
            elif node.attr in ATTRIBUTES or (node.value.id, node.attr) == ("os", "system"):
                yield node.attr
        elif isinstance(node, ast.keyword) and node.arg in ("shell", "allow_pickle"):
            yield node.arg


def test_what_can_execute_what_it_reads_is_on_one_short_list() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {call}"
        for package in ("harness", "mfrnet")
        for path in (ROOT / package).rglob("*.py")
        for call in calls(path)
    }
    assert found == ALLOWED


def test_options_of_weights_are_not_those_with_which_timm_opens_files_and_addresses() -> None:
    parameters = inspect.signature(timm.create_model).parameters
    for name in (name for name, each in parameters.items() if each.kind != each.VAR_KEYWORD):
        with pytest.raises(ValueError, match="expected 'model' as an object of the model's own options"):
            check_options({"model": {name: None}})


def test_a_record_imports_no_module(tmp_path: Path) -> None:
    written(tmp_path / "evil_of_a_record.py", f"open({str(tmp_path / 'executed')!r}, 'w')\nClass = dict\n")
    frame = make.frame(make.cell_record(identity=make.identity(dataset="evil_of_a_record:Class")))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        assert groups_in(tmp_path, frame) == {}
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(Evil()),
        pickle.dumps(os.getcwd),
        b"\x80\x02]r\xff\xff\xff\x7f.",  # in C, a memo of gigabytes
        b"\x80\x02X\xff\xff\xff\x7fabc.",
        pickle.dumps(["kos01"]),
        b"",
    ],
)
def test_the_folds_of_kolektor_sdd_are_lists_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    (miniatures.ksdd(tmp_path) / "split.pyb").write_bytes(content)
    with pytest.raises(DataError, match=r"split\.pyb: (cannot be read|expected each item)"):
        KolektorSDD().own_split(tmp_path, "ksdd", "fold-1")
    assert not Path("unpickled").exists()


HTML = {
    "an element": "<script>alert(1)</script>",
    "the end of a script": "</script><script>alert(1)</script>",
    "an attribute": '" onmouseover="alert(1)',
    "a single quote": "' onmouseover='alert(1)",
    "an entity": "&lt;script&gt;alert(1)&lt;|script&gt;",
    "a comment": "<!-- --><img src=x onerror=alert(1)>",
    "a template": "{{ 7 * 7 }}{% raw %}",
    "an address": "javascript:alert(1)",
    "half a surrogate": "a\\udc80b",
}


def test_texts_of_records_stand_in_the_report_as_texts(tmp_path: Path) -> None:
    for number, text in enumerate(HTML.values()):
        identity = make.identity(dataset="d", category=f"c{number}", settings={text: text}, split=text)
        provenance = make.provenance(host=text, device=text, command=text, code_commit=text)
        record = scored_record(identity, drawn_scores(number))
        RecordStore(str(tmp_path)).write(make.cell_record(
            identity=identity, provenance=provenance, image_scores=record.image_scores,
        ))  # fmt: skip
    page = harness.report(str(tmp_path)).read_text(encoding="utf-8")
    texts: list[str] = []
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            texts.append(data)

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            assert not [name for name, _ in attrs if name.startswith("on")]

    Reader().feed(page)
    shown = "".join(texts)
    for name, text in HTML.items():
        assert text in shown, name
    assert "img" not in tags
    assert tags.count("script") == len(page_data(page)) + 1


def test_a_panel_outside_the_results_is_no_part_of_the_report(tmp_path: Path) -> None:
    """A category that leads out names no panels, whatever image lies there."""
    results = tmp_path / "results"
    identity = make.identity(dataset="d", category="../../../private")
    RecordStore(str(results)).write(make.cell_record(identity=identity))
    RecordStore(str(results)).write(make.cell_record(identity=make.identity(dataset="d")))
    panels_of(tmp_path / "private", "", "", identity.cell_id, ["test-good-000.png"])
    page = harness.report(str(results)).read_text(encoding="utf-8")
    assert all(data["panels"] == [] for data in page_data(page))
