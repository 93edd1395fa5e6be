"""Languages as they are described in configs/languages/."""

import pytest
from pydantic import ValidationError

from lti_grader.assignments.languages import Language, LanguageFile, available_languages, read_language_files

RIGHT = {
    "label": "Text", "highlight": "python", "source": "main.txt", "tools": {"cat": ["/bin/cat"]}, "version": ["{cat}"],
    "artefacts": ["main.txt"], "run": ["{cat}", "{program}/main.txt"], "time_multiplier": 1.0, "startup_ms": 0,
    "memory_extra_kb": 0, "processes": 1,
}  # fmt: skip


def described(**changes: object) -> Language:
    return Language("text", LanguageFile.model_validate(RIGHT | changes), {"cat": "/bin/cat"})


@pytest.mark.parametrize("name", ["python", "cpp", "java", "javascript"])
def test_the_four_first_languages_are_described(name: str) -> None:
    file = read_language_files()[name]
    assert file.highlight == name
    assert file.run
    assert set(file.tools)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source", "../main.txt"), ("source", "a b"), ("time_multiplier", 0), ("time_multiplier", "fast"),
        ("startup_ms", -1), ("processes", 0), ("run", "cat main.txt"), ("colour", "blue"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_language_is_named(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        LanguageFile.model_validate(RIGHT | {key: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [key]


@pytest.mark.parametrize("key", ["label", "run", "tools", "artefacts"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        LanguageFile.model_validate({name: value for name, value in RIGHT.items() if name != key})


def test_commands_are_filled_with_tools_and_places() -> None:
    language = described(compile=["{cat}", "{source}"], run=["{cat}", "-m{memory_mb}", "{program}/main.txt"])
    assert language.compile_argv("main.txt") == ["/bin/cat", "main.txt"]
    assert language.run_argv("/program", b"", "main.txt", 65536) == ["/bin/cat", "-m64", "/program/main.txt"]


def test_a_time_limit_grows_by_multiplier_and_start() -> None:
    assert described(time_multiplier=1.5, startup_ms=400).cpu_ms(2000) == 3400


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("public class Foo {}", "Foo.java"),
        ("import java.util.*;\n\n  public final class Bar extends Base {}", "Bar.java"),
        ("public record Point(int x) {}", "Point.java"),
        ("class Main {}", "Main.java"),
        ("", "Main.java"),
        ("// public class Not {}\npublic class Yes {}", "Yes.java"),
        ("public abstract sealed class Shape permits X {}", "Shape.java"),
    ],
)
def test_a_java_file_is_named_after_its_public_class(source: str, name: str) -> None:
    java = Language("java", read_language_files()["java"], {"java": "/usr/bin/java", "javac": "/usr/bin/javac"})
    assert java.source_name(source.encode()) == name


def test_a_language_is_offered_only_with_all_its_tools() -> None:
    for language in available_languages().values():
        assert set(language.tools) == set(language.file.tools)
        assert all(path in language.file.tools[tool] for tool, path in language.tools.items())
