"""Headless Chromium, as people have it today: no third-party cookies but partitioned ones.

A frame that grows with its page moves from under the mouse for a moment, quicker than any person clicks: what stands
in the tool's frame is pressed by its key. The mouse is tried on the LMS's own pages, and by the tests of windows.
"""

import dataclasses
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    FrameLocator,
    Locator,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.fixtures.installation import Installation, until

_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # The tool's frame in one process with the page around it: on a busy machine Playwright loses frames of other processes.
    "--disable-site-isolation-trials",
    "--test-third-party-cookie-phaseout",
]  # fmt: skip
_AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
Seat = Callable[..., "AtTheLms"]
SetUp = Callable[..., BrowserContext]


@dataclasses.dataclass
class AtTheLms:
    """One person's browser window at the demo LMS, with the tool in a frame of its page."""

    page: Page
    installation: Installation
    course_id: str = "course-cs101"

    def be(self, person_id: str) -> "AtTheLms":
        """Sign in as somebody."""
        form = {"person": person_id, "course": self.course_id}
        assert self.page.request.post(f"{self.installation.lms_url}/be", form=form).ok
        return self

    def course(self) -> None:
        """Go to the course's page."""
        self.page.goto(f"{self.installation.lms_url}/courses/{self.course_id}")

    def open(self, title: str) -> FrameLocator:
        """Open something of the course, as a person would, and return the tool's frame."""
        self.course()
        self.page.get_by_role("link", name=title, exact=True).click()
        return self.tool

    def work(self, title: str = "Double") -> FrameLocator:
        """Open the assignment of one problem, and return its page once it can be written in."""
        frame = self.open(title)
        frame.locator("html[data-ready]").wait_for(state="attached")
        return frame

    def window(self) -> Page:
        """Open the assignment of one problem in a window of its own, where the tool is no third party."""
        self.page.goto(f"{self.installation.lms_url}/launch/{self.installation.link_id}")
        self.page.locator("html[data-ready]").wait_for(state="attached")
        return self.page

    @property
    def tool(self) -> FrameLocator:
        return self.page.frame_locator("#tool")

    @property
    def frame(self) -> Frame:
        """The tool's frame, for scripts."""
        return next(one for one in self.page.frames if one.url.startswith(self.installation.url))

    def cookies(self) -> list[dict[str, Any]]:
        """Return the tool's cookies."""
        return [dict(one) for one in self.page.context.cookies() if str(one.get("name", "")).endswith("lti-grader")]

    def score_of(self, login: str, column: str) -> str:
        """Read a score off the LMS's own gradebook page."""
        self.page.goto(f"{self.installation.lms_url}/courses/{self.course_id}/gradebook")
        return self.page.locator(f'td[data-student="{login}"][data-column="{column}"] .score').inner_text()


def press(what: Locator) -> None:
    """Use a link, a button or a tab by its key, once it can be used."""
    expect(what).to_be_visible()
    expect(what).to_be_enabled()
    what.press("Enter")


def go(tool: FrameLocator | Page, what: Locator) -> None:
    """Use what leads to another page, or to the same one anew, and wait for that page."""
    # The page before may just be giving way: what is looked for says that this one is there.
    expect(what).to_be_visible()
    tool.locator("html").evaluate("html => { html.dataset.before = '' }")
    press(what)
    expect(tool.locator("html[data-before]")).to_have_count(0)


def tick(what: Locator) -> None:
    """Choose a box or one of several by its key, once it can be chosen."""
    expect(what).to_be_enabled()
    if not what.is_checked():
        what.press("Space")
    expect(what).to_be_checked()


def write(tool: FrameLocator | Page, code: str) -> None:
    """Replace what is in the editor, as by pasting."""
    editor = tool.locator(".cm-content")
    editor.focus()
    editor.press("Control+a")
    # What is put in the place of coloured text would get its colours as a style, which the page does not allow.
    editor.press("Delete")
    editor.fill(code)


