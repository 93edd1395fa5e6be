"""Languages as they are described in configs/languages/."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from lti_grader.assignments.language_files import LanguageFile, read_language_files
from lti_grader.assignments.languages import Language, available_languages, missing_languages, use_folder
from lti_grader.cli import cli
from lti_grader.core.errors import SettingsError
from lti_grader.core.paths import project_folder
from lti_grader.core.settings import Settings
from lti_grader.grading.packages import LanguageMissing, language_named

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
        ("startup_ms", -1), ("processes", 0), ("run", "cat main.txt"), ("colour", "blue"), ("shows", ["/etc"]),
        ("shows", ["/proc/1"]), ("shows", ["/opt/../root"]),
    ],
)  # fmt: skip
def test_a_mistake_in_a_language_is_named(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        LanguageFile.model_validate(RIGHT | {key: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [key]


def test_the_doctor_says_what_can_be_judged_where_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for field in (*Settings.model_fields, "lti_grader_config"):
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("LTI_GRADER_STATE", str(tmp_path))
    done = CliRunner().invoke(cli, ["doctor"])
    assert done.exit_code == 1
    assert "DATABASE_URL: is not set" in done.output
    assert "ok       language python" in done.output
    assert "ok       sandbox" in done.output


def test_a_language_that_is_not_here_is_refused_with_how_to_get_it(tmp_path: Path) -> None:
    text = (project_folder("configs") / "languages" / "lua.toml").read_text()
    (tmp_path / "moon.toml").write_text(text.replace("/usr/", "/nowhere/"))
    use_folder(tmp_path)
    try:
        with pytest.raises(LanguageMissing, match=r"moon cannot be judged on this machine: .*apt-get install lua5\.4"):
            language_named("moon")
        with pytest.raises(LanguageMissing, match=r"none of the languages that are here: .*python"):
            language_named("marsian")
    finally:
        use_folder(None)


@pytest.mark.parametrize("key", ["label", "run", "tools", "artefacts"])
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        LanguageFile.model_validate({name: value for name, value in RIGHT.items() if name != key})


def test_commands_are_filled_with_tools_and_places() -> None:
    language = described(compile=["{cat}", "{source}"], run=["{cat}", "-m{memory_mb}", "{program}/main.txt"])
    assert language.compile_argv("main.txt", {}) == ["/bin/cat", "main.txt"]
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


SITE = """
label = "Zig"
highlight = "rust"
source = "main.zig"
tools.zig = ["/nowhere/zig"]
packages = ["zig"]
advice = "ask the help desk"
version = ["{zig}", "version"]
compile = ["/bin/sh", "-c", "PATH=${PATH} {zig} build-exe main.zig", "sh"]
artefacts = ["main"]
run = ["{program}/main"]
time_multiplier = 1.0
startup_ms = 0
memory_extra_kb = 0
processes = 16
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for a site's own languages; afterwards there are ours again."""
    yield tmp_path
    use_folder(None)


def test_a_site_adds_languages_by_a_folder_of_its_own(site: Path) -> None:
    (site / "zig.toml").write_text(SITE.replace("/nowhere/zig", "/bin/true"))
    use_folder(site)
    zig = available_languages()["zig"]
    assert zig.version_argv() == ["/bin/true", "version"]
    assert zig.compile_argv("main.zig", {})[2] == "PATH=${PATH} /bin/true build-exe main.zig"
    assert "python" in available_languages()


def test_a_language_that_is_not_here_says_what_is_missing_and_how_to_get_it(site: Path) -> None:
    (site / "zig.toml").write_text(SITE)
    use_folder(site)
    assert missing_languages()["zig"] == "there is no /nowhere/zig; apt-get install zig; ask the help desk"
    assert "zig" not in available_languages()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("zig.toml", "time_multiplier = 1.0", "time_multiplier = 0", "zig.toml needs your attention:\n  time_multiplier: "),
        ("zig.toml", 'label = "Zig"', 'lable = "Zig"', "  label: is not given\n  lable: is no key of a language"),
        ("zig.toml", '"{program}/main"', '"{programme}/main"', "  run: {programme} is none of tools, class, memory_mb, program"),
        ("zig.toml", 'label = "Zig"', 'label = "Zig', "zig.toml: "),
        ("Zig Lang.toml", "", "", "Zig Lang.toml: the name of the file is the language's id"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_sites_file_names_file_and_key(site: Path, name: str, old: str, new: str, said: str) -> None:
    (site / name).write_text(SITE.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        use_folder(site)
    assert said in str(caught.value)


def test_a_folder_that_is_not_there_is_named(site: Path) -> None:
    with pytest.raises(SettingsError, match=r"LANGUAGES_FOLDER: .*/gone is no folder"):
        use_folder(site / "gone")
