"""Looks at a status page in headless Chromium, for StatusPageInBrowserTest.

    python status_page.py check               exits with 0 if there is a browser
    python status_page.py watch URL COUNT DIR prints the leader, then COUNT changes of it
    python status_page.py operate URL DIR     logs in with the token in standard input's first line
                                              (after a wrong one) and presses every button

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
WAIT_MILLIS = 120_000
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
        # One was dropped meanwhile; the page hears of what changed only.
        wait_until(page, "![...document.querySelectorAll('#storages tbody th')].some(name => name.textContent.endsWith('dropped'))")
        wait_until(page, "[...document.querySelectorAll('#groups tbody .state')].filter(found => found.textContent === 'In step').length === 2")
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
            storages=page.locator("#storages tbody tr").evaluate_all(
                "rows => rows.map(row => [...row.cells].slice(0, 2).map(cell => cell.textContent).join(' '))"),
            groups=page.locator("#groups tbody tr").evaluate_all(
                "rows => rows.map(row => row.cells[0].textContent + ' ' + row.cells[2].textContent)"),
            sideways=page.evaluate("document.documentElement.scrollWidth > window.innerWidth"),
        )
        browser.close()


# What can be seen and pressed, and is not named; texts whose contrast is below WCAG's 4.5; controls that
# Tab does not reach are found by walking.
UNNAMED = """
() => [...document.querySelectorAll('button, input, select')]
  .filter(control => control.checkVisibility())
  .filter(control => !(control.getAttribute('aria-label') || control.textContent.trim() || control.labels?.length))
  .map(control => control.outerHTML)
"""
PALE = """
() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = numbers(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.querySelector('dialog[open]') || document.body, NodeFilter.SHOW_TEXT);
  const pale = [];
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || !parent.checkVisibility() || parent.closest('svg, script, noscript, :disabled')) continue;
    const [one, other] = [light(numbers(getComputedStyle(parent).color)), light(ground(parent))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) pale.push(`${texts.currentNode.textContent.trim()}: ${contrast.toFixed(2)}`);
  }
  return pale;
}
"""
BUTTONS = """() => [...document.querySelectorAll('main button, header button, footer a')]
  .filter(control => control.checkVisibility()).map(control => control.getAttribute('aria-label') || control.textContent)"""
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"


def reached_by_tab(page):
    reached = set()
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    return reached


def look(page, directory, name, found):
    """A picture, and what is wrong with it, in both schemes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{directory}/{name}-{scheme}.png", full_page=not page.query_selector("dialog[open]"))
        found += [f"{name} {scheme}: {text}" for text in page.evaluate(PALE) + page.evaluate(UNNAMED)]
    page.emulate_media(color_scheme="light")


def press(page, label, fill=None):
    """By the keyboard alone: the button, then what it asks."""
    page.get_by_label(label, exact=True).focus()
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelector('#confirmDialog').open")
    if fill:
        fill()
    page.locator("#confirmYes").focus()
    page.keyboard.press("Enter")
    wait_until(page, "!document.querySelector('#confirmDialog').open")
    wait_until(page, "document.querySelector('#done').textContent !== ''")
    said = page.inner_text("#done p")
    page.get_by_label("Close this message").click()
    return said


def operate(url, directory):
    token = sys.stdin.readline().strip()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, ignore_https_errors=True)
        problems, asked, pale = [], [], []
        # What the node refuses is an error of the console too.
        page.on("console", lambda message: problems.append(message.text)
                if message.type == "error" and "status of 401" not in message.text else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(url)
        wait_until(page, "document.querySelectorAll('#nodes tbody tr').length === 3")
        wait_until(page, "document.getElementById('logIn').checkVisibility()")
        say(buttons=page.evaluate(BUTTONS))

        page.locator("#logIn").focus()
        page.keyboard.press("Enter")
        page.keyboard.type("ops.wrong")
        page.keyboard.press("Enter")
        wait_until(page, "document.getElementById('logInProblem').textContent !== ''")
        look(page, directory, "log-in", pale)
        say(refused=page.inner_text("#logInProblem"), kept=page.input_value("#token"))
        page.keyboard.type(token)
        page.keyboard.press("Enter")
        wait_until(page, "document.body.classList.contains('operator')")
        say(who=page.inner_text("#who"), said=page.inner_text("#done p"))
        page.get_by_label("Close this message").click()

        wait_until(page, "document.querySelectorAll('#nodes button').length === 5")
        buttons = page.evaluate(BUTTONS)
        say(buttons=buttons, unreached=[label for label in buttons if label not in reached_by_tab(page)])
        look(page, directory, "operator", pale)

        page.get_by_label("Take a snapshot on n1", exact=True).focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        say(open=page.locator("#confirmDialog").is_visible(), focused=page.evaluate(FOCUSED))
        say(said=press(page, "Take a snapshot on n1"))
        say(said=press(page, "Pack main", lambda: look(page, directory, "pack", pale)))
        wait_until(page, "/pack of main[^]*Done/.test(document.getElementById('jobs').innerText)")
        say(said=press(page, "Back up main"))
        wait_until(page, "/backup of main[^]*Done/.test(document.getElementById('jobs').innerText)")
        leader = page.inner_text("#leader")
        next_leader = "n3" if leader == "n2" else "n2"
        page.evaluate(WATCH)
        said = press(page, f"Make {next_leader} the leader")
        answered = page.evaluate("Date.now()")
        wait_until(page, f"window.seen.at(-1).leader === '{next_leader}'")
        say(said=said, leader=next_leader, late=page.evaluate("window.seen.at(-1).at") - answered)

        # A second group is made: who leads which is chosen in the groups' rows.
        of_other = "#groups button[aria-label$='the leader of g1']"
        wait_until(page, f"document.querySelectorAll({json.dumps(of_other)}).length === 2")
        label = page.locator(of_other).first.get_attribute("aria-label")
        say(said=press(page, label), label=label, ofNodes=page.locator("#nodes button", has_text="Make leader").count())
        wait_until(page, f"[...document.querySelectorAll('#groups tbody tr')].some(row => row.cells[0].textContent === 'g1' && row.cells[1].textContent === '{label.split()[1]}')")

        look(page, directory, "jobs", pale)
        page.set_viewport_size({"width": 390, "height": 844})
        look(page, directory, "operator-phone", pale)
        page.get_by_label("Pack main", exact=True).click()
        look(page, directory, "pack-phone", pale)
        page.keyboard.press("Escape")
        sideways = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        page.locator("#logOut").click()
        wait_until(page, "!document.body.classList.contains('operator')")
        wait_until(page, "document.querySelector('#done').textContent !== ''")
        say(
            buttons=page.evaluate(BUTTONS),
            problems=problems,
            pale=sorted(set(pale)),
            sideways=sideways,
            told=[found for found in asked if token in found] + [token for _ in [0] if token in page.content()],
        )
        browser.close()


if __name__ == "__main__":
    if sys.argv[1] == "check":
        with sync_playwright() as p:
            launch(p).close()
    elif sys.argv[1] == "operate":
        operate(sys.argv[2], sys.argv[3])
    else:
        watch(sys.argv[2], int(sys.argv[3]), sys.argv[4])
