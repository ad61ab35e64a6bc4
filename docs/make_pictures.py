"""Make the README's pictures from a running demo: `make demo` in one shell, `python docs/make_pictures.py` in another."""

import json
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE))

from skuu.testing.chromium import FLAGS, find_chromium  # noqa: E402

PICTURES = HOUSE / "docs" / "pictures"
SEEN_AS_SHOP = {"shelf": "/shelf/"}
SEEN_AS_STAFF = {"review": "/admin/review/"}


def sign_in(page: Page, base: str, who: dict[str, str]) -> None:
    """Sign in as a person would."""
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", who["username"])
    page.fill("input[name=password]", who["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_load_state("networkidle")


def main() -> None:
    """Take every picture."""
    demo = json.loads((HOUSE / ".skuu" / "demo.json").read_text())
    merchant = next(one for one in demo["merchants"] if one["store"].startswith("grachtengoed-de"))
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        for who, pages in ((merchant, SEEN_AS_SHOP), (demo["staff"], SEEN_AS_STAFF)):
            page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
            sign_in(page, demo["web"], who)
            for name, path in pages.items():
                page.goto(demo["web"] + path)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=str(PICTURES / f"{name}.png"))
        browser.close()


if __name__ == "__main__":
    main()
