"""The programs that an attempt becomes: one for all tests, or with a test's own code one for each."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lti_grader.assignments.languages import Language, available_languages
from lti_grader.grading.sandbox import Program, Sandbox
from lti_grader.problems.harness import Harness, Template, TestText
from lti_grader.problems.models import Visibility
from lti_grader.problems.rendering import CannotRender, program_text

_AS_IT_IS = Template(text="{{ STUDENT_ANSWER }}")
_USUAL = "{{ STUDENT_ANSWER }}\n\n{{ TEST.testcode }}\n"
_MARK = "answer4f1d0a7c"
# The program's folder cannot be written; what it is given lies where it starts, as its own.
_GIVEN = "given"
_WITH_FILES = ["/bin/sh", "-c", f'cp -R /program/{_GIVEN}/. . && exec "$@"', "sh"]
_WITH_LINK = ["/bin/sh", "-c", 'ln -s "$1" "$2" && shift 2 && exec "$@"', "sh"]


@dataclasses.dataclass
class Built:
    """A program, and which of its lines are the answer's."""

    program: Program
    answer_name: str
    answer_lines: range = range(0)
    """Its lines that are the answer's; none where all of them are."""
    test_lines: range = range(0)
    """Its lines that are the test's code."""
    is_shown: bool = False
    """Whether what is in it beside the answer may be seen by students."""

    @property
    def said(self) -> str:
        """What the compiler said, by the student's lines."""
        return self.in_own_lines(self.program.compiler_output)

    def in_own_lines(self, said: str) -> str:
        """Return what a compiler or a run said with the student's line numbers; other lines are the test's, or neither's."""
        if not self.answer_lines:
            return said
        suffix = Path(self.program.source_name).suffix

        def named(found: re.Match[str]) -> str:
            line = int(found[2])
            if line in self.answer_lines:
                return f"{self.answer_name}{found[1]}{line - self.answer_lines.start + 1}"
            if line in self.test_lines:
                return f"test{suffix}{found[1]}{line - self.test_lines.start + 1}"
            return f"template{suffix}{found[1]}{line}"

        pattern = rf'(?<![\w.]){re.escape(self.program.source_name)}(", line |:)(\d+)'
        return re.sub(pattern, named, re.sub(r"^( *)(\d+)(?= \| )", self._in_margin, said, flags=re.MULTILINE))

    def _in_margin(self, found: re.Match[str]) -> str:
        line, width = int(found[2]), len(found[0])
        for lines in (self.answer_lines, self.test_lines):
            if line in lines:
                return f"{line - lines.start + 1:>{width}}"
        return found[0]


