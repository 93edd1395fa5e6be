"""All of a version that decides a mark, by name and in words: what two versions are compared by.

Whatever its harness, its checker and its columns hold is told here, known to the pages or not: nothing differs unseen.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
import yaml

from lti_grader.authoring.words import right_words
from lti_grader.core.db import session
from lti_grader.problems import answer_files
from lti_grader.problems.harness import takes_files
from lti_grader.problems.models import KeptSubmission, ProblemVersion, TestGroup
from lti_grader.problems.quizzes.form import quiz_of


def texts_of(version: ProblemVersion) -> dict[str, str]:
    """Return what of a version is told line by line: its statement, its programs, and what else is long."""
    found = {"Statement": version.description_markdown, "Hint": version.hint}
    for what, by_language in (
        ("Starter code", version.starter_code),
        ("Reference solution", version.reference_solution),
    ):
        for language, text in by_language.items():
            found |= {f"{what} in {language}{name}": said for name, said in _by_file(text)}
    if version.checker.get("kind") == "validator":
        found["Validator"] = str(version.checker.get("source", ""))
        found |= {f"Validator: {name}": text for name, text in version.checker.get("beside", {}).items()}
    found |= questions_of(version)
    templates = version.harness.get("templates", {})
    found |= {f"Template for {language}": one.get("text", "") for language, one in templates.items()}
    return found | {name: value for name, value in _plainly(version) if _is_long(value)}


def questions_of(version: ProblemVersion) -> dict[str, str]:
    """Return each question of a quiz line by line, and how its sections are drawn, by its place and name."""
    quiz = quiz_of(version.quiz)
    if quiz is None:
        return {}
    sections = [
        one | {"questions": [each["id"] for each in one.pop("questions")]} for one in quiz.as_json()["sections"]
    ]
    settings = {name: value for name, value in quiz.as_json().items() if name != "sections"}
    told = {"Sections": _written({"sections": sections, **settings})}
    for section in quiz.as_json()["sections"]:
        told |= {f"Question {one.get('title') or one['id']}": _written(one) for one in section["questions"]}
    return told


def _written(value: Any) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text


def _by_file(text: str) -> list[tuple[str, str]]:
    """Return what a program's text is, or each file of one that is several: ": name" and its text, or its hash where it is none."""
    told = []
    for name, content in answer_files.read(text, "").items():
        said = answer_files.as_text(content)
        told.append((f": {name}" if name else "", hashlib.sha256(content).hexdigest() if said is None else said))
    return told


def settings_of(version: ProblemVersion) -> dict[str, str]:
    """Return what of a version is told in a few words: kind, limits, what is right, harness, files, kept submissions."""
    files = {f"File {name}": short(ref) for name, ref in version.harness.get("files", {}).items()}
    files |= {f"Picture {name}": short(ref) for name, ref in version.pictures.items()}
    return {
        "Kind": version.kind,
        "Processor time": f"{version.cpu_ms / 1000:g} s a test",
        "Memory": f"{version.memory_kb / 1024:g} MiB",
        **dict(_limits(version)),
        "Answer": "several files" if takes_files(version.harness) else "one text",
        "Answered in": ", ".join(version.harness.get("templates", {})),
        "Checker": right_words(version.checker, version.harness),
        **{name: value for name, value in _plainly(version) if not _is_long(value)},
        **files,
        **{f"Submission {one['path']}": _submission(one) for one in version.kept_submissions},
    }


def _limits(version: ProblemVersion) -> Iterator[tuple[str, str]]:
    for language, limit in version.language_limits.items():
        if "cpu_ms" in limit:
            yield f"Processor time in {language}", f"{limit['cpu_ms'] / 1000:g} s a test"
        if "memory_kb" in limit:
            yield f"Memory in {language}", f"{limit['memory_kb'] / 1024:g} MiB"


def _submission(one: KeptSubmission) -> str:
    wanted = " or ".join(one["expected"]) if one["expected"] is not None else "nothing"
    beside = [f"{name} {short(ref)}" for name, ref in sorted(one["beside"].items())]
    return ", ".join([one["language"] or "no known language", f"expected {wanted}", short(one["source"]), *beside])


def short(ref: str) -> str:
    """Return the beginning of a blob's hash, as pages tell it."""
    return ref.removeprefix("sha256/")[:12]


_PARTS = {
    "templates": "Template", "parameters": "Parameter", "unit_tests": "Unit tests", "autograder": "Autograder",
    "checks": "Style", "links": "Named stream", "answer_files": "Files of an answer", "only_for": "Only for",
}  # fmt: skip


def _plainly(version: ProblemVersion) -> Iterator[tuple[str, str]]:
    """Yield whatever the harness and the checker hold that is told nowhere else, by its name."""
    for part, value in version.harness.items():
        if part == "templates":
            value = {language: {**one, "text": None} for language, one in value.items()}
        if part != "files":
            yield from _told(_PARTS.get(part, part), value)
    own = {name: value for name, value in version.checker.items() if name not in ("kind", "source", "beside")}
    yield from _told("Checker", own)


def _told(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _told(f"{name}: {key}", held)
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _is_long(value: str) -> bool:
    return "\n" in value or len(value) > 200


def groups_of(version_id: uuid.UUID) -> dict[str, str]:
    """Return how the groups of a version make its points, in their order; names are made unlike each other."""
    rows = session().scalars(
        sa.select(TestGroup).where(TestGroup.problem_version_id == version_id).order_by(TestGroup.order_index)
    )
    groups = rows.all()
    names: dict[uuid.UUID, str] = {}
    for place, one in enumerate(groups, start=1):
        name = one.name or f"Group {place}"
        names[one.id] = f"{name} ({place})" if name in names.values() else name
    return {
        names[one.id]: ", ".join(
            [
                f"{one.points.normalize():f} points",
                {"sum": "the sum of its tests", "min": "the least of its tests", "pass_fail": "all or nothing"}[
                    one.aggregation
                ],
                *(["stops at the first failure"] if one.on_reject == "stop" else []),
                *([f"needs {' and '.join(names[id_] for id_ in one.requires)}"] if one.requires else []),
            ]
        )
        for one in groups
    }
