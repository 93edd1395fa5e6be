"""Packages of QTI 2.1, 2.2 and 3.0 (https://www.imsglobal.org/question/): tests and items as quizzes."""

import posixpath
import re
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from decimal import Decimal

from lti_grader.problems.packages import qti_elements
from lti_grader.problems.packages.package import BadPackage, Package, Refused
from lti_grader.problems.packages.qti_items import OWN_ID, OWN_TOOL, question_of
from lti_grader.problems.packages.qti_pictures import Pictures
from lti_grader.problems.packages.qti_responses import number
from lti_grader.problems.quizzes.complaints import complaints
from lti_grader.problems.quizzes.form import MOST_QUESTIONS, Papers, Question, Quiz, Section, Solutions
from lti_grader.problems.quizzes.units import units_of

MARK = "imsmanifest.xml"
_ROOT = re.compile(rb"<(?:\w+:)?(?:qti-)?assessment-?(?:[Ii]tem|[Tt]est)\b")
_SHOWN = ("picture or film", "MathML")
_LEFT_OUT = {
    "preCondition": "conditions for questions", "branchRule": "branches", "timeLimits": "time limits",
    "itemSessionControl": "its control of attempts and feedback", "testFeedback": "feedback on the whole",
}  # fmt: skip


def is_one(content: bytes) -> bool:
    """Return whether a file is an item or a test by itself."""
    return _ROOT.search(content[:8192]) is not None


def read_one(name: str, content: bytes) -> Sequence[Package | Refused]:
    """Read an item or a test that is no package."""
    return read_all(name, {f"{name}.xml": content})


def read_all(name: str, files: Mapping[str, bytes]) -> Sequence[Package | Refused]:
    """Read a package: each of its tests is a quiz; without a test all of its items are one.

    Parameters
    ----------
    name
        What a quiz is called that has no title.

    Raises
    ------
    BadPackage
        There is nothing of QTI 2 or 3 in it.
    """
    tests: dict[str, ET.Element] = {}
    items: dict[str, ET.Element] = {}
    troubles: list[str] = []
    for path in sorted(one for one in files if one.lower().endswith(".xml") and not one.endswith(MARK)):
        try:
            root = qti_elements.read(files[path], path)
        except BadPackage as error:
            troubles.append(error.message)
            continue
        if root.tag == "assessmentTest":
            tests[path] = root
        elif root.tag == "assessmentItem":
            items[path] = root
        elif root.tag == "questestinterop":
            troubles.append(f"{path} is of QTI 1.2: export it as QTI 2.1 or 3.0.")
    if not tests and not items:
        raise BadPackage(" ".join(troubles) or f"{name} holds no test and no item of QTI 2 or 3.")
    if tests:
        return [_Test(name, path, root, items, files, troubles).quiz() for path, root in tests.items()]
    return [_Bank(name, items, files, troubles).quiz()]


class _Reading:
    """A quiz that is being made of items."""

    def __init__(
        self, name: str, items: Mapping[str, ET.Element], files: Mapping[str, bytes], troubles: Sequence[str]
    ) -> None:
        self.name = name
        self.items = items
        self.pictures = Pictures(files)
        self.report = list(troubles)
        self.losses: list[str] = []

    def question(self, path: str, weight: Decimal | None = None) -> Question | None:
        """Return the question of an item, None where it cannot be one, which is reported."""
        item = self.items.get(path)
        if item is None:
            self.losses.append(f"{path} is not in the package, or cannot be read.")
            return None
        title = item.get("title") or path
        try:
            found = question_of(
                item, lambda words: self._say(f"{title}: {words}"), lambda source: self.pictures.name(path, source)
            )
        except BadPackage as error:
            self.losses.append(f"The item {title!r} ({path}) is left out: {error.message}.")
            return None
        return found if weight is None or weight <= 0 else found.model_copy(update={"points": found.points * weight})

    def _say(self, words: str) -> None:
        # Without what it shows, a question may be another one.
        told = self.losses if any(one in words for one in _SHOWN) else self.report
        if words not in told:
            told.append(words)

    def package(self, title: str, quiz: Quiz) -> Package | Refused:
        questions = quiz.questions
        if not questions:
            return Refused(title, " ".join(self.losses[:5]) or "It has no question.")
        for one in complaints(quiz):
            self._say(one.text)
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:100] or "quiz"
        return Package(
            slug=slug, title=title[:250], statement="", groups=units_of(quiz), checker={"kind": "tokens"}, cpu_ms=2000,
            memory_kb=262_144, submissions=(), report=self.report, losses=self.losses, quiz=quiz,
            pictures=self.pictures.kept,
        )  # fmt: skip