class Programs:
    """What an answer is built to, each program once.

    Parameters
    ----------
    files
        What lies beside the program, where it is built and where it runs: name -> content.
    beside
        What lies beside it where it is built, and what of that a program needs where it runs; where one of `files` has the
        same name, that stands.
    tests
        All tests, and when students see each: in languages where compiling takes long, those with code of their own
        are compiled together, but only with what is seen by the same people, for a program can read itself.
    """

    def __init__(
        self, sandbox: Sandbox, language: Language, answer: bytes, *, harness: Harness | None,
        files: Mapping[str, bytes], beside: Mapping[str, bytes], tests: Sequence[tuple[TestText, Visibility]] = (),
    ) -> None:  # fmt: skip
        self._sandbox = sandbox
        self._language = language
        self._answer = answer
        self._harness = harness or Harness()
        self._template = self._harness.templates.get(language.id)
        self._files = {
            name: text for name, text in files.items() if language.id in self._harness.only_for.get(name, [language.id])
        }
        self._beside = dict(beside)
        self._built: dict[bytes, Built] = {}
        self._tests = [(text, _seen(visibility)) for text, visibility in tests]
        self._joined: dict[Visibility, Program | None] = {}
        if self._template is not None and self._template.file is not None:
            self._files[self._template.file] = answer

    @property
    def reads_input(self) -> bool:
        """Whether a test's input may stand in its program."""
        return self._template is not None

    def built_for(self, test: TestText, visibility: Visibility) -> Built:
        """Return the program that a test runs.

        Parameters
        ----------
        visibility
            When students see the test.

        Raises
        ------
        CannotRender
            The problem's template makes none of this answer, or is in a language that is not here.
        """
        template, seen = self._template_for(test), _seen(visibility)
        if (built := self._one_of_several(template, test, seen)) is not None:
            return built
        built = self._made(template, test)
        built.is_shown |= seen is Visibility.VISIBLE or not test.code
        return built

    def _one_of_several(self, template: Template, test: TestText, seen: Visibility) -> Built | None:
        """Return the program of several tests as this one calls it; None where it is to be built by itself."""
        several = Template(text=self._language.file.tests_template)
        tests = [one for one, its in self._tests if its is seen and one.code]
        # What a preprocessor is told holds for all that follows.
        apart = any(line.lstrip().startswith("#") for one in tests for line in one.code.splitlines())
        if template.text or not several.text or len(tests) < 2 or not test.code or apart:
            return None
        if seen not in self._joined:
            self._joined[seen] = self._of_several(several, tests, is_shown=seen is Visibility.VISIBLE)
        if (program := self._joined[seen]) is not None:
            return self._calling(program, several, tests, test)
        # Maybe it is no program whatever the test.
        alone = self._made(template, TestText())
        alone.is_shown = True
        return None if alone.program.ok or alone.program.trouble else alone

    def _of_several(self, several: Template, tests: Sequence[TestText], *, is_shown: bool) -> Program | None:
        source = self._rendered(several, tests).encode()
        program = self._build(self._language, source)
        if not program.ok:
            return None
        name, lines = self._language.source_name(self._answer), self._answer_lines(several, tests)
        self._built[source] = Built(program, name, lines, is_shown=is_shown)
        return program

    def _calling(self, program: Program, several: Template, tests: Sequence[TestText], test: TestText) -> Built:
        place = next(number for number, one in enumerate(tests) if (one.code, one.extra) == (test.code, test.extra))
        code = test.code.strip()
        marked = [*tests[:place], dataclasses.replace(tests[place], code=f"{_MARK}\n{code}"), *tests[place + 1 :]]
        before = self._rendered(several, marked).partition(_MARK)[0]
        run = [*program.language.file.run, str(place)]
        calling = dataclasses.replace(program.language, file=program.language.file.model_copy(update={"run": run}))
        return Built(
            dataclasses.replace(program, language=calling),
            self._language.source_name(self._answer),
            self._answer_lines(several, tests),
            _lines_of(before.encode(), code.encode()),
        )

    def _made(self, template: Template, test: TestText) -> Built:
        if template is _AS_IT_IS:
            source, language = self._answer, self._language
        else:
            source, language = self._rendered(template, test).encode(), self._language_of(template)
        if source not in self._built:
            program = self._build(language, source)
            lines = self._lines(template, test, source) if template is not _AS_IT_IS else (range(0), range(0))
            self._built[source] = Built(program, self._language.source_name(self._answer), *lines)
        return self._built[source]

    def compiler_output(self) -> str:
        """Return what compilers said, for the student: never with the code of a hidden test in it."""
        failing = [one for one in self._built.values() if not one.program.ok and not one.program.trouble]
        if shown := [one for one in failing if one.is_shown]:
            return shown[0].said
        if failing:
            alone = self._made(self._template or Template(), TestText())
            words = "It does not compile together with the code of a hidden test."
            return words if alone.program.ok else f"{words}\n{alone.said}"
        return next((one.said for one in self._built.values() if one.is_shown), "")

    def _template_for(self, test: TestText) -> Template:
        if self._template is not None:
            return self._template
        if self._harness.templates:
            listed = ", ".join(self._harness.templates)
            raise CannotRender(f"This problem is answered in {listed}, and not in {self._language.id}.")
        return Template() if test.code else _AS_IT_IS

    def _rendered(self, template: Template, test: TestText | Sequence[TestText], answer: str | None = None) -> str:
        text = template.text or self._language.file.test_template or _USUAL
        answer = self._answer.decode(errors="replace") if answer is None else answer
        return program_text(text, answer, test, self._harness.parameters, self._language.id)

    def _language_of(self, template: Template) -> Language:
        if template.language in (None, self._language.id):
            return self._language
        found = available_languages().get(template.language or "")
        if found is None:
            raise CannotRender(f"The toolchain of {template.language}, which runs this problem's tests, is not here.")
        return found

    def _lines(self, template: Template, test: TestText, source: bytes) -> tuple[range, range]:
        """Return which lines of a program are the answer's, and which the code's of its test."""
        code = test.code.strip().encode()
        until, has_code, _ = source.rpartition(code) if code else (b"", b"", b"")
        return self._answer_lines(template, test), _lines_of(until, code) if has_code else range(0)

    def _answer_lines(self, template: Template, test: TestText | Sequence[TestText]) -> range:
        # A mark before it, for filters may change the answer itself.
        marked = f"{_MARK}\n{self._answer.decode(errors='replace')}"
        before, found, _ = self._rendered(template, test, marked).partition(_MARK)
        return _lines_of(before.encode(), self._answer) if found else range(0)

    def _build(self, language: Language, source: bytes) -> Program:
        files = self._needed_where_it_runs(language)
        run = (language.file.run_with_files if files or self._beside else []) or language.file.run
        if files:
            run = [*_WITH_FILES, *run]
        for name, stream in self._harness.links.items():
            run = [*_WITH_LINK, f"/dev/{stream}", name, *run]
        calling = dataclasses.replace(language, file=language.file.model_copy(update={"run": run}))
        program = self._sandbox.build(calling, source, beside={**self._beside, **self._files})
        program.starts_afresh = language.needs_own_interpreter(self._beside)
        if files and program.folder is not None:
            _lay_files(files, program.folder)
        return program

    def _needed_where_it_runs(self, language: Language) -> dict[str, bytes]:
        """Return what a program may open by its name: not what is compiled, nor modules that it finds where it lies itself."""
        file = language.file
        elsewhere = {*file.modules, *([] if file.runs_as_written else file.endings)}
        beside = {name: text for name, text in self._beside.items() if Path(name).suffix not in elsewhere}
        return beside | self._files

    def discard(self) -> None:
        """Forget what was built."""
        for built in self._built.values():
            self._sandbox.discard(built.program)
        self._built.clear()


def _lay_files(files: Mapping[str, bytes], folder: Path) -> None:
    """Put files beside a built program, and where each of its runs takes them from."""
    for name, content in files.items():
        for path in (folder / name, folder / _GIVEN / name):
            if not path.exists():
                path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                path.write_bytes(content)
                path.chmod(0o644)


def _seen(visibility: Visibility) -> Visibility:
    """Return when students see a test, samples being seen as any visible test is."""
    return Visibility.VISIBLE if visibility is Visibility.SAMPLE else visibility


def _lines_of(before: bytes, part: bytes) -> range:
    """Return the numbers of the lines of a part, given what stands before it."""
    first = before.count(b"\n") + 1
    return range(first, first + part.rstrip(b"\n").count(b"\n") + 1)
