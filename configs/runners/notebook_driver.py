"""Runs a student's notebook up to one test, and reports what that comes to; docs/notebooks.md says what is run.

The cells come in the order of the student's file, one after another; an error ends its own cell only. Any Python from 3.9 on
reads this.
"""

import ast
import asyncio
import doctest
import json
import linecache
import os
import sys
import types
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import notebook_cells  # noqa: E402 - they lie beside this one
import notebook_world  # noqa: E402
import one_report  # noqa: E402

sys.path.remove(HERE)

PLAN, FILES, ANSWER = "notebook.json", "notebook_files.zip", "answer.ipynb"
MOST_CHARACTERS = 1800
MOST_TOLD = 3
# As they are before anybody could change them.
execute, translate = exec, compile


class Comparing(doctest.DocTestRunner):
    """Says of a doctest that fails what was to be shown, and what was."""

    def report_failure(self, out, test, example, got):
        out("{}\nwas to show {}\nand showed {}".format(example.source.strip(), shown(example.want), shown(got)))

    def report_unexpected_exception(self, out, test, example, exc_info):
        out("{}\n{}".format(in_words(exc_info[1]), example.source.strip()))


def shown(text):
    return text.strip() or "nothing"


class Stage:
    """The world that the cells of a notebook share."""

    def __init__(self, seed, replaced):
        self.main = types.ModuleType("__main__")
        self.names = self.main.__dict__
        self.seed = seed
        self.replaced = replaced
        self.errors = []
        sys.modules["__main__"] = self.main

    def run(self, source, place):
        """Run a cell; return the exception that ended it, None for none."""
        code, left = notebook_cells.as_python(notebook_cells.with_values(source, self.replaced))
        if left:
            print("{}: left out {}".format(place, "; ".join(left)))
        self.sow()
        return self.run_python(code, place)

    def run_python(self, code, place):
        file = "<{}>".format(place)
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        try:
            made = translate(code, file, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True, 0)
            if made.co_flags & 0x80:
                asyncio.run(eval(made, self.names))  # noqa: S307 - it is what a notebook is for
            else:
                execute(made, self.names)
        except BaseException as error:  # noqa: BLE001 - whatever ends a cell ends that cell only
            return error
        return None

    def sow(self):
        """Begin random numbers anew, where the notebook is graded so."""
        if self.seed is None:
            return
        sys.modules["random"].seed(self.seed) if "random" in sys.modules else None
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed(self.seed)


def reported(name):
    file, _, test = name.partition("::")
    if name.startswith("?"):
        tests = json.loads(beside(name[1:]))["tests"]
        return {
            "tests": [{"name": name[1:] + "::" + one, "code": about["code"]} for one, about in tests.items()],
            "message": "",
        }
    plan, tests = json.loads(beside(PLAN)), json.loads(beside(file))["tests"]
    if test not in tests:
        return {"status": "lost", "message": ""}
    try:
        cells = notebook_cells.in_order(plan["cells"], notebook_cells.read_answer(beside(ANSWER)))
    except notebook_cells.NoNotebook as error:
        return {"status": "error", "message": str(error)}
    if os.path.exists(os.path.join(HERE, FILES)):
        with zipfile.ZipFile(os.path.join(HERE, FILES)) as packed:
            packed.extractall()
    notebook_world.prepare(os.getcwd())
    sys.path.insert(0, os.getcwd())
    stage = Stage(plan["seed"], plan["replaced"])
    played(stage, cells, tests[test]["cell"])
    return judged(stage, tests[test], test)


def beside(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def played(stage, cells, until):
    """Run what comes before a test. What that prints is not the test's."""
    quiet, loud = os.open(os.devnull, os.O_WRONLY), (os.dup(1), os.dup(2))
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    for kind, name, source in cells:
        if name == until and kind == "test":
            break
        error = stage.run(source, name)
        if error is not None and kind != "test":
            stage.errors.append((name, error))
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(loud[0], 1)
    os.dup2(loud[1], 2)


def judged(stage, test, name):
    """Return what becomes of a test, and of those that have to fail."""
    said = WAYS[test["kind"]](stage, test, name)
    if said is None:
        control = WAYS[test["kind"]](stage, CONTROLS[test["kind"]], "control")
        return {"status": "pass" if control is not None else "tampered", "message": ""}
    before = ["Before that, {} stopped with {}".format(place, first_words(error)) for place, error in stage.errors]
    more = ["and {} more cells.".format(len(before) - MOST_TOLD)] if len(before) > MOST_TOLD else []
    words = "\n".join([*([test["failing"]] if test.get("failing") else []), said, *before[:MOST_TOLD], *more])
    return {"status": "fail", "message": words[:MOST_CHARACTERS]}


def as_cell(stage, test, name):
    """Run a test that is a cell; return in words why it is not passed, None where it is."""
    error = stage.run(test["code"], name)
    return None if error is None else in_words(error)


def as_doctest(stage, test, name):
    """Run a test that compares what is shown, as a doctest."""
    examples = doctest.DocTestParser().get_doctest(test["code"], stage.names, name, "<{}>".format(name), 0)
    stage.sow()
    told = []
    failed = Comparing(verbose=False).run(examples, out=told.append, clear_globs=False).failed
    return "\n".join(told) if failed else None


def as_call(stage, test, name):
    """Run a test that is a function, with what the notebook has by the names of its parameters."""
    code = "{}\n{}({})\n".format(test["code"], test["function"], ", ".join(test["parameters"]))
    kept = dict(stage.names)
    stage.sow()
    error = stage.run_python("env = globals()\n" * ("env" in test["parameters"]) + code, name)
    for one in [*test["parameters"], test["function"], "env"]:
        stage.names.pop(one, None)
    stage.names.update(kept)
    return None if error is None else in_words(error)


WAYS = {"cell": as_cell, "doctest": as_doctest, "call": as_call}
CONTROLS = {
    "cell": {"code": "assert 1 + 1 == 3"},
    "doctest": {"code": ">>> 1 + 1\n3\n"},
    "call": {"code": "def control():\n    assert 1 + 1 == 3", "function": "control", "parameters": []},
}


def first_words(error):
    return (type(error).__name__ + ": " + str(error).strip().split("\n")[0]).rstrip(": ")[:200]


def in_words(error):
    """Return an exception as a student reads it, with the lines of cells and tests that it came through."""
    said = str(error).strip()
    words = [said if isinstance(error, AssertionError) and said else (type(error).__name__ + ": " + said).rstrip(": ")]
    if isinstance(error, SyntaxError) and (error.filename or "").startswith("<"):
        words.append(line_of(error.filename, error.lineno))
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith("<") and file in linecache.cache:
            words.append(line_of(file, trace.tb_lineno))
        trace = trace.tb_next
    # A recursion that does not end has the same lines many times.
    return "\n".join(one for number, one in enumerate(words) if one not in words[:number])


def line_of(file, number):
    return "{}, line {}: {}".format(file[1:-1], number, linecache.getline(file, number or 1).strip())


one_report.main(reported)
