"""One CodeRunner question as a problem: what it says, what its type says, and what of that there is not here."""

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import re2
from pydantic import ValidationError

from lti_grader.core.errors import GraderError
from lti_grader.problems.harness import AnswerFiles, Harness, Template, TestText
from lti_grader.problems.models import Aggregation, OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages.coderunner_types import BUILT_IN, CANNOT, LANGUAGES, MULTILANGUAGE
from lti_grader.problems.packages.html import to_markdown
from lti_grader.problems.packages.package import Package, Refused, Submission
from lti_grader.problems.pictures import showable
from lti_grader.problems.rendering import CannotRender, program_text, rendered, unknown_names

_USUAL_MEMORY_MB, _MOST_MEMORY_MB = 400, 2048
_SHOWN = {"SHOW": Visibility.VISIBLE}
_FILLED_IN = ("name", "questiontext", "answer", "answerpreload", "generalfeedback")
_PRECHECK_ONLY = "1"


@dataclasses.dataclass(frozen=True)
class Question:
    """A question as the file has it: fields as text, "" where there is nothing."""

    kind: str
    fields: Mapping[str, str]
    tests: Sequence[Mapping[str, str]]
    files: Mapping[str, bytes]
    tags: Sequence[str] = ()
    shown: Mapping[str, bytes] = dataclasses.field(default_factory=dict)
    """What its text shows."""

    @property
    def title(self) -> str:
        return " ".join(self.fields.get("name", "").split())[:250] or "A question without a name"

    @property
    def is_prototype(self) -> bool:
        return self.fields.get("prototypetype", "0").strip() not in ("", "0")

    def get(self, name: str) -> str:
        return self.fields.get(name, "").strip()


class _CannotBringInError(Exception):
    """The question cannot be brought in at all; its text says why."""


def package_of(question: Question, types: Mapping[str, Question], *, slug: str) -> Package | Refused:
    """Return a question as a package, or why there is none.

    Parameters
    ----------
    types
        Types of questions that are no built-in ones, by their names.
    """
    try:
        return _Reading(question, types).package(slug)
    except _CannotBringInError as error:
        return Refused(question.title, str(error))


