"""Tests whose input a program of the problem's author makes: it is run once, in a sandbox, when the package comes in."""

import contextlib
import dataclasses
import io
import tarfile
from collections.abc import Mapping

from lti_grader.assignments.languages import available_languages
from lti_grader.grading.graders.endings import ended_badly
from lti_grader.grading.sandbox import Limits, Program, Sandbox
from lti_grader.problems.operations import DraftTest
from lti_grader.problems.packages.package import AuthorsProgram, BadPackage, Generated, Package

_LIMITS = Limits(cpu_ms=30_000, memory_kb=1_048_576, wall_ms=90_000, output_bytes=256 * 1024 * 1024,
                 work_bytes=256 * 1024 * 1024)  # fmt: skip
# What it writes to standard error may be as long as what it writes to standard output.
_BOTH = '"$@" >made.in 2>made.ans; said=$?; tar -cf - made.in made.ans; exit $said'


def with_generated(sandbox: Sandbox, package: Package) -> Package:
    """Return a package with every input and every expected output in it.

    Raises
    ------
    BadPackage
        A program does not do what it should; the message names it, and the test.
    """
    if not package.generated:
        return package
    making = _Making(sandbox, package.generated)
    groups = [
        dataclasses.replace(group, tests=[making.test(f"{group.name}/{one.name}", one) for one in group.tests])
        for group in package.groups
    ]
    return dataclasses.replace(package, groups=groups, generated={})


class _Making:
    def __init__(self, sandbox: Sandbox, generated: Mapping[str, Generated]) -> None:
        self._sandbox = sandbox
        self._generated = generated

    def test(self, name: str, test: DraftTest) -> DraftTest:
        """Return a test with its input and its expected output."""
        given, expected = test.input, test.expected
        if isinstance(given, str):
            made = self._generated[given]
            given, answer = self._run(made.program, made.arguments, made.input, name)
            if isinstance(expected, str) and made.answers:
                expected = answer
        if isinstance(expected, str):
            program = self._generated[expected].program
            expected = self._run(program, (), given, name)[0]
        return dataclasses.replace(test, input=given, expected=expected)

    def _run(self, program: AuthorsProgram, arguments: tuple[str, ...], given: bytes, test: str) -> tuple[bytes, bytes]:
        """Return what a program writes to its output, and what to standard error."""
        built = self._built(program)
        if any("{" in one for one in arguments):
            raise BadPackage(f"{test}: {program.name} cannot be called with braces in its arguments here.")
        file = built.language.file
        run = ["/bin/sh", "-c", _BOTH, "sh", *file.run, *arguments]
        calling = dataclasses.replace(built.language, file=file.model_copy(update={"run": run}))
        limits = _limits(program)
        outcome = self._sandbox.run(dataclasses.replace(built, language=calling), given, limits=limits)
        made = _unpacked(outcome.stdout)
        words = made.get("made.ans", b"") or outcome.stderr
        if (ended := ended_badly(dataclasses.replace(outcome, stderr=words), limits)) is not None:
            raise BadPackage(f"{test}: {program.name}, which makes it, ended so: {ended[1]}")
        return made.get("made.in", b""), made.get("made.ans", b"")

    def _built(self, program: AuthorsProgram) -> Program:
        language = available_languages().get(program.language)
        if language is None:
            raise BadPackage(f"{program.name}, which makes tests, is in {program.language}, which is not here.")
        built = self._sandbox.build_kept(language, program.source, program.beside)
        if not built.ok:
            raise BadPackage(
                f"{program.name}, which makes tests, does not compile:\n{built.trouble or built.compiler_output}"
            )
        return built


def _limits(program: AuthorsProgram) -> Limits:
    return dataclasses.replace(
        _LIMITS, cpu_ms=program.cpu_ms or _LIMITS.cpu_ms, memory_kb=program.memory_kb or _LIMITS.memory_kb
    )


def _unpacked(archive: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    # One that was ended wrote none.
    with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        for member in packed:
            if member.isreg() and (content := packed.extractfile(member)):
                files[member.name] = content.read()
    return files
