"""What compilers are given ready-made: it is used, it cannot be changed, and nothing depends on it."""

import dataclasses
import fcntl
import functools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lti_grader.assignments.languages import Language
from lti_grader.grading.sandbox import Sandbox, open_sandbox
from lti_grader.grading.sandbox.prepared import _cache, prepared

HEADERS = ["bits/stdc++.h", "iostream"]
HELLO = b"import java.util.*;\npublic class Main { public static void main(String[] x) { System.out.println(List.of(4, 2)); } }\n"


@pytest.fixture(autouse=True)
def nobody_prepares_now() -> None:
    """Wait for whoever is preparing something, such as tests beside this one."""
    for name in ("cpp", "java"):
        with (_cache() / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)


def changed(language: Language, compile_: Sequence[str], **more: object) -> Language:
    return dataclasses.replace(language, file=language.file.model_copy(update={"compile": list(compile_), **more}))


@pytest.mark.parametrize("header", HEADERS)
def test_a_cpp_program_that_begins_with_a_usual_header_takes_the_precompiled_one(
    header: str, sandbox: Sandbox, language: Callable[[str], Language]
) -> None:
    cpp = language("cpp")
    source = f"#include <{header}>\nint main() {{ std::cout << 42; }}\n".encode()
    program = sandbox.build(changed(cpp, [*cpp.file.compile, "-H", "-Winvalid-pch"]), source)
    assert program.ok, program.compiler_output or program.trouble
    assert f"! /data/{header}.gch" in program.compiler_output
    assert "warning" not in program.compiler_output


def test_javac_takes_its_own_classes_from_the_archive(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    java = language("java")
    counting = ["/bin/sh", "-c", '"$@" && grep -c "shared objects file (top)" log', "sh", java.file.compile[0],
                "-J-Xlog:class+load:file=log", *java.file.compile[1:]]  # fmt: skip
    program = sandbox.build(changed(java, counting), HELLO)
    assert program.ok, program.compiler_output or program.trouble
    assert int(program.compiler_output) > 500


def test_no_program_can_change_what_is_prepared(sandbox: Sandbox, language: Callable[[str], Language]) -> None:
    writing = [
        "/bin/sh",
        "-c",
        "chmod 777 /data/* ; echo bad > /data/iostream.gch ; rm /data/iostream.gch ; touch /data/new",
    ]
    program = sandbox.build(changed(language("cpp"), writing, additions=[]), b"")
    assert not program.ok
    assert program.compiler_output.count("Read-only file system") == 5


@pytest.mark.parametrize(("name", "source"), [("cpp", b"#include <iostream>\nint main() {}\n"), ("java", HELLO)])
def test_while_another_slot_prepares_a_program_is_compiled_without(
    name: str, source: bytes, language: Callable[[str], Language], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, sandbox = language(name), open_sandbox("auto")
    try:
        with tempfile.TemporaryDirectory() as folder:
            # Not before it is open: slots are counted there as well.
            monkeypatch.setattr(tempfile, "tempdir", folder)
            with (_cache() / f"{name}.lock").open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                program = sandbox.build(here, source)
            assert [one.name for one in _cache().iterdir()] == [f"{name}.lock"]
        assert (program.ok, program.compiler_output) == (True, "")
    finally:
        sandbox.close()


def test_what_was_prepared_for_a_compiler_that_was_upgraded_is_made_anew(
    language: Callable[[str], Language], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    compiler, here = tmp_path / "g++", language("cpp")
    for version in (b"1", b"1.1"):
        compiler.write_bytes(version)
        home = tmp_path / f"slot-{version.decode()}"
        home.mkdir()
        made = prepared(
            dataclasses.replace(here, tools={"gxx": str(compiler)}),
            functools.partial(dict, {"iostream.gch": version}),
            home,
        )
        assert made is not None
        assert (made / "iostream.gch").read_bytes() == version
    assert len([one for one in _cache().iterdir() if one.is_dir()]) == 1
