"""The real browser that pages are tested in: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

REQUIRED = "BENCH_REQUIRE_CHROMIUM"


@dataclass
class Complaints:
    """What a page must not do."""

    messages: list[str] = field(default_factory=list)
    """Errors, warnings and messages of the console."""
    requests: list[str] = field(default_factory=list)
    """Addresses outside the file."""


def browser_path() -> str:
    """The browser; skips the test where there is none, unless BENCH_REQUIRE_CHROMIUM asks for it."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set and chromium is not installed")
        pytest.skip("chromium is not installed")
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """A running browser without a window."""
    path = browser_path()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


def watched(page: Any) -> Complaints:
    """Collect what a page says and asks for from now on."""
    complaints = Complaints()
    page.on("console", lambda message: complaints.messages.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.messages.append(str(error)))

    def asked(request: Any) -> None:
        if not request.url.startswith(("file:", "data:")):
            complaints.requests.append(request.url)

    page.on("request", asked)
    return complaints