class _Bank(_Reading):
    """Items without a test."""

    def quiz(self) -> Package | Refused:
        questions = _unlike([one for path in self.items if (one := self.question(path)) is not None])
        titles = [one.get("title", "") for one in self.items.values()]
        title = titles[0] if len(titles) == 1 and titles[0] else self.name
        return self.package(title, Quiz(sections=[Section(id="items", questions=questions[:MOST_QUESTIONS])]))


class _Test(_Reading):
    """A test with its sections."""

    def __init__(
        self, name: str, path: str, root: ET.Element, items: Mapping[str, ET.Element], files: Mapping[str, bytes],
        troubles: Sequence[str],
    ) -> None:  # fmt: skip
        super().__init__(name, items, files, troubles)
        self.path = path
        self.root = root
        self.is_own = root.get("toolName") == OWN_TOOL

    def quiz(self) -> Package | Refused:
        for tag, words in _LEFT_OUT.items():
            if next(self.root.iter(tag), None) is not None:
                self._say(f"The test's {words} are left out.")
        if any(one.get("navigationMode") == "linear" for one in self.root.iter("testPart")):
            self._say("The test is to be gone through question by question: here all of them stand on one page.")
        sections = [found for part in self.root.iter("testPart") for one in part for found in self._sections(one)]
        seen: set[str] = set()
        apart = [
            one.model_copy(update={"id": _free(one.id, seen), "questions": _unlike(one.questions, seen)})
            for one in sections
        ]
        settings = {}
        if self.is_own:
            settings = {
                "papers": self.root.get("data-papers", Papers.SAME),
                "solutions": self.root.get("data-solutions", Solutions.AFTER_DUE),
            }
        quiz = Quiz.model_validate({"sections": [one.model_dump() for one in apart], **settings})
        return self.package(self.root.get("title") or self.name, quiz)

    def _sections(self, element: ET.Element) -> list[Section]:
        """Return a section with the questions that stand in it itself, and those within it."""
        if element.tag != "assessmentSection":
            return []
        questions, within = [], []
        for one in element:
            if one.tag == "assessmentItemRef":
                weight = next((number(said.get("value")) for said in one.findall("weight")), None)
                questions.append(self.question(self._path(one.get("href", "")), weight))
            within += self._sections(one)
        asked = [one for one in questions if one is not None]
        mine = [self._section(element, asked, drawn=not within)] if asked else []
        return [*mine, *within]

    def _section(self, element: ET.Element, asked: Sequence[Question], *, drawn: bool) -> Section:
        selection, ordering = element.find("selection"), element.find("ordering")
        title = element.get("title", "") if element.get("visible") != "false" else ""
        draw = (
            int(selection.get("select", "0"))
            if selection is not None and selection.get("select", "").isdecimal()
            else None
        )
        if draw is not None and not drawn:
            self.losses.append(f"The section {title!r} draws among sections: here each of them is given.")
            draw = None
        if selection is not None and selection.get("withReplacement") == "true":
            self._say(f"The section {title!r} may draw a question twice: here never.")
        identifier = element.get("identifier", "section")
        own = (
            identifier.removeprefix(OWN_ID) if self.is_own else re.sub(r"[^\w-]", "_", identifier, flags=re.ASCII)[:32]
        )
        return Section(
            id=own or "section", title=title[:200], draw=min(draw, len(asked)) if draw else None,
            shuffle=ordering is not None and ordering.get("shuffle") == "true", questions=list(asked),
        )  # fmt: skip

    def _path(self, href: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.path), urllib.parse.unquote(href)))


def _unlike(questions: Sequence[Question], seen: set[str] | None = None) -> list[Question]:
    """Return questions whose ids differ, from those before as well."""
    known = set() if seen is None else seen
    return [one.model_copy(update={"id": _free(one.id, known)}) for one in questions]


def _free(name: str, seen: set[str]) -> str:
    found = next(one for one in (name, *(f"{name[:34]}-{number}" for number in range(2, 10_000))) if one not in seen)
    seen.add(found)
    return found
