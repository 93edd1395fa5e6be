"""The one way in: what is in a file is found out from what is in it."""

import io
import zipfile
from collections.abc import Mapping

import pytest

from lti_grader.problems.packages import formats
from lti_grader.problems.packages.formats import Format
from lti_grader.problems.packages.package import BadPackage, Package, Refused

KATTIS = {"problem.yaml": "name: Small\n", "data/secret/1.in": "1\n", "data/secret/1.ans": "2\n"}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    with zipfile.ZipFile(packed := io.BytesIO(), "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def inside(folder: str, files: Mapping[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def test_a_package_is_known_by_what_is_in_it() -> None:
    found = formats.read_upload("Doubling.zip", zipped(inside("around", KATTIS) | {"__MACOSX/around/._x": "rubbish"}))
    assert (found.format, [one.title for one in found.problems]) == (Format.KATTIS, ["Small"])
    assert isinstance(found.problems[0], Package)
    assert found.problems[0].slug == "doubling"


def test_problems_in_folders_beside_each_other_are_all_read() -> None:
    broken = {"problem.yaml": "name: Broken\n"}
    files = inside("week1/one", KATTIS) | inside("week1/two", broken) | {"week1/one/attic/problem.yaml": "name: Old\n"}
    one, two = formats.read_upload("course.zip", zipped(files)).problems
    assert isinstance(one, Package)
    assert (one.slug, one.title) == ("one", "Small")
    assert isinstance(two, Refused)
    assert (two.title, two.why) == ("two", "It has no tests below data/secret or data/sample.")


def test_what_is_of_no_format_says_what_each_is_known_by() -> None:
    with pytest.raises(BadPackage, match=r"notes is of no format that is known here: there is no .*problem\.yaml"):
        formats.read_upload("notes.zip", zipped({"notes.txt": "nothing"}))
    with pytest.raises(BadPackage, match="no ZIP archive"):
        formats.read_upload("notes.zip", b"nothing")


def test_an_archive_whose_content_was_damaged_is_refused_in_words() -> None:
    with zipfile.ZipFile(packed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("problem.yaml", "name: " + "Small " * 100)
    damaged = bytearray(packed.getvalue())
    damaged[45:50] = b"\xff" * 5
    with pytest.raises(BadPackage, match="no ZIP archive that can be read"):
        formats.read_upload("small.zip", bytes(damaged))


def test_an_archive_that_unpacks_to_too_much_is_refused_before_anything_of_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lti_grader.problems.packages.files.MOST_BYTES", 1000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(BadPackage, match="at most"):
        formats.read_upload("small.zip", zipped(KATTIS | {"data/secret/2.in": "0" * 1000}))


def test_a_description_in_another_encoding_is_refused_with_what_to_do() -> None:
    with pytest.raises(BadPackage, match=r"problem\.yaml is no text in UTF-8: save it as that"):
        formats.read_upload("small.zip", zipped(KATTIS | {"problem.yaml": "name: Sümme\n".encode("latin-1")}))


@pytest.mark.parametrize(
    "strange", [KATTIS | {"problem.yaml": "name: Small\ntype: [[1]]\n"}, {"init.yml": "test_cases: [{batched: }]"}]
)
def test_what_is_of_another_kind_than_the_format_says_is_refused_alone(strange: dict[str, str]) -> None:
    right = {"init.yml": "test_cases: [{in: 1, out: 1}]", "1": ""} if "init.yml" in strange else KATTIS
    one, two = formats.read_upload("course.zip", zipped(inside("odd", strange) | inside("right", right))).problems
    assert isinstance(two, Package)
    assert isinstance(one, Refused)
    assert "odd is of another kind than its format says" in one.why


def test_an_autograder_says_what_a_site_has_to_install() -> None:
    setup = "#!/bin/bash\napt-get -y install python3-numpy\npip3 install gradescope-utils\n"
    files = {"run_autograder": "#!/bin/bash\npip3 install x\n", "setup.sh": setup, "lib/a.py": "1"}
    found = formats.read_upload("hw1.zip", zipped(inside("hw1", files)))
    [package] = found.problems
    assert found.format is Format.GRADESCOPE
    assert isinstance(package, Package)
    assert [one.partition(":")[2] or one for one in package.report[3:]] == [
        " apt-get -y install python3-numpy; pip3 install gradescope-utils",
        " there is no network where it runs.",
    ]
    with zipfile.ZipFile(io.BytesIO(package.files["autograder.zip"])) as packed:
        assert set(packed.namelist()) == set(files)
