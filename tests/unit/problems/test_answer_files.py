"""Several files as one text, and as an archive: what is kept, and what is refused in which words."""

import io
import stat
import zipfile

import pytest

from lti_grader.problems.answer_archives import unpacked
from lti_grader.problems.answer_files import (
    MOST_BYTES,
    BadFiles,
    TooManyBytes,
    check,
    parsed,
    read,
    shown_files,
    written,
)
from lti_grader.problems.harness import AnswerFiles, Harness

ANY = AnswerFiles()


def test_files_are_one_text_that_is_the_same_for_the_same_files() -> None:
    files = {"src/Main.java": "class Main {} // é\r\n".encode(), "images/a.png": b"\x89PNG\xff\0"}
    text = written(files)
    assert text.startswith('{"files":{"images/a.png":{"base64":"iVBOR/8A')
    assert "é\\r\\n" in text
    assert parsed(text) == files
    assert list(parsed(text) or ()) == sorted(files)
    # What a page sends as binary though it is text is kept as text, and names have one order.
    assert written(parsed('{"files": {"b.txt": {"base64": "aGk="}, "a.txt": ""}}') or {}) == (
        '{"files":{"a.txt":"","b.txt":"hi"}}'
    )


@pytest.mark.parametrize(
    "text", ["print(1)", "", "{", '{"files": 3}', '{"files": {"a": 1}}', '{"files": {}, "more": 1}', "[" * 99_999]
)
def test_any_other_text_is_one_file_of_the_usual_name(text: str) -> None:
    assert read(text, "main.py") == {"main.py": text.encode()}


def packed(files: dict[str, bytes], **links: str) -> bytes:
    with zipfile.ZipFile(made := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name, target in links.items():
            link = zipfile.ZipInfo(name)
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, target)
    return made.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_was_damaged_is_refused_however_it_was_packed(method: int) -> None:
    with zipfile.ZipFile(made := io.BytesIO(), "w", method) as archive:
        archive.writestr("main.py", bytes(range(256)) * 40)
    whole = made.getvalue()
    refused = 0
    for place in range(37, len(whole) - 80):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        try:
            # Some bytes of a header mean nothing: then it is the archive that it was.
            assert unpacked(damaged, ANY) == unpacked(whole, ANY)
        except BadFiles as error:
            refused += "no ZIP archive that can be read" in error.message
    assert refused > 100


