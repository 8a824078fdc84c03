"""The real browser that pages are tested in: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

REQUIRED = "BENCH_REQUIRE_CHROMIUM"
_PATIENCE_MS = 240_000
"""For a machine that is busy with other work; Playwright's own is 30 s."""
Open = Callable[..., Any]
"""Opens a page at a width and in a colour scheme."""
FAINT_TEXT = """() => {
  const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parts(getComputedStyle(element).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
  };
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (["SCRIPT", "OPTION", "NOSCRIPT", "TITLE", "title"].includes(element.tagName)) continue;
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!hasText || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const colour = element.tagName === "text" ? style.fill : style.color;
    const levels = [luminance(parts(colour)), luminance(behind(element))].sort((a, b) => b - a);
    const ratio = (levels[0] + 0.05) / (levels[1] + 0.05);
    if (ratio < 4.5) faint.push(`${element.tagName}.${element.getAttribute("class")} ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}"""
"""A program for a page: elements whose text has less contrast than 4.5 to 1 (WCAG 2.2, 1.4.3)."""


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
        running = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], timeout=_PATIENCE_MS)
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


@contextmanager
def quiet_pages(browser: Any, file: Path) -> Iterator[Open]:
    """Opens a file as pages; at the end they must have asked for nothing and complained about nothing."""
    contexts: list[Any] = []
    complaints: list[Complaints] = []

    def open_page(width: int = 1600, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        complaints.append(watched(page))
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints
    assert [(one.messages, one.requests) for one in complaints] == [([], [])] * len(complaints)
