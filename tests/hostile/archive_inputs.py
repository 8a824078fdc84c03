"""Zip and tar files. Members are told apart from what a downloaded archive of images would hold."""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from harness.datasets.archives.archive import extract
from harness.datasets.archives.unpacking import unpack
from harness.datasets.archives.writer import Limits
from tests.hostile.bad_input import BadInput, written

LIMITS = Limits(max_bytes=10_000_000, max_files=100)

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = len(content) if kind == tarfile.REGTYPE else 0
    return info, content


def tar_of(*members: Member, pax: dict[str, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", pax_headers=pax or {}) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def zip_of(*files: tuple[str, bytes], mode: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as content:
        for name, text in files:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            content.writestr(info, text)
    return stream.getvalue()


def _changed(content: bytes, *changes: tuple[int, bytes]) -> bytes:
    changed = bytearray(content)
    for position, new in changes:
        changed[position : position + len(new)] = new
    return bytes(changed)


def _central(content: bytes) -> int:
    return content.index(b"PK\x01\x02")


def _header(info: tarfile.TarInfo, *changes: tuple[int, bytes]) -> bytes:
    """A block of a tar with a right checksum."""
    header = bytearray(_changed(info.tobuf(tarfile.GNU_FORMAT), *changes))
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header)


def _pax(content: bytes, size: int | None = None, kind: bytes = tarfile.XHDTYPE) -> bytes:
    """An extended header, with the size that it says and nothing behind its content."""
    info = tarfile.TarInfo("pax")
    info.type, info.size = kind, len(content) if size is None else size
    return _header(info) + content + bytes(-len(content) % 512)


_ZIP = zip_of(("0.png", b"zero" * 2000))
_SMALL_ZIP = zip_of(("0.png", b"secret"))
_TAR = tar_of(*(member(f"{number}.png", bytes([number + 1]) * 5000) for number in range(5)))
_END = bytes(1024)
_UTF8_FLAG = 0x800

_ARCHIVES: dict[str, Callable[[], bytes]] = {
    # Names.
    "a zip that leads out": lambda: zip_of(("good.png", b"x"), ("../evil.png", b"x")),
    "a tar that leads out": lambda: tar_of(member("good.png"), member("../evil.png")),
    "a zip that leads out in the middle": lambda: zip_of(("a/../../evil.png", b"x")),
    "a tar that leads out in the middle": lambda: tar_of(member("a/../../evil.png")),
    "a zip with an absolute path": lambda: zip_of(("/etc/evil.png", b"x")),
    "a tar with an absolute path": lambda: tar_of(member("/etc/evil.png")),
    "a zip with a drive": lambda: zip_of(("C:/evil.png", b"x")),
    "a tar with a drive": lambda: tar_of(member("C:/evil.png")),
    "a tar with a backslash": lambda: tar_of(member("..\\evil.png")),
    "a zip with a backslash": lambda: _SMALL_ZIP.replace(b"0.png", b"a\\png"),
    "a zip that clears the screen": lambda: zip_of(("a\x1b[2Jb.png", b"x")),
    "a tar that clears the screen": lambda: tar_of(member("a\x1b[2Jb.png")),
    "a tar whose name is no UTF-8": lambda: tar_of(member("a\udcff.png")),
    "a zip whose name is no UTF-8": lambda: _changed(
        _SMALL_ZIP.replace(b"0.png", b"\xff.png"),
        (6, struct.pack("<H", _UTF8_FLAG)), (_central(_SMALL_ZIP) + 8, struct.pack("<H", _UTF8_FLAG)),
    ),
    "a name that writes backwards": lambda: tar_of(member("a\u202egnp.exe")),
    "a name longer than a file's may be": lambda: tar_of(member("n" * 300 + ".png")),
    "a name of half a megabyte": lambda: tar_of(member("n/" * 250_000 + "0.png")),
    "a name given twice in a zip": lambda: _twice(),
    "a name given twice in a tar": lambda: tar_of(member("a/0.png"), member("a/0.png")),
    "a name given twice with two slashes": lambda: tar_of(member("a/0.png"), member("a//0.png")),
    "a name given twice with a dot": lambda: tar_of(member("a/0.png"), member("./a/0.png")),
    "a file where a folder is": lambda: tar_of(member("a/0.png"), member("a")),
    "a folder where a file is": lambda: tar_of(member("a"), member("a/0.png")),
    "a folder of a zip where a file is": lambda: zip_of(("a", b"x"), ("a/", b"")),
    "names that differ in case in a zip": lambda: zip_of(("a/0.png", b"x"), ("A/0.PNG", b"y")),
    "names that differ in case in a tar": lambda: tar_of(member("a/0.png"), member("a/0.PNG")),
    "names that differ in how an accent is written": lambda: tar_of(member("\u00e9.png"), member("e\u0301.png")),
    # Links and devices.
    "a link that leads out": lambda: tar_of(member("leak.png", kind=tarfile.SYMTYPE, link="../../secret")),
    "a link to an absolute path": lambda: tar_of(member("leak.png", kind=tarfile.SYMTYPE, link="/etc/passwd")),
    "a link that leads out in the middle": lambda: tar_of(member("leak.png", kind=tarfile.SYMTYPE, link="a/../../s")),
    "a hard link that leads out": lambda: tar_of(member("leak.png", kind=tarfile.LNKTYPE, link="../secret")),
    "a hard link to an absolute path": lambda: tar_of(member("leak.png", kind=tarfile.LNKTYPE, link="/etc/passwd")),
    "a file through a link": lambda: tar_of(
        member("door", kind=tarfile.SYMTYPE, link=".."), member("door/evil.png", b"evil")
    ),
    "a file through a link inside": lambda: tar_of(
        member("inside/0.png"), member("door", kind=tarfile.SYMTYPE, link="inside"), member("door/evil.png", b"evil")
    ),
    "a link to itself": lambda: tar_of(member("a", kind=tarfile.SYMTYPE, link="a")),
    "two links to each other": lambda: tar_of(
        member("a", kind=tarfile.SYMTYPE, link="b"), member("b", kind=tarfile.SYMTYPE, link="a")
    ),
    "a link to nothing": lambda: tar_of(member("a", kind=tarfile.SYMTYPE, link="none")),
    "a link whose target is a megabyte": lambda: tar_of(member("a", kind=tarfile.SYMTYPE, link="n" * 1_000_000)),
    "a link in a zip": lambda: zip_of(("leak.png", b"/etc/passwd"), mode=stat.S_IFLNK | 0o777),
    "a device in a zip": lambda: zip_of(("disk", b""), mode=stat.S_IFCHR | 0o666),
    "a character device": lambda: tar_of(member("disk", kind=tarfile.CHRTYPE)),
    "a block device": lambda: tar_of(member("disk", kind=tarfile.BLKTYPE)),
    "a pipe": lambda: tar_of(member("pipe", kind=tarfile.FIFOTYPE)),
    # Too much.
    "a zip that grows too large": lambda: zip_of(*((f"{number}.png", bytes(4_000_000)) for number in range(3))),
    "a tar that grows too large": lambda: tar_of(member("0.png", bytes(11_000_000))),
    "a tar.gz of thirty megabytes": lambda: gzip.compress(tar_of(member("0.png", bytes(30_000_000))), 1),
    "a tar.bz2 of thirty megabytes": lambda: bz2.compress(tar_of(member("0.png", bytes(30_000_000))), 1),
    "a tar.xz of thirty megabytes": lambda: lzma.compress(tar_of(member("0.png", bytes(30_000_000))), preset=0),
    "a sparse file of a terabyte": lambda: _sparse(1 << 40),
    "copies of links that grow too large": lambda: tar_of(
        member("0.png", bytes(6_000_000)), member("1.png", kind=tarfile.LNKTYPE, link="0.png")
    ),
    "a zip of too many files": lambda: zip_of(*((f"{number}.png", b"") for number in range(101))),
    "a tar of too many files": lambda: tar_of(*(member(f"{number}.png") for number in range(101))),
    "folders a hundred deep": lambda: tar_of(member("d/" * 101 + "0.png")),
    "a thousand folders": lambda: zip_of(*((f"{number}/", b"") for number in range(1_000))),
    "a header of a gigabyte": lambda: gzip.compress(_pax(bytes(1_000_000), size=1 << 30), 1),
    "a long name of a gigabyte": lambda: gzip.compress(
        _pax(bytes(1_000_000), size=1 << 30, kind=tarfile.GNUTYPE_LONGNAME), 1
    ),
    "a thousand headers in a row": lambda: _pax(b"6 a=b\n") * 2000 + _TAR,
    "what is skipped grows too large": lambda: gzip.compress(tar_of(member("__MACOSX/._0", bytes(30_000_000))), 1),
    "what comes after the end grows too large": lambda: gzip.compress(_TAR + bytes(30_000_000), 1),
    # Lies and damage.
    "a zip that lies about a size": lambda: _ZIP.replace(struct.pack("<I", 8000), struct.pack("<I", 10)),
    "a zip that lies about where its list is": lambda: _changed(
        _ZIP, (_ZIP.index(b"PK\x05\x06") + 16, b"\xff\xff\xff\x7f")
    ),
    "a zip that lies about where a file is": lambda: _changed(_ZIP, (_central(_ZIP) + 42, b"\xff\xff\xff\x7f")),
    "a zip with another name inside": lambda: _changed(_ZIP, (30, b"1.png")),
    "a zip with flipped bytes": lambda: _changed(_ZIP, (40, bytes(8))),
    "half a zip": lambda: _ZIP[: len(_ZIP) // 2],
    "an encrypted zip": lambda: _changed(_SMALL_ZIP, (_central(_SMALL_ZIP) + 8, b"\x01")),
    "a zip of an unknown compression": lambda: _changed(
        _SMALL_ZIP, (8, b"\x09"), (_central(_SMALL_ZIP) + 10, b"\x09")
    ),
    "a zip whose LZMA is none": lambda: _changed(_SMALL_ZIP, (8, b"\x0e"), (_central(_SMALL_ZIP) + 10, b"\x0e")),
    "a zip whose bzip2 is none": lambda: _changed(_SMALL_ZIP, (8, b"\x0c"), (_central(_SMALL_ZIP) + 10, b"\x0c")),
    "a zip of a later version": lambda: _changed(_SMALL_ZIP, (_central(_SMALL_ZIP) + 6, b"\xff\x00")),
    "half a tar": lambda: _TAR[: len(_TAR) // 2],
    "a tar without its end": lambda: _TAR[:6144],
    "half a tar.gz": lambda: gzip.compress(_TAR)[:60],
    "a tar.gz without its checksum": lambda: gzip.compress(_TAR)[:-8],
    "a tar.gz with a wrong checksum": lambda: gzip.compress(_TAR)[:-8] + bytes(8),
    "half a tar.bz2": lambda: bz2.compress(_TAR)[:60],
    "half a tar.xz": lambda: lzma.compress(_TAR)[:60],
    "an xz with a dictionary of four gigabytes": lambda: _wide_xz(),
    "a tar with a negative size": lambda: _header(member("__MACOSX/loop", b"")[0], (124, b"\xff" * 11 + b"\0")) + _END,
    "a tar whose file is larger than the tar": lambda: _header(member("0.png", b"")[0], (124, b"00077777777\0")) + _END,
    "a tar with a damaged header in its middle": lambda: _changed(_TAR, (_TAR.index(b"3.png"), b"\xff")),
    "a tar with a wrong checksum": lambda: _changed(_TAR, (0, b"9")),
    "a sparse header without numbers": lambda: _pax(
        b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    ) + tar_of(member("0.png", b"not a number" * 100)),
    "nothing": lambda: b"",
    "zeros": lambda: bytes(5000),
    "text": lambda: b"no archive at all" * 100,
    "the beginning of a gzip": lambda: b"\x1f\x8b" + bytes(20),
    "an xz of text": lambda: lzma.compress(b"text, no tar" * 200),
    "a 7z": lambda: b"7z\xbc\xaf'\x1c",
    "a rar": lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100),
}  # fmt: skip


def _twice() -> bytes:
    whole = zip_of(("0.png", b"first"), ("1.png", b"second"))
    return whole.replace(b"1.png", b"0.png")


def _sparse(size: int) -> bytes:
    """A file of one byte that says it has a terabyte, by the old format of GNU."""
    info = tarfile.TarInfo("0.png")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    octal = b"%011o\0"
    sparse = octal % 0 + octal % 512
    return _header(info, (386, sparse), (483, b"\x80" + size.to_bytes(11, "big"))) + b"x" * 512 + _END


def _wide_xz() -> bytes:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
    content = bytearray(lzma.compress(_TAR, filters=filters))
    # The size of the dictionary is one byte of the first block header, which has a checksum of its own.
    header_size = (content[12] + 1) * 4
    content[16] = 40

    content[12 + header_size - 4 : 12 + header_size] = zlib.crc32(bytes(content[12 : 12 + header_size - 4])).to_bytes(
        4, "little"
    )
    return bytes(content)


def _extracted(make: Callable[[], bytes]) -> Callable[[Path], object]:
    def read(here: Path) -> object:
        (here / "target").mkdir()
        return extract(written(here / "download", make()), here / "target", LIMITS)

    return read


def _unpacked(make: Callable[[], bytes], name: str | None = None) -> Callable[[Path], object]:
    return lambda here: unpack(written(here / "download.zip", make()), here / "data", name=name)


def _one_image() -> bytes:
    return zip_of(("a/0.png", b"x"))


ARCHIVE_INPUTS = [
    *(BadInput(f"archive: {name}", _extracted(make)) for name, make in _ARCHIVES.items()),
    BadInput("archive: no file", lambda here: unpack(here / "none.zip", here / "data")),
    BadInput("archive: a folder", lambda here: unpack(here, here / "data")),
    BadInput("archive: a device", lambda here: unpack(Path("/dev/zero"), here / "data")),
    BadInput("archive: a name that leads out of the data", _unpacked(_one_image, name="../x")),
    BadInput("archive: a name that clears the screen", _unpacked(_one_image, name="\x1b[2J")),
    BadInput("archive: the name of a known data set", _unpacked(_one_image, name="mtd")),
]
