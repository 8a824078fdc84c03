"""From a template to one HTML file that needs nothing else, for all pages alike."""

import base64
import hashlib
import os
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined


def document(template: str, scripts: Sequence[str], **values: Any) -> str:
    """Fill a template that extends ``base.html.jinja``; the scripts given are the only ones that may run.

    Args:
        template: Its name. Values are escaped.
        scripts: Names of assets.
        **values: What the template shows.
    """
    script = "".join(_asset(name) for name in scripts)
    script_hash = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    style = _asset("report.css")
    return _environment().get_template(template).render(**values, style=style, script=script, script_hash=script_hash)


def link_to(path: Path, folder: Path) -> str:
    """The address of a file for a page in ``folder``, relative to it.

    >>> link_to(Path("found/overlays/100 %.png"), Path("found"))
    'overlays/100%20%25.png'
    """
    # Names of files are bytes, and not always those of a text.
    return quote(os.fsencode(Path(os.path.relpath(path, folder)).as_posix()))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("harness.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return files("harness.report.html").joinpath("assets", name).read_text(encoding="utf-8")
