"""From the key press to the next abstract on the screen, in Chromium, 50 ms away from the server."""

import os
import time

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.site import PASSWORD, Site

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
VOTES = 30
PAUSE = 0.5
LATENCY = 50

# From the press until another record is there and the frame that shows it was drawn.
WATCH = """
window.painted = [];
addEventListener("keydown", (event) => {
  const before = document.querySelector("#card article")?.dataset.record;
  const look = () => {
    const now = document.querySelector("#card article")?.dataset.record;
    if (!now || now === before) return requestAnimationFrame(look);
    requestAnimationFrame(() => window.painted.push(performance.now() - event.timeStamp));
  };
  requestAnimationFrame(look);
}, {capture: true});
"""


def run(site: Site) -> list[Figure]:
    review = site.review(1_000)
    with site.running(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(base_url=f"http://127.0.0.1:{site.port}")
        _sign_in(page)
        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY,
                "downloadThroughput": -1,
                "uploadThroughput": -1,
            },
        )
        page.goto(f"/reviews/{review}/screen/title-abstract/", wait_until="networkidle")
        page.evaluate(WATCH)
        _vote(page)
        painted = page.evaluate("window.painted")
        browser.close()
    if len(painted) != VOTES:
        raise RuntimeError(f"{len(painted)} of {VOTES} votes brought a next record")
    return [
        Figure("key to next abstract, median", percentile(painted, 0.5), "ms"),
        Figure("key to next abstract, p95", percentile(painted, 0.95), "ms", at_most=50),
        Figure("longest stall", max(painted), "ms", at_most=300),
    ]


def _sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("[name=login]", "reviewer1@example.org")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")


def _vote(page: Page) -> None:
    for number in range(VOTES):
        due = time.perf_counter() + PAUSE
        page.keyboard.press("i" if number % 5 == 0 else "e")
        page.wait_for_timeout(max(0, due - time.perf_counter()) * 1000)
    page.wait_for_timeout(1000)
