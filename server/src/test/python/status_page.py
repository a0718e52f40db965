"""Looks at a status page in headless Chromium, for StatusPageInBrowserTest.

    python status_page.py check               exits with 0 if there is a browser
    python status_page.py watch URL COUNT DIR prints the leader, then COUNT changes of it

Prints one line of JSON for each: who leads by the page, the time at which it showed that
(milliseconds since 1970, by the browser's clock, which is this machine's), and at the end what the page
had to say: errors of scripts or of the content security policy, and whether it can be scrolled
sideways at the width of a phone. Screenshots go to DIR.
"""
import json
import shutil
import sys

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")
WAIT_MILLIS = 60_000
POLL_MILLIS = 50
WATCH = """
() => {
  const leader = document.getElementById('leader');
  window.seen = [];
  const note = () => {
    const last = window.seen.at(-1);
    if (/^n\\d$/.test(leader.textContent) && (!last || last.leader !== leader.textContent)) {
      window.seen.push({leader: leader.textContent, at: Date.now()});
    }
  };
  new MutationObserver(note).observe(leader, {childList: true, characterData: true, subtree: true});
  note();
}
"""


def launch(playwright):
    # Its own browser, else the system's.
    path = next((found for found in map(shutil.which, NAMES) if found), None)
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def say(**line):
    print(json.dumps(line), flush=True)


def wait_until(page, expression):
    """Not Playwright's own: the page's policy forbids what that evaluates inside of it."""
    for _ in range(WAIT_MILLIS // POLL_MILLIS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(POLL_MILLIS)
    raise AssertionError(f"not so in {WAIT_MILLIS} ms: {expression}")


def watch(url, count, directory):
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        problems = []
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(url)
        page.evaluate(WATCH)
        for i in range(count + 1):
            wait_until(page, f"window.seen.length > {i}")
            say(**page.evaluate(f"window.seen[{i}]"))
        wait_until(page, "document.querySelectorAll('#nodes tbody tr').length === 3")
        page.screenshot(path=f"{directory}/status-light.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{directory}/status-dark.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=f"{directory}/status-phone.png", full_page=True)
        say(
            problems=problems,
            verdict=page.inner_text("#verdict"),
            plots=page.locator(".plot svg").count(),
            nodes=page.locator("#nodes tbody th").all_inner_texts(),
            sideways=page.evaluate("document.documentElement.scrollWidth > window.innerWidth"),
        )
        browser.close()


if __name__ == "__main__":
    if sys.argv[1] == "check":
        with sync_playwright() as p:
            launch(p).close()
    else:
        watch(sys.argv[2], int(sys.argv[3]), sys.argv[4])
