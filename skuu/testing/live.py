"""A live web server on a database of its own, and a browser page that notes everything a strict policy forbids."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from skuu.testing.chromium import FLAGS, find_chromium
from skuu.testing.cloned import cloned_database

SERIOUS = ("serious", "critical")
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serve the project with its static files from a clone of the test database; yields the base address."""
    with cloned_database():
        thread = LiveServerThread("127.0.0.1", StaticFilesHandler, port=0)
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        try:
            yield f"http://127.0.0.1:{thread.port}"
        finally:
            thread.terminate()


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium as the machine has it; never downloads one."""
    path = find_chromium()
    if path is None:
        raise RuntimeError(
            "Browser tests need Chromium: install the package “chromium”, or name a browser in CHROMIUM."
        )
    # While its event loop runs, a thread sees other connections than before and after; whichever are out of sight would
    # stay open in nobody's hands, and keep the test database from being dropped.
    connections.close_all()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            connections.close_all()
            browser.close()


@dataclass
class Watched:
    """A page and what went wrong in it: console errors (the policy's violations too), exceptions, requests to elsewhere."""

    page: Page
    base: str
    trouble: list[str] = field(default_factory=list)

    def visit(self, path: str) -> Page:
        """Open a path of ours and wait until its own requests are answered and it is on the screen."""
        self.page.goto(self.base + path, wait_until="networkidle")
        self.page.evaluate(PAINTED)  # Chromium throws away keys pressed before a page was first painted
        return self.page

    def violations(self) -> list[str]:
        """Name what axe finds seriously wrong on the page as it stands."""
        found = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]


def watch(context: BrowserContext, base: str, *, pictures: str = "") -> Watched:
    """Open a page in a context; requests to the shops' pictures are answered with a drawing, all others must be ours."""
    watched = Watched(context.new_page(), base)
    page, own = watched.page, urlsplit(base).netloc
    page.on("console", lambda said: watched.trouble.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: watched.trouble.append(str(error)))

    def elsewhere(route: Route, request: Any) -> None:
        host = urlsplit(request.url).netloc
        if host == own:
            route.continue_()
        elif pictures and request.url.startswith(pictures):
            route.fulfill(body=_picture(request.url), content_type="image/svg+xml")
        else:
            watched.trouble.append(f"request to {request.url}")
            route.abort()

    page.route(re.compile("^https?://"), elsewhere)
    return watched


def _picture(url: str) -> bytes:
    from network.connectors.shopify.standin.drawing import draw

    shapes = ("shoe", "boot", "shirt", "knit", "bag", "sandal", "jacket", "dress")
    colours = ("#f2efe8", "#3f6ea8", "#6f4a32", "#23252b", "#8a8d92", "#7a2e3a", "#4f6b52")
    number = int(re.sub(r"\D", "", url.rsplit("/", 1)[-1]) or 0)
    return draw(shapes[number % len(shapes)], colours[number % len(colours)], "picture")