def test_a_project_is_unpacked_without_its_folder_and_what_machines_left_in_it() -> None:
    given = {
        "proj/src/Main.java": b"class Main {}", "proj/src/Main.class": b"\xca\xfe", "proj/.git/config": b"", "proj/.git/HEAD": b"",
        "__MACOSX/proj/._x": b"", "proj/u\u0308ber.txt": b"x", "proj/.gitignore": b"*",
    }  # fmt: skip
    found = unpacked(packed(given), ANY)
    assert dict(found.files) == {"src/Main.java": b"class Main {}", "\u00fcber.txt": b"x"}
    assert {one.name: one.why for one in found.left_out} == {
        "__MACOSX": "macOS puts it there", "proj/.git": "it is version control's", "proj/.gitignore": "its name begins with a dot",
        "proj/src/Main.class": "a compiler makes it",
    }  # fmt: skip
    kept = unpacked(packed({"src/Main.java": b"x"}), AnswerFiles(required=["src/Main.java"]))
    assert list(kept.files) == ["src/Main.java"]
    some = unpacked(packed({"A.java": b"x", "notes.md": b"y"}), AnswerFiles(endings=[".java"]))
    assert list(some.files) == ["A.java"]
    assert [one.why for one in some.left_out] == ["files end in .java here"]


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"PK nonsense", "no ZIP archive that can be read"),
        (packed({"../x.py": b""}), "leads out of this archive"),
        (packed({"a/../../x.py": b""}), "leads out of this archive"),
        (packed({"/etc/x.py": b""}), "leads out of this archive"),
        (packed({}, secret="/etc/passwd"), "is a link"),
        (packed({"bomb.txt": b"\0" * 50_000_000}), "The largest is bomb.txt with 50,000,000"),
        (packed({f"{number}.py": b"" for number in range(21)}), "holds 21 files; at most 20"),
        (packed({"Thumbs.db": b""}), "There is no file in this archive"),
        (packed({"a?.py": b"", "b.py": b""}), "The name 'a?.py' must be names of letters"),
        (packed({"a.py": b"", "A.py": b""}), "a.py and A.py differ only in capital letters"),
    ],
)  # fmt: skip
def test_an_archive_that_cannot_be_taken_is_refused_with_what_to_do(archive: bytes, words: str) -> None:
    with pytest.raises((BadFiles, TooManyBytes)) as refused:
        unpacked(archive, ANY)
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "nothing in your files"),
        ({"Main.java": " \n"}, "nothing in your files"),
        ({"../x.java": "x"}, "must be names of letters"),
        ({"/x.java": "x"}, "must be names of letters"),
        ({"/".join("a" * 9) + ".java": "x"}, "at most 8 deep"),
        ({"Shape.java": "x"}, "Main.java is missing"),
        ({"Main.java": "x", "x.py": "x"}, "x.py cannot be handed in: files end in .java here"),
        ({"Main.java": "x", "numbers.JAVA": "x"}, "cannot be handed in"),
        ({"Main.java": "x", "Given.java": "x"}, "Given.java is a file of the problem"),
        ({"Main.java": "x", "given.java": "x"}, "given.java is a file of the problem"),
        ({"Main.java": "x", "Main.java/a.java": "x"}, "is a file and a folder at once"),
        ({"Main.java": "x", "a.java": "", "b.java": "", "c.java": ""}, "at most 3 are taken"),
        ({"Main.java": "x", "big.java": "x" * MOST_BYTES}, "The largest is big.java"),
    ],
)  # fmt: skip
def test_files_that_are_no_answer_are_refused_with_what_to_do(files: dict[str, str], words: str) -> None:
    wanted = AnswerFiles(most=3, required=["Main.java"], endings=[".java"])
    with pytest.raises((BadFiles, TooManyBytes)) as refused:
        check({name: text.encode() for name, text in files.items()}, wanted, ["Given.java"])
    assert words in refused.value.message


def test_what_does_not_come_in_whole_names_its_file() -> None:
    with pytest.raises(BadFiles, match=r"a\.png did not come in whole"):
        parsed('{"files":{"a.png":{"base64":"!"}}}')
    with pytest.raises(BadFiles, match=r"a\.py, line 2, has a character"):
        parsed('{"files":{"a.py":"x\\n\\ud800"}}')


def test_students_hear_of_the_files_that_they_may_see() -> None:
    harness = Harness.model_validate(
        {
            "files": {"data.csv": "x", "test_seen.py": "x", "test_secret.py": "x"},
            "unit_tests": {"runner": "pytest", "tests": {"test_seen.py": "visible", "test_secret.py": "hidden"}},
        }
    )
    assert shown_files(harness) == ["data.csv", "test_seen.py"]


@pytest.mark.parametrize(
    "config",
    [
        {"answer_files": {"most": 1, "required": ["a.py", "b.py"]}},
        {"answer_files": {"main": "Main.java", "endings": [".py"]}},
        {"answer_files": {"required": ["../a.py"]}},
        {"answer_files": {"main": "data.csv"}, "files": {"data.csv": "x"}},
        {"answer_files": {}, "files": {"t.py": "x"}, "unit_tests": {"runner": "notebook", "answer": "a.ipynb", "tests": {"t.py": "hidden"}}},
    ],
)  # fmt: skip
def test_what_no_answer_could_meet_is_no_harness(config: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"required|ends in none|must be names|asked of students|either a notebook"):
        Harness.model_validate(config)
