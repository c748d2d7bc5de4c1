"""Make the README's picture: a screenshot of the demo's map.

Run ``jezero-sites demo --out demo_run`` first, then ``python -m benchmarks.readme_picture demo_run``.
Needs the distribution's chromium.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

OUT = Path(__file__).resolve().parents[1] / "docs" / "img" / "map.png"
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]


def main(run_dir: str) -> None:
    """Open the map without a network, pick the landing probability and keep what is seen."""
    from playwright.sync_api import sync_playwright

    page_file = Path(run_dir).resolve() / "map.html"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 820}).new_page()
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-jz-ready]", state="attached")
        page.select_option("#jz-layer", "landing_probability")
        page.screenshot(path=OUT)
        browser.close()
    print(OUT)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo_run")
