"""Any text and any bytes: a reader returns what it read or raises one line, and never anything else.

Draws are the same in every run. Bytes are good files with a few changes, because random bytes reach no decoder.
"""

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from harness.bundles import read_bundle
from harness.config import load_run_settings, parse_assignments, parse_protocol, read_toml
from harness.config.protocol import words_of
from harness.datasets.archives.archive import extract
from harness.datasets.folder.folder_description import read_description
from harness.datasets.readers.ksdd import KolektorSDD
from harness.datasets.readers.mvtec_loco import MVTecLOCO
from harness.datasets.readers.real_iad import RealIAD
from harness.datasets.readers.visa import VisA
from harness.datasets.splits.names import check_split_name
from harness.environment import without_credentials
from harness.errors import BenchError, is_plain
from harness.images import image_mode, image_size, read_rgb
from harness.spaces import load_space
from harness.store import RecordStore
from mfrnet import LocalWeights
from tests.hostile import bundle_inputs, image_inputs, part_inputs
from tests.hostile.archive_inputs import LIMITS, member, tar_of, zip_of
from tests.hostile.bad_input import written
from tests.support import miniatures
from tests.support.searches import SPACE_TEXT

Reader = Callable[[Path], object]

some = settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
few = settings(some, max_examples=20)


def one_line_or_value(read: Callable[[], object]) -> None:
    try:
        read()
    except BenchError as error:
        line = str(error)
        assert is_plain(line)
        assert 0 < len(line) <= 1100


def read_in(folder: str, name: str, content: bytes | str, read: Reader) -> None:
    path = written(Path(folder) / name, content)
    one_line_or_value(lambda: read(path))


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """A file with some bytes changed, and perhaps cut or continued."""
    new = bytearray(content)
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, max(0, len(new) - 1)))
        piece = draw(st.binary(min_size=1, max_size=8))
        new[place : place + len(piece)] = piece
    end = draw(st.just(len(new)) | st.integers(0, len(new)))
    return bytes(new[:end]) + draw(st.just(b"") | st.binary(max_size=16))


def tables(inner: st.SearchStrategy[object], *known: str) -> st.SearchStrategy[dict[str, object]]:
    names = st.sampled_from(known) | st.text(max_size=6) if known else st.text(max_size=6)
    return st.dictionaries(names, inner, max_size=4)


scalars = st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | tables(inner), max_leaves=8)


# Texts.


