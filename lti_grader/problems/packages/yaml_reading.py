"""Reading problems in this tool's own format: `lti-grader.yaml` and the files that it names."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from lti_grader.classes.material_files import BadFile
from lti_grader.problems import answer_files, pictures
from lti_grader.problems.checkers import UnknownChecker, checker_config
from lti_grader.problems.harness import Harness, Template
from lti_grader.problems.models import OnReject, Visibility
from lti_grader.problems.operations import DraftGroup, DraftTest
from lti_grader.problems.packages import notebook_files, unit_tests, yaml_files, yaml_rubrics
from lti_grader.problems.packages import yaml_form as form
from lti_grader.problems.packages.package import BadPackage, Package, Submission
from lti_grader.problems.packages.yaml_lines import Lines, Place
from lti_grader.problems.packages.yaml_values import guessed, kibibytes, milliseconds, natural, own_limits
from lti_grader.problems.packages.yaml_words import in_words, named
from lti_grader.problems.quizzes.complaints import complaints
from lti_grader.problems.quizzes.form import Quiz
from lti_grader.problems.quizzes.units import units_of

_ANSWERS = (".ans", ".out")
NO_LANGUAGE = "none"
QUIZ_CPU_MS = 2000
"""What the column holds of a quiz, which is never run."""


def read(slug: str, files: Mapping[str, bytes]) -> Package:
    """Read a problem.

    Parameters
    ----------
    slug
        What it is called where the file says nothing, such as its folder's name.
    files
        Its files, as `files.read_files` returns them.

    Raises
    ------
    BadPackage
        Something in it is wrong; each line of the message names file, line, and what to do.
    """
    lines = Lines(form.MARK, files[form.MARK], typed=form.TYPED)
    try:
        said = form.ProblemForm.model_validate(lines.content)
    except ValidationError as error:
        raise BadPackage("\n".join(in_words(lines, error))) from None
    return _Reading(lines, said, files).package(slug)


class _Reading:
    """A file that was found to be of the right form, and the files beside it."""

    def __init__(self, lines: Lines, said: form.ProblemForm, files: Mapping[str, bytes]) -> None:
        self.lines = lines
        self.said = said
        self.files = files
        self.used = {form.MARK}
        self.report: list[str] = []

    def package(self, slug: str) -> Package:
        said, limits = self.said, self.said.limits
        harness = self._harness()
        package = Package(
            slug=said.slug or re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")[:100] or "problem",
            title=said.title,
            statement=self._words(said.statement, ("statement",)),
            groups=self._groups(),
            checker=self._checker(),
            cpu_ms=milliseconds(limits.time),
            memory_kb=kibibytes(limits.memory) or 1,
            submissions=[self._solution(number, one) for number, one in enumerate(said.solutions)],
            time_multiplier=limits.time_multiplier,
            report=self.report,
            tags=said.tags,
            difficulty=said.difficulty,
            starter_code={name: self._program(text, ("starter", name)).decode() for name, text in said.starter.items()},
            hint=self._words(said.hint, ("hint",)),
            pictures={name: self._picture(name, one) for name, one in said.pictures.items()},
            language_limits={name: own_limits(one) for name, one in limits.languages.items()},
            harness=harness,
            files={name: self._bytes(text, ("files", name)) for name, text in said.files.items()},
        )
        package = self._with_tests(package)
        if said.checks:
            package = self._with_checks(package, said.checks)
        if said.answer is not None:
            package = self._with_answer(package, said.answer)
        if said.rubric is not None:
            rubric = yaml_rubrics.read(said.rubric, self.lines, self._words)
            package = dataclasses.replace(package, rubric=rubric)
        if unused := sorted(set(self.files) - self.used):
            more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
            self.report.append(f"Left out, for nothing in {form.MARK} names them: {', '.join(unused[:10])}{more}.")
        return package

    def _with_tests(self, package: Package) -> Package:
        said = self.said
        if said.notebook is not None:
            return self._with_notebook(package, said.notebook)
        if said.unit_tests is not None:
            return self._with_unit_tests(package, said.unit_tests)
        if said.quiz is not None:
            return self._with_quiz(package, said.quiz)
        if not said.groups:
            raise BadPackage(f"{self.lines.at(('groups',))}: groups is missing: add one with a test, or `unit_tests`.")
        return package

    def _with_quiz(self, package: Package, quiz: Quiz) -> Package:
        given = {
            "groups",
            "starter",
            "templates",
            "harness",
            "solutions",
            "answer",
            "checks",
            "rubric",
        } & self.said.model_fields_set
        if given:
            raise BadPackage(
                f"{self.lines.at(('quiz',))}: with a quiz there is no {min(given)}: its questions are all that there is."
            )
        self.report += [one.text for one in complaints(quiz)]
        return dataclasses.replace(package, quiz=quiz, groups=units_of(quiz), cpu_ms=package.cpu_ms or QUIZ_CPU_MS)

    def _with_notebook(self, package: Package, notebook: form.InFile) -> Package:
        said, place = self.said, ("notebook",)
        given = {"groups", "starter", "templates", "parameters", "harness", "unit_tests"} & said.model_fields_set
        if given:
            raise BadPackage(
                f"{self.lines.at(place)}: with a notebook there is no {min(given)}: its cells say that. Leave one of both out."
            )
        name = PurePosixPath(notebook.file).name
        try:
            read = notebook_files.read_one(name, {name: self._bytes(notebook, place), **package.files})
        except BadPackage as error:
            raise BadPackage(f"{self.lines.at(place)}: {error.message}") from None
        own = {"memory_kb": package.memory_kb} if "memory" in said.limits.model_fields_set else {}
        self.report += read.report
        return dataclasses.replace(
            package, groups=read.groups, starter_code=read.starter_code, harness=read.harness, files=read.files,
            submissions=[*read.submissions, *package.submissions], losses=read.losses,
            memory_kb=own.get("memory_kb", read.memory_kb),
        )  # fmt: skip

    def _with_unit_tests(self, package: Package, described: Mapping[str, Any]) -> Package:
        at = self.lines.at(("unit_tests",))
        if self.said.templates is not None or self.said.parameters or self.said.harness:
            raise BadPackage(
                f"{at}: with unit_tests there are no templates, parameters or harness: leave one of both out."
            )
        try:
            return unit_tests.with_unit_tests(package, described, package.files)
        except BadPackage as error:
            raise BadPackage(f"{at}: {error.message}") from None

    def _with_checks(self, package: Package, described: Mapping[str, Any]) -> Package:
        try:
            return unit_tests.with_checks(package, described)
        except BadPackage as error:
            raise BadPackage(f"{self.lines.at(('checks',))}: {error.message}") from None

    def _with_answer(self, package: Package, answer: form.AnswerForm) -> Package:
        try:
            return yaml_files.with_answer(package, answer.files)
        except BadPackage as error:
            raise BadPackage(f"{self.lines.at(('answer', 'files'))}: answer.files: {error.message}") from None

    def _program(self, text: form.Program, place: Place) -> bytes:
        """Return a program; of one that is several files the text that holds them."""
        if not isinstance(text, form.InFolder):
            return self._words(text, place).encode()
        if self.said.answer is None:
            raise BadPackage(
                f"{self.lines.at(place)}: a folder holds an answer of several files: add `answer: {{files: {{}}}}`."
            )
        try:
            found = yaml_files.in_folder(self.files, text.folder)
        except BadPackage as error:
            raise BadPackage(f"{self.lines.at((*place, 'folder'))}: {error.message}.") from None
        self.used |= {f"{text.folder.strip('/')}/{name}" for name in found}
        return answer_files.written(found).encode()

    def _bytes(self, text: form.Text, place: Place) -> bytes:
        if isinstance(text, str):
            return text.encode(errors="replace")
        if text.file not in self.files:
            raise BadPackage(
                f"{self.lines.at((*place, 'file'))}: there is no file {text.file} in the package: add it, or write"
                " the text itself here."
            )
        self.used.add(text.file)
        return self.files[text.file]

    def _picture(self, name: str, file: form.InFile) -> bytes:
        content, place = self._bytes(file, ("pictures", name)), ("pictures", name)
        try:
            pictures.accepted(name, content)
        except BadFile as error:
            raise BadPackage(f"{self.lines.at(place)}: {error.message}") from None
        return content

    def _words(self, text: form.Text, place: Place) -> str:
        try:
            return self._bytes(text, place).decode()
        except UnicodeDecodeError:
            assert isinstance(text, form.InFile)
            raise BadPackage(f"{self.lines.at(place)}: the file {text.file} is not in UTF-8: save it so.") from None

    def _source(self, text: form.Program, place: Place) -> bytes:
        return self._program(text, place) if isinstance(text, form.InFolder) else self._bytes(text, place)

    def _checker(self) -> dict[str, Any]:
        said = dict(self.said.checker)
        try:
            for name in ("source", "beside"):
                if name == "source" and isinstance(said.get(name), dict):
                    said[name] = self._words(form.InFile.model_validate(said[name]), ("checker", name))
                elif isinstance(said.get(name), dict):
                    said[name] = {one: self._either(text, ("checker", name, one)) for one, text in said[name].items()}
            return checker_config(said).model_dump(mode="json", exclude_unset=True)
        except UnknownChecker as error:
            raise BadPackage(f"{self.lines.at(('checker',))}: {error.message}") from None
        except ValidationError as error:
            raise BadPackage(
                f"{self.lines.at(('checker', 'source'))}: its source is a text, or {{file: NAME}}."
            ) from error

    def _either(self, text: object, place: Place) -> str:
        return self._words(form.InFile.model_validate(text), place) if isinstance(text, dict) else str(text)

    def _harness(self) -> Harness | None:
        said = self.said
        if said.templates is None and not (said.parameters or said.files or said.harness):
            return None
        templates = {
            name: Template(
                text=self._words(one.text, ("templates", name, "text")), language=one.language, file=one.file
            )
            for name, one in (said.templates or {}).items()
        }
        try:
            return Harness.model_validate({
                **said.harness, "templates": templates, "parameters": said.parameters,
                "files": {name: name for name in said.files},
            })  # fmt: skip
        except ValidationError as error:
            first = error.errors()[0]
            place = ("harness", *first["loc"])
            raise BadPackage(f"{self.lines.at(place)}: {named(place)}: {first['msg']}.") from None

    def _groups(self) -> list[DraftGroup]:
        before: set[str] = set()
        groups = []
        for number, one in enumerate(self.said.groups):
            place: Place = ("groups", number)
            if one.name in before:
                raise BadPackage(f"{self.lines.at(place)}: there are two groups {one.name!r}: name one differently.")
            if missing := sorted(set(one.requires) - before):
                raise BadPackage(
                    f"{self.lines.at((*place, 'requires'))}: the group {one.name!r} requires {missing[0]!r}, which is"
                    " not before it: write the names of groups that stand before this one."
                )
            before.add(one.name)
            groups.append(self._group(one, place))
        return groups

    def _group(self, one: form.GroupForm, place: Place) -> DraftGroup:
        tests = [*self._of_folder(one, place)] if one.folder is not None else []
        tests += [
            self._test(test, f"{len(tests) + number + 1}", one.visibility, (*place, "tests", number))
            for number, test in enumerate(one.tests)
        ]
        if not tests:
            raise BadPackage(f"{self.lines.at(place)}: the group {one.name!r} has no tests: add some, or leave it out.")
        return DraftGroup(
            one.name, one.points, tests, one.aggregation, OnReject.STOP if one.stop else OnReject.CONTINUE, one.requires
        )

    def _test(self, one: form.TestForm, number: str, visibility: Visibility, place: Place) -> DraftTest:
        return DraftTest(
            one.name or number,
            self._bytes(one.input, (*place, "input")),
            self._bytes(one.expected, (*place, "expected")),
            one.visibility or visibility,
            one.points,
            code=self._words(one.code, (*place, "code")),
            extra=self._words(one.extra, (*place, "extra")),
            cpu_ms=milliseconds(one.time),
            memory_kb=kibibytes(one.memory),
        )

    def _of_folder(self, group: form.GroupForm, place: Place) -> Iterator[DraftTest]:
        """Return a test for each input in a folder, by their names; numbers in names are put in their order."""
        folder = f"{str(group.folder).strip('/')}/"
        inputs = [one for one in self.files if one.startswith(folder) and one.endswith(".in")]
        if not inputs:
            raise BadPackage(
                f"{self.lines.at((*place, 'folder'))}: there is no file that ends in .in below {folder}: add tests there,"
                " or name another folder."
            )
        for one in sorted(inputs, key=natural):
            stem = one.removesuffix(".in")
            answer = next((stem + suffix for suffix in _ANSWERS if stem + suffix in self.files), None)
            if answer is None:
                raise BadPackage(
                    f"{self.lines.at((*place, 'folder'))}: {one} has no expected output beside it: add {stem}.ans."
                )
            self.used |= {one, answer}
            yield DraftTest(stem.removeprefix(folder), self.files[one], self.files[answer], group.visibility)

    def _solution(self, number: int, one: form.SolutionForm) -> Submission:
        place: Place = ("solutions", number)
        file = one.source.file if isinstance(one.source, form.InFile) else None
        folder = one.source.folder if isinstance(one.source, form.InFolder) else None
        language = one.language or (guessed(file) if file else None)
        if language is None:
            self.report.append(
                f"{self.lines.at(place)}: the language of this solution is not known, so that it is not run: add `language`."
            )
        expected = [one.expected] if isinstance(one.expected, str) else one.expected
        return Submission(
            path=one.name or file or folder or f"solution {number + 1}",
            language=None if language == NO_LANGUAGE else language,
            source=self._source(one.source, (*place, "source")),
            expected=frozenset(expected) if expected is not None else None,
            beside={name: self._bytes(text, (*place, "beside", name)) for name, text in one.beside.items()},
        )
