"""Runs one test of a file with pytest, and reports it.

It is given the test's name and a word that nobody else knows, a line each, and writes a line of that word and a report:
what the test comes to is believed only so. After a question mark stands a file instead, whose tests are listed. Any Python from 3.9 on with
pytest 7 or later reads this.
"""

import inspect
import os
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
# Last, so that nothing beside it is taken for a module of Python's.
sys.path.append(HERE)
import one_report  # noqa: E402 - it lies beside this one

sys.path.remove(HERE)
CONTROLS = ("pytest_control.py::test_control", "pytest_control.py::test_control_of_exceptions")
MOST_CHARACTERS = 1800


def reported(test):
    return collect(test[1:]) if test.startswith("?") else run(test)


def start(arguments, plugin):
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import pytest

    sys.path.insert(0, HERE)
    plugins_left_out = ("cacheprovider", "faulthandler", "terminal", "junitxml", "pastebin", "stepwise")
    options = [part for one in plugins_left_out for part in ("-p", "no:" + one)]
    return pytest.main(["-c", os.devnull, "--rootdir", HERE, "-s", *options, *arguments], plugins=[plugin])


def quiet(parser):
    """Say how much pytest says, for nobody else does where it shows nothing itself."""
    parser.addoption("--verbose", type=int, default=0, dest="verbose")


class Watching:
    """What pytest tells of each test, and of what could not be read."""

    def pytest_addoption(self, parser):
        quiet(parser)

    def __init__(self):
        self.phases = {}
        self.words = {}
        self.unread = ""

    def pytest_runtest_logreport(self, report):
        self.phases.setdefault(report.nodeid, {})[report.when] = report.outcome

    def pytest_exception_interact(self, node, call, report):
        error = call.excinfo.value
        if report.__class__.__name__ == "CollectReport":
            self.unread = self.unread or in_words(error.__cause__ or error)
        else:
            self.words.setdefault(node.nodeid, in_words(error))


def run(test):
    """Return what becomes of a test, and of those that have to fail."""
    watching = Watching()
    places = [os.path.join(HERE, one) for one in (test, *CONTROLS)]
    start(places, watching)
    mine = watching.phases.get(test)
    if watching.unread:
        return {"status": "error", "message": watching.unread}
    if mine is None:
        return {"status": "lost", "message": ""}
    if any(one not in watching.phases for one in CONTROLS):
        return {"status": "silent", "message": ""}
    if any(watching.phases[one].get("call") != "failed" for one in CONTROLS):
        return {"status": "tampered", "message": ""}
    if "skipped" in mine.values():
        return {"status": "skipped", "message": ""}
    if mine == {"setup": "passed", "call": "passed", "teardown": "passed"}:
        return {"status": "pass", "message": ""}
    return {"status": "fail", "message": watching.words.get(test, "")}


class Listing:
    """The tests that pytest finds."""

    def pytest_addoption(self, parser):
        quiet(parser)

    def __init__(self):
        self.tests = []
        self.unread = ""

    def pytest_exception_interact(self, node, call, report):
        error = call.excinfo.value
        self.unread = self.unread or in_words(error.__cause__ or error)

    def pytest_collection_finish(self, session):
        for item in session.items:
            try:
                code = textwrap.dedent(inspect.getsource(item.obj))
            except (OSError, TypeError):
                code = ""
            self.tests.append({"name": item.nodeid, "code": code})


def collect(file):
    """Return the tests of a file beside this one."""
    listing = Listing()
    start(["--collect-only", os.path.join(HERE, file)], listing)
    return {"tests": listing.tests, "message": listing.unread}


def in_words(error):
    """Return an exception as a student reads it: what it says, and through which lines of theirs and the test's it came."""
    kind = type(error).__name__
    said = str(error).strip()
    words = [said if kind in ("AssertionError", "Failed") and said else (kind + ": " + said).rstrip(": ")]
    if isinstance(error, SyntaxError) and error.filename:
        words.append(place(error.filename, error.lineno, error.text))
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(HERE) and os.path.basename(name) != "pytest_driver.py":
            words.append(place(name, trace.tb_lineno, None))
        trace = trace.tb_next
    # A recursion that does not end has the same lines many times.
    words = [one for number, one in enumerate(words) if one and one not in words[:number]]
    return "\n".join(words).replace(HERE + "/", "")[:MOST_CHARACTERS]


def place(name, line, text):
    if text is None:
        try:
            with open(name, encoding="utf-8", errors="replace") as file:
                text = file.read().split("\n")[line - 1]
        except (OSError, IndexError):
            text = ""
    return "{}:{}: {}".format(os.path.basename(name), line, text.strip())


one_report.main(reported)