def written(tool: FrameLocator | Page) -> str:
    """Return what is in the editor."""
    return "\n".join(tool.locator(".cm-line").all_inner_texts()).replace("\N{ZERO WIDTH SPACE}", "")


def trouble_found_by_axe(frame: Frame) -> list[str]:
    """Return what the accessibility checker axe finds wrong in a frame, one line each."""
    # Between two colours of a button there are others.
    frame.evaluate(
        "Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished)).then(() => null)"
    )
    frame.evaluate(_AXE.read_text())
    found = frame.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],"
        " iframes: false})"
    )
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


def look(at: AtTheLms) -> None:
    """Hold the tool's page to what every page is held to."""
    assert trouble_found_by_axe(at.frame) == []
    fits(at.page, at.frame)


def look_by_day_and_night(page: Page, frame: Frame) -> None:
    """Hold a page to that in light and in dark, which no script of ours asks for: it need not be loaded anew."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        query = f"(prefers-color-scheme: {scheme})"
        until(
            lambda query=query: frame.evaluate("query => matchMedia(query).matches", query), f"{query} in {frame.url}"
        )
        assert (scheme, trouble_found_by_axe(frame)) == (scheme, [])
    fits(page, frame)


def fits(page: Page, frame: Frame) -> None:
    """Hold a page to the width of its frame, also in a narrow one, and at twice the size in a window of 1280 px."""
    before = page.viewport_size
    assert before is not None
    for width in (740, 640, 430):
        page.set_viewport_size({"width": width, "height": 900})
        wide = frame.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            " ? [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 120)).slice(0, 5) : null"
        )
        assert wide is None, f"at {width} px {frame.url} is too wide: {wide}"
    page.set_viewport_size(before)


def _chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is needed: scripts/system-packages installs it"
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=30_000)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = playwright.chromium.launch(executable_path=_chromium(), args=_FLAGS)
    yield launched
    launched.close()


@pytest.fixture
def set_up(playwright: Playwright, tmp_path: Path) -> Iterator[SetUp]:
    """Open browsers with settings of somebody's own, as Chromium keeps them in a profile."""
    opened: list[BrowserContext] = []

    def open_browser(**profile: Any) -> BrowserContext:
        folder = tmp_path / f"profile-{len(opened)}"
        (folder / "Default").mkdir(parents=True)
        (folder / "Default" / "Preferences").write_text(json.dumps({"profile": profile}))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=_chromium(), args=_FLAGS[:-1], viewport={"width": 1280, "height": 900}
        )
        opened.append(context)
        return context

    yield open_browser
    for context in opened:
        context.close()


@pytest.fixture
def keeps_nothing(set_up: SetUp, installation: Installation) -> BrowserContext:
    """A browser that is set to keep nothing for the tool: no cookie, and no storage of any kind."""
    blocked = {f"{installation.url},*": {"setting": 2}}
    return set_up(content_settings={"exceptions": {"cookies": blocked}})


@pytest.fixture
def seat(browser: Browser, installation: Installation) -> Iterator[Seat]:
    """Open windows at the LMS, each a browser of its own; a script's error in any of them fails the test."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []
    installation.control.post("mode", mode="canvas")
    installation.control.post("faults", status=0)
    installation.ready()

    def open_window(person_id: str, context: BrowserContext | None = None, **options: Any) -> AtTheLms:
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
            contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("console", lambda said: trouble.append(said.text) if re.search("Content.Security", said.text) else None)
        return AtTheLms(page, installation).be(person_id)

    yield open_window
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def student_id(installation: Installation) -> str:
    """A student whom no other test has been."""
    return new_student(installation)


_taken = iter(range(200, 400))


def new_student(installation: Installation) -> str:
    """Return a student whom no other test has been."""
    number = next(_taken)
    ids = installation.control.post("students", count=number)["ids"]
    return str(ids[number - 1])