TEXTS: dict[str, tuple[str, str, Reader]] = {
    "description": (miniatures.FOLDER_TOML, "dataset.toml", read_description),
    "space": (SPACE_TEXT, "space.toml", load_space),
    "configuration": ("seeds = [0]\n[protocol]\naspect = 'pad'\n", "a.toml", lambda path: load_run_settings({}, path)),
    "TOML": ('a = 1\n[b]\nc = "x"\n', "any.toml", read_toml),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_changed_text_is_read_or_refused(kind: str) -> None:
    text, name, read = TEXTS[kind]

    @some
    @given(changed(text.encode()))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            read_in(folder, name, content, read)

    check()


KEYS = {
    "description": ("name", "folder", "categories", "train_good", "test_good", "test_defects", "masks", "mixed"),
    "space": ("method", "objective", "budget", "default", "fixed", "space", "metrics", "kind", "low", "high", "when"),
    "configuration": ("datasets", "methods", "seeds", "protocol", "weights", "data", "workers", "split", "limit"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_tables_of_any_shape_are_read_or_refused(kind: str) -> None:
    _, name, read = TEXTS[kind]
    inner = st.recursive(scalars, lambda part: st.lists(part, max_size=3) | tables(part, *KEYS[kind]), max_leaves=10)

    @some
    @given(tables(inner, *KEYS[kind]))
    def check(content: dict[str, object]) -> None:
        # Not all texts can be written: a lone surrogate is none.
        with tempfile.TemporaryDirectory() as folder, suppress(UnicodeEncodeError):
            read_in(folder, name, tomli_w.dumps(content), read)

    check()


@some
@given(st.text(max_size=40) | st.from_regex(r"(mfrnet\.)?\w+=.*", fullmatch=True))
def test_what_is_typed_is_read_or_refused(text: str) -> None:
    one_line_or_value(lambda: parse_assignments([text], ["mfrnet"]))
    one_line_or_value(lambda: load_run_settings({"protocol": parse_protocol([text])}))
    one_line_or_value(lambda: check_split_name(text))
    one_line_or_value(lambda: words_of(text))


@some
@given(st.text("abcdefgh0123456789", min_size=1), st.text("abc/+=%$!0123456789", min_size=1))
def test_no_password_of_an_address_is_left(user: str, password: str) -> None:
    shown = without_credentials(f"bench run --results s3://{user}:{password}@bucket/results")
    assert shown == "bench run --results s3://bucket/results"


# Lists that data sets were published with.


PICKLED_LISTS = bytes.fromhex("80025d7100285d7101285d710258050000006b6f733031710361655d71046565") + b"."


def list_of(kind: str, folder: Path) -> tuple[Path, Callable[[], object]]:
    """The list of a data set in place, and what reads it."""
    if kind == "KolektorSDD":
        return miniatures.ksdd(folder) / "split.pyb", lambda: KolektorSDD().own_split(folder, "ksdd", "fold-1")
    build, dataset, pattern = {
        "VisA": (miniatures.visa, VisA(), "1cls.csv"),
        "Real-IAD": (miniatures.real_iad, RealIAD(), "*.json"),
        "MVTec LOCO": (miniatures.mvtec_loco, MVTecLOCO(), "*.json"),
    }[kind]
    found = sorted(build(folder).rglob(pattern))[0]
    return found, lambda: [dataset.split(folder, each, 0) for each in dataset.categories(folder)]


@pytest.mark.parametrize("kind", ["VisA", "Real-IAD", "MVTec LOCO", "KolektorSDD"])
def test_a_changed_list_of_a_data_set_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    path, read = list_of(kind, tmp_path)
    whole = path.read_bytes() if path.is_file() else PICKLED_LISTS

    @some
    @given(changed(whole))
    def check(content: bytes) -> None:
        path.write_bytes(content)
        one_line_or_value(read)

    check()


# Bytes.


@pytest.mark.parametrize("kind", ["BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP"])
def test_a_changed_image_is_read_or_refused(kind: str) -> None:
    @some
    @given(changed(image_inputs.encoded(kind)))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for read in (read_rgb, image_size, image_mode):
                read_in(folder, "x.png", content, read)

    check()


ARCHIVES = {
    "zip": zip_of(("a/0.png", b"zero" * 50), ("a/1.png", b"one" * 50)),
    "tar": tar_of(member("a/0.png", b"zero" * 50), member("b", kind=b"2", link="a/0.png")),
    "pax": tar_of(member("a/" + "n" * 200 + ".png", b"x"), pax={"comment": "x" * 200}),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_changed_archive_is_unpacked_below_its_target_or_refused(kind: str) -> None:
    @some
    @given(changed(ARCHIVES[kind]))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "outer/target"
            target.mkdir(parents=True)
            read_in(folder, "download", content, lambda path: extract(path, target, LIMITS))
            assert [path.name for path in target.parent.iterdir()] == ["target"]
            assert not any(path.is_symlink() for path in target.rglob("*"))

    check()


@few
@given(changed(part_inputs.WHOLE))
def test_a_changed_part_is_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        cell = part_inputs.CELL
        read_in(folder, f"records/{cell}.parquet", content, lambda path: RecordStore(folder).record(cell))
        one_line_or_value(RecordStore(folder).frame)


@few
@given(tables(values, "settings", "versions", "extra_metrics"))
def test_any_texts_in_a_record_are_read_or_refused(content: dict[str, object]) -> None:
    columns = {name: json.dumps(content.get(name)) for name in ("settings", "versions", "extra_metrics")}
    part = part_inputs.with_columns(**columns)()
    with tempfile.TemporaryDirectory() as folder:
        read_in(folder, f"records/{part_inputs.CELL}.parquet", part, lambda path: RecordStore(folder).frame())


@few
@given(changed(save({"a": bundle_inputs.ZEROS})) | changed(json.dumps({"mean": [0.5] * 3}).encode()))
def test_changed_weights_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # mfrnet stands alone: it raises a ValueError, of which the harness makes a line.
        for suffix in (".safetensors", ".pth"):
            with suppress(ValueError):
                LocalWeights.at(written(Path(folder) / f"w{suffix}", content)).state_dict()
        with suppress(ValueError):
            written(Path(folder) / "w.pth.json", content)
            LocalWeights.at(Path(folder) / "w.pth")


@settings(some, max_examples=10)
@given(st.data())
def test_a_changed_bundle_is_read_or_refused(data: st.DataObject) -> None:
    text, tensors = bundle_inputs.good_bundle("gaussian")
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder) / "model.safetensors", tensors)
        read_in(folder, "model.json", data.draw(changed(text.encode())), lambda path: read_bundle(path.parent))
        content = json.loads(text)
        content[data.draw(st.sampled_from(sorted(content)))] = data.draw(values)
        read_in(folder, "model.json", json.dumps(content), lambda path: read_bundle(path.parent))
