"""Autograders of Gradescope's form: a program of the author's runs the answer and writes down what it is worth.

https://gradescope-autograders.readthedocs.io/en/latest/specs/: /autograder/source, /autograder/submission,
/autograder/results/results.json, /autograder/submission_metadata.json. The answer and the autograder run in the same sandbox, as
they do there: an answer that means to can write results itself.
"""

import datetime as dt
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lti_grader.assignments.languages import Language, available_languages
from lti_grader.grading.graders.endings import KEPT_MESSAGE_CHARACTERS, ended_badly
from lti_grader.grading.graders.results_json import BadResults, read_results
from lti_grader.grading.graders.specs import TestOutcome, TestSpec
from lti_grader.grading.sandbox import Ending, Limits, Program, Sandbox
from lti_grader.grading.verdicts import TestStatus
from lti_grader.problems.harness import Autograder, Harness

# Where it starts is /box, and /autograder leads to a folder in it.
_START = b"""\
set -u
mkdir -p autograder/results
cp -R /program/source autograder/source
cp -R /data/submission autograder/submission
cp /data/submission_metadata.json autograder/
chmod -R u+w autograder
cp autograder/source/run_autograder autograder/run_autograder
chmod +x autograder/run_autograder
here=$PWD
cd /autograder
./run_autograder >results/stdout 2>&1 </dev/null
echo $? >"$here/feedback/ended"
head -c 65536 results/stdout >"$here/feedback/stdout"
if [ -f results/results.json ]; then head -c 4194305 results/results.json >"$here/feedback/results.json"; fi
"""
_MOST_BYTES = 4_194_304


class Autograding:
    """An autograder that judges one answer. Its version has one test, which is worth all of the points."""

    def __init__(
        self, sandbox: Sandbox, language: Language, answer: bytes, *, harness: Harness, files: Mapping[str, bytes],
        beside: Mapping[str, bytes],
    ) -> None:  # fmt: skip
        assert harness.autograder is not None
        self._sandbox = sandbox
        self._config = harness.autograder
        self._name = (not language.main and self._config.answer) or language.source_name(answer)
        self._answer = {**beside, self._name: answer}
        self._archive = files.get(self._config.archive, b"")

    def judge(self, test: TestSpec) -> TestOutcome:
        """Run the autograder, and take what it wrote."""
        shell = available_languages().get("bash")
        if shell is None:
            return _trouble(test, "An autograder is a shell script, and bash is not on this machine.")
        # What is kept is kept for this autograder.
        start = _START + f"# {hashlib.sha256(self._archive).hexdigest()}\n".encode()
        program = self._sandbox.build_kept(shell, start, {})
        if not program.ok or program.folder is None:
            return _trouble(test, program.trouble or program.compiler_output)
        return self._run(test, self._with_source(program))

    def _with_source(self, program: Program) -> Program:
        """Put the autograder's files beside what starts it, once."""
        assert program.folder is not None
        folder = program.folder / "source"
        if not folder.exists():
            with zipfile.ZipFile(io.BytesIO(self._archive)) as packed:
                # It was looked through when it came in: nothing in it leads out of its folder.
                packed.extractall(folder)
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)
        return program

    def _run(self, test: TestSpec, program: Program) -> TestOutcome:
        limits = Limits(
            cpu_ms=test.cpu_ms, memory_kb=test.memory_kb, wall_ms=2 * test.cpu_ms + 5000, processes=128, work_inodes=16_384,
            work_bytes=256 * 1024 * 1024, output_bytes=16 * 1024 * 1024,
        )  # fmt: skip
        shown = {f"submission/{name}": content for name, content in self._answer.items()}
        shown["submission_metadata.json"] = _metadata(self._config)
        outcome, found = self._sandbox.consult(program, b"", shown=shown, arguments=[], limits=limits)
        if (ended := ended_badly(outcome, limits)) is not None and outcome.ending is not Ending.EXITED:
            return TestOutcome(test.id, ended[0], Decimal(0), outcome.cpu_ms, outcome.memory_kb, ended[1])
        said = found.get("stdout", b"").decode(errors="replace")
        if "results.json" not in found or len(found["results.json"]) > _MOST_BYTES:
            how = found.get("ended", b"?").decode(errors="replace").strip()
            words = "no results/results.json" if "results.json" not in found else "a results.json that is too long"
            return _trouble(
                test, f"The autograder ended with exit code {how} and left {words}.\n{said[-1000:]}".strip()
            )
        try:
            results = read_results(found["results.json"], self._config.points, said)
        except BadResults as error:
            return _trouble(test, f"The autograder's results.json cannot be used: {error}\n{said[-1000:]}".strip())
        status = TestStatus.PASS if results.share == 1 else TestStatus.FAIL
        return TestOutcome(
            test.id, status, results.share, results.time_ms or outcome.cpu_ms, outcome.memory_kb,
            results.message[:KEPT_MESSAGE_CHARACTERS], note=results.note[:KEPT_MESSAGE_CHARACTERS],
        )  # fmt: skip

    def compiler_output(self) -> str:
        """Return nothing: what an autograder compiles is its own business."""
        return ""

    def discard(self) -> None:
        """Forget nothing: what was built is kept for the next answer."""


def _trouble(test: TestSpec, words: str) -> TestOutcome:
    return TestOutcome(test.id, TestStatus.JUDGE_ERROR, Decimal(0), 0, 0, words[:KEPT_MESSAGE_CHARACTERS])


def _metadata(config: Autograder) -> bytes:
    """Return what an autograder may know of a submission: nothing of whose it is, and no earlier ones."""
    now = dt.datetime.now(dt.UTC).isoformat()
    said: dict[str, Any] = {
        "id": 1, "created_at": now, "submission_method": "upload", "users": [], "previous_submissions": [],
        "assignment": {
            "id": 1, "course_id": 1, "title": "", "group_submission": False, "release_date": now, "due_date": now,
            "late_due_date": None, "total_points": str(config.points), "outline": [],
        },
    }  # fmt: skip
    return json.dumps(said).encode()