class _Reading:
    """A question that is being read, with what was found missing meanwhile."""

    def __init__(self, question: Question, types: Mapping[str, Question]) -> None:
        self.question = question
        self.kind = question.get("coderunnertype")
        self.prototype = None if self.kind in BUILT_IN else types.get(self.kind)
        self.notes: list[str] = []
        self.losses: list[str] = []
        self.pictures = showable(question.shown)

    def package(self, slug: str) -> Package:
        if self.kind in CANNOT:
            raise _CannotBringInError(CANNOT[self.kind])
        if self.kind not in BUILT_IN and self.prototype is None and self.kind != MULTILANGUAGE:
            raise _CannotBringInError(
                f"its type {self.kind!r} is none of CodeRunner's own: export that prototype, and give it with --prototypes"
            )
        self._filled_in()
        checker = self._checker()
        language, harness = self._harness()
        groups = [one for one in self._groups() if one.tests]
        self._try_template(language, harness, groups)
        self._say_what_is_left_out()
        statement, answer = self._statement(), self.question.fields.get("answer", "")
        return Package(
            slug=slug,
            title=self.question.title,
            statement=statement,
            pictures=self.pictures,
            groups=groups,
            checker=checker,
            cpu_ms=self._cpu_ms(),
            memory_kb=self._memory_kb(),
            submissions=[Submission("submissions/accepted/answer", language, answer.encode(), frozenset({"accepted"}))]
            if answer.strip()
            else [],
            report=[*self.notes, *self.losses],
            losses=self.losses,
            tags=list(dict.fromkeys(self.question.tags)),
            starter_code={language: preload} if (preload := self.question.fields.get("answerpreload", "")) else {},
            harness=harness,
            files={**(self.prototype.files if self.prototype else {}), **self.question.files},
        )

    def _get(self, name: str) -> str:
        """Return a field, where it is empty its type's."""
        return self.question.get(name) or (self.prototype.get(name) if self.prototype else "")

    def _filled_in(self) -> None:
        """Work out the template parameters, and fill them into the question's texts where it asks for that."""
        params: dict[str, Any] = {}
        for one in filter(None, (self.prototype, self.question)):
            params |= self._parameters(one)
        self.parameters = params
        if self._get("twigall") != "1":
            return
        try:
            fields = {name: rendered(self.question.fields.get(name, ""), params) for name in _FILLED_IN}
            tests = [
                {name: rendered(text, params) if "{" in text else text for name, text in one.items()}
                for one in self.question.tests
            ]
        except CannotRender as error:
            raise _CannotBringInError(f"its texts are templates: {error.message}") from None
        self.question = dataclasses.replace(self.question, fields={**self.question.fields, **fields}, tests=tests)

    def _parameters(self, question: Question) -> dict[str, Any]:
        text = question.get("templateparams")
        if not text:
            return {}
        if question.get("templateparamslang").lower() not in ("", "twig", "none"):
            raise _CannotBringInError(
                f"its parameters are worked out by a program in {question.get('templateparamslang')}"
            )
        if "random" in text:
            self.losses.append(
                "Its parameters are drawn at random: they are drawn once, now, and the same for everybody."
            )
        try:
            # The same file gives the same values each time.
            unknown_names(text, ["random"])
            found = json.loads(rendered(text, {}, draws=random.Random(question.title)) if "{" in text[1:] else text)  # noqa: S311
        except (CannotRender, ValueError) as error:
            why = error.message if isinstance(error, CannotRender) else f"what comes of them is no JSON ({error})"
            raise _CannotBringInError(f"its parameters cannot be worked out: {why}") from None
        return found if isinstance(found, dict) else {}

    def _harness(self) -> tuple[str, Harness | None]:
        """Return the language of the answer, and how it becomes a program."""
        if self.kind == MULTILANGUAGE:
            self.notes.append("It can be answered in every language that its assignment takes.")
            return "c", None
        files = {name: name for one in filter(None, (self.prototype, self.question)) for name in one.files}
        built_in = BUILT_IN.get(self.kind)
        own = self._get("template") if self._get("template").strip() else ""
        if built_in is not None:
            text, language, program = own or built_in.text, built_in.language, built_in.program
            if self.kind == "python3" and any(
                "__student_answer__" in one.get("testcode", "") for one in self.question.tests
            ):
                text = (
                    text
                    or '{{ STUDENT_ANSWER }}\n\n__student_answer__ = """{{ STUDENT_ANSWER | e("py") }}"""\n\n{{ TEST.testcode }}\n'
                )
            parameters = {**built_in.parameters, **self.parameters}
            if self.kind == "sql":
                parameters["widths"] = self.parameters.get("columnwidths", [])
        else:
            text, (language, program), parameters = own, self._languages(), self.parameters
        template = Template(text=text, language=program if program != language else None)
        try:
            return language, Harness(
                templates={language: template}, parameters=parameters, files=files, answer_files=self._attachments()
            )
        except ValidationError as error:
            raise _CannotBringInError(f"its files have names that cannot be used here: {', '.join(files)}") from error

    def _attachments(self) -> AnswerFiles | None:
        """Return that an answer may be several files, where students may attach some to its text: those lie beside it there, too."""
        allowed = self._get("attachments")
        if allowed in ("", "0"):
            return None
        if self._get("attachmentsrequired") not in ("", "0"):
            self.notes.append(
                f"How many files have to be attached ({self._get('attachmentsrequired')}) is left out: name those in the draft."
            )
        if self._get("filenamesregex"):
            self.notes.append(
                f"The pattern of names of attached files ({self._get('filenamesregex')}) is left out: say endings or names in the draft."
            )
        # -1 is any number.
        return AnswerFiles(most=min(100, int(allowed) + 1)) if allowed.isdecimal() else AnswerFiles()

    def _languages(self) -> tuple[str, str]:
        """Return the languages of the answer and of the program, for a type that is no built-in one."""
        program, editor = self._get("language").lower(), self._get("acelang").lower()
        if "," in editor:
            raise _CannotBringInError("it can be answered in several languages by a template of its own")
        for name in filter(None, (program, editor)):
            if name not in LANGUAGES:
                raise _CannotBringInError(f"there is no language {name!r} here")
        return LANGUAGES[editor or program], LANGUAGES[program]

    def _groups(self) -> list[DraftGroup]:
        if not self.question.tests:
            raise _CannotBringInError("it has no tests")
        is_all_or_nothing = self._get("allornothing") != "0"
        stops = any(one.get("hiderestiffail") == "1" for one in self.question.tests)
        if stops and not is_all_or_nothing:
            self.losses.append(
                "Tests behind one that fails are hidden there; here they are shown, since they give points."
            )
        tests: list[DraftTest] = []
        before: list[DraftTest] = []
        for number, one in enumerate(self.question.tests, start=1):
            (before if one.get("testtype") == _PRECHECK_ONLY else tests).append(self._test(number, one))
        worth = sum((one.points for one in tests), Decimal(0)) or Decimal(1)
        return [
            DraftGroup("precheck", Decimal(0), before),
            DraftGroup(
                "tests", worth, tests,
                aggregation=Aggregation.PASS_FAIL if is_all_or_nothing else Aggregation.SUM,
                on_reject=OnReject.STOP if stops and is_all_or_nothing else OnReject.CONTINUE,
            ),
        ]  # fmt: skip

    def _test(self, number: int, one: Mapping[str, str]) -> DraftTest:
        display = one.get("display", "SHOW").strip() or "SHOW"
        seen = _SHOWN.get(display, Visibility.HIDDEN)
        if one.get("useasexample") == "1" or one.get("testtype") == _PRECHECK_ONLY:
            seen = Visibility.SAMPLE
        try:
            points = max(Decimal(0), Decimal(one.get("mark") or 1))
        except InvalidOperation:
            raise _CannotBringInError(f"the mark of its test {number} is {one.get('mark')!r}") from None
        given, expected = one.get("stdin", ""), one.get("expected", "")
        if given and not given.endswith("\n"):
            given += "\n"
        if self._get("grader") == "RegexGrader":
            expected = f"(?ms){expected.rstrip()}"
        return DraftTest(
            f"Test {number}", given.encode(), expected.encode(), seen, points,
            code=one.get("testcode", ""), extra=one.get("extra", ""),
        )  # fmt: skip

    def _checker(self) -> dict[str, Any]:
        grader = self._get("grader") or "EqualityGrader"
        if grader == "EqualityGrader":
            return {"kind": "stripped", "indented": True}
        if grader == "NearEqualityGrader":
            return {"kind": "stripped", "near": True}
        if grader != "RegexGrader":
            raise _CannotBringInError(f"its template decides itself what is right ({grader})")
        for number, one in enumerate(self.question.tests, start=1):
            try:
                re2.compile(f"(?ms){one.get('expected', '').rstrip()}")
            except re2.error as error:
                self.losses.append(f"The pattern of test {number} cannot be used here: {error}.")
        return {"kind": "regex", "anywhere": True}

    def _try_template(self, language: str, harness: Harness | None, groups: Sequence[DraftGroup]) -> None:
        """Find out whether the template can be filled in for each test."""
        if harness is None or not (text := harness.templates[language].text):
            return
        try:
            for name in unknown_names(text, harness.parameters):
                self.losses.append(f"Its template uses {name}, which there is not here.")
            for test in [one for group in groups for one in group.tests]:
                text_of = TestText(test.code, test.extra, test.input.decode() if isinstance(test.input, bytes) else "")
                program_text(text, self.question.fields.get("answer", ""), text_of, harness.parameters, language)
        except GraderError as error:
            raise _CannotBringInError(error.message[:1].lower() + error.message[1:]) from None

    def _cpu_ms(self) -> int | None:
        seconds = self._number("cputimelimitsecs")
        return int(seconds * 1000) if seconds else None

    def _memory_kb(self) -> int:
        megabytes: Decimal = self._number("memlimitmb") or Decimal(_USUAL_MEMORY_MB)
        return int(min(megabytes, Decimal(_MOST_MEMORY_MB))) * 1024

    def _number(self, name: str) -> Decimal | None:
        try:
            return Decimal(self._get(name)) if self._get(name) else None
        except InvalidOperation:
            raise _CannotBringInError(f"its {name} is {self._get(name)!r}, and no number") from None

    def _statement(self) -> str:
        text = self.question.fields.get("questiontext", "")
        if self.question.get("format") == "markdown":
            return text.replace("@@PLUGINFILE@@/", "")
        return to_markdown(text, self.losses.append, self.pictures)

    def _say_what_is_left_out(self) -> None:
        if self._get("uiplugin").lower() not in ("", "ace", "none"):
            self.losses.append(f"It is answered in a form of its own ({self._get('uiplugin')}); here it is a text.")
        some = [
            number
            for number, one in enumerate(self.question.tests, start=1)
            if one.get("display", "")[:8] == "HIDE_IF_"
        ]
        if some:
            listed = ", ".join(map(str, some))
            self.notes.append(f"Hidden there by what comes of them, here always: test {listed}.")
        if self.kind == MULTILANGUAGE and self._get("attachments") not in ("", "0"):
            self.losses.append("Files that students attach to their answer cannot be handed in here.")
        if self._get("penaltyregime") not in ("", "0"):
            self.notes.append(f"The penalty regime {self._get('penaltyregime')} is left out: tries cost nothing here.")
        if self.question.get("generalfeedback"):
            self.notes.append("Its general feedback is left out.")
        if not self.question.get("answer"):
            self.notes.append("It has no answer, so that nothing proves its tests.")
