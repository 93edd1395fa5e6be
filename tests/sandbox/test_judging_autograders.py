"""Gradescope's autograders: run as they are, in the sandbox, and believed as far as they can be."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lti_grader.cli import cli

RUN = """#!/usr/bin/env bash
cd /autograder/source
cp /autograder/submission/calc.py .
echo "looking at $(ls /autograder/submission)"
python3 grade.py
"""
GRADE = """
import json, os, calc
meta = json.load(open("/autograder/submission_metadata.json"))
tests = [
    {"number": "1", "name": "adds", "score": 4 * (calc.add(1, 2) == 3), "max_score": 4, "output": "1 + 2"},
    {"name": "secret", "score": 6 * (calc.add(5, 5) == 10), "max_score": 6, "visibility": "hidden", "output": "5 + 5"},
]
with open("/autograder/results/results.json", "w") as file:
    json.dump({"tests": tests, "leaderboard": [{"name": "speed", "value": 1}]}, file)
"""
RIGHT, HALF = "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return 3\n"


def judged(folder: Path, answer: str, run: str = RUN, *more: str) -> tuple[int, dict[str, Any]]:
    with zipfile.ZipFile(folder / "calc.zip", "w") as archive:
        for name, text in {"run_autograder": run, "grade.py": GRADE, "setup.sh": "false"}.items():
            archive.writestr(name, text)
    (folder / "calc.py").write_text(answer)
    done = CliRunner().invoke(cli, ["judge", str(folder / "calc.zip"), str(folder / "calc.py"), "--json", *more])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["slot", "bubblewrap"])
def test_an_answer_gets_what_its_autograder_says(kind: str, tmp_path: Path) -> None:
    code, said = judged(tmp_path, RIGHT, RUN, "--sandbox", kind)
    [test] = said["tests"]
    assert (code, said["verdicts"], said["points"], said["maximum"]) == (0, ["accepted"], 100, 100), said
    assert test["message"] == "1 adds (4/4)\n1 + 2"
    assert "[hidden] secret (6/6)\n5 + 5" in test["note"]
    assert "[hidden] looking at calc.py" in test["note"]
    assert "leaderboard is left out" in test["note"]
    code, said = judged(tmp_path, HALF)
    assert (code, said["verdicts"], said["points"]) == (1, ["fail"], 40)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("#!/bin/sh\nexit 3\n", "ended with exit code 3 and left no results/results.json"),
        ("#!/bin/sh\necho nothing >results/results.json\n", "it is no JSON"),
        ("#!/bin/sh\necho '{\"score\": NaN}' >results/results.json\n", "NaN is no number"),
    ],
)
def test_results_that_cannot_be_read_are_no_verdict(run: str, words: str, tmp_path: Path) -> None:
    code, said = judged(tmp_path, RIGHT, run)
    assert (code, said["tests"][0]["verdict"]) == (2, "judge_error")
    assert words in said["trouble"]


def test_an_answer_that_never_ends_is_its_own_fault_and_leaves_nothing(tmp_path: Path) -> None:
    code, said = judged(tmp_path, "while True:\n    pass\n", RUN, "--time-limit", "1")
    assert (code, said["verdicts"], said["points"]) == (1, ["timeout"], 0)
    code, said = judged(tmp_path, RIGHT)
    assert (code, said["points"]) == (0, 100)
