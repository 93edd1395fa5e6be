"""Kattis and ICPC problem packages, legacy and 2025-09 (https://www.kattis.com/problem-package-format)."""

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import PurePosixPath
from typing import Any

import yaml

from lti_grader.problems.models import Visibility
from lti_grader.problems.operations import DraftTest
from lti_grader.problems.packages import kattis_left_out, unit_tests
from lti_grader.problems.packages.kattis_groups import groups_of
from lti_grader.problems.packages.kattis_included import included, with_constants
from lti_grader.problems.packages.kattis_submissions import EXPECTATIONS, LANGUAGES, submissions_of
from lti_grader.problems.packages.latex import to_markdown
from lti_grader.problems.packages.package import BadPackage, Package

_LEGACY_MEMORY_MIB = 2048
_CANNOT = {
    "submit-answer": "takes answers in place of programs",
}


@dataclasses.dataclass
class _Reading:
    """A package that is being read, and what was found missing meanwhile."""

    files: Mapping[str, bytes]
    about: Mapping[str, Any]
    report: list[str]

    @property
    def is_legacy(self) -> bool:
        return str(self.about.get("problem_format_version", "legacy")) == "legacy"

    @property
    def kinds(self) -> set[str]:
        said = self.about.get("type", "pass-fail")
        kinds = set(said) if isinstance(said, list) else set(str(said).split())
        validated = set(str(self.about.get("validation", "")).split())
        return kinds | validated & {"interactive", "multi-pass"} | ({"scoring"} if "score" in validated else set())


def read(slug: str, files: Mapping[str, bytes]) -> Package:
    """Read a package.

    Parameters
    ----------
    slug
        What it is called where it comes from, such as its folder's name.
    files
        Its files, as `files.read_files` returns them.

    Raises
    ------
    BadPackage
        It is none, or of a kind that cannot be judged here; the message says which file or which kind.
    """
    if "problem.yaml" not in files:
        raise BadPackage("This is no Kattis package: it has no problem.yaml at its top.")
    about = document(files, "problem.yaml")
    files = with_constants(files, about)
    reading = _Reading(files, about, [])
    for kind, words in _CANNOT.items():
        if kind in reading.kinds:
            raise BadPackage(f"This problem {words}, which cannot be judged here yet.")
    limits = reading.about.get("limits") or {}
    if not isinstance(limits, dict):
        raise BadPackage(f"problem.yaml: limits is {limits!r}, and has to hold names with values.")
    checker = _checker(reading)
    is_scoring = "scoring" in reading.kinds
    statement, shown = _statement(reading)
    has_unit_tests = f"{unit_tests.FOLDER}/{unit_tests.DESCRIPTION}" in files
    groups = (
        []
        if has_unit_tests
        else groups_of(files, _tests(files), reading.report, is_scoring=is_scoring, is_legacy=reading.is_legacy)
    )
    if is_scoring and checker["kind"] == "validator":
        checker = {**checker, "full_score": str(_full_score(files))}
    described = functools.partial(document, files)
    harness, given, losses = included(files)
    losses += kattis_left_out.losses(files, reading.about, described, _flags(reading))
    keywords = reading.about.get("keywords") or []
    package = Package(
        slug=re.sub(r"[^a-z0-9-]+", "-", slug.lower()).strip("-") or "problem",
        title=_title(reading.about.get("name"), slug),
        statement=statement,
        pictures=shown,
        groups=groups,
        checker=checker,
        cpu_ms=_time_limit(reading, limits),
        memory_kb=int(_number(limits.get("memory"), _LEGACY_MEMORY_MIB, "limits.memory") * 1024),
        submissions=submissions_of(files, reading.report, document(files, EXPECTATIONS)),
        time_multiplier=_multiplier(limits, is_legacy=reading.is_legacy),
        report=[*reading.report, *kattis_left_out.notes(files, reading.about, described), *losses],
        losses=losses,
        tags=[str(one) for one in keywords] if isinstance(keywords, list) else str(keywords).split(),
        harness=harness,
        files=given,
    )
    if has_unit_tests:
        listed = document(files, f"{unit_tests.FOLDER}/{unit_tests.DESCRIPTION}")
        package = unit_tests.with_unit_tests(package, listed, given | unit_tests.beside(files))
    if unit_tests.CHECKS in files:
        package = unit_tests.with_checks(package, document(files, unit_tests.CHECKS))
    return package


def document(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    """Return a YAML file of a package, {} where it is not there.

    Raises
    ------
    BadPackage
        It is not YAML, or no mapping.
    """
    try:
        found = yaml.safe_load(files.get(name, b"")) or {}
    except yaml.reader.ReaderError as error:
        raise BadPackage(f"{name} is no text in UTF-8: save it as that. ({error})") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise BadPackage(f"{name} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise BadPackage(f"{name} holds no names with values.")
    # Some packages have a space before the colon.
    return {str(key).strip(): value for key, value in found.items()}


def _title(name: object, slug: str) -> str:
    if isinstance(name, dict):
        name = name.get("en") or next(iter(name.values()), None)
    return str(name or slug)[:250]


def _number(value: object, usual: float, what: str) -> Decimal:
    try:
        found = Decimal(str(usual if value is None else value))
    except InvalidOperation:
        raise BadPackage(f"problem.yaml: {what} is {value!r}, and has to be a number.") from None
    if not found.is_finite() or found <= 0:
        raise BadPackage(f"problem.yaml: {what} is {value!r}, and has to be more than 0.")
    return found


def _time_limit(reading: _Reading, limits: Mapping[str, Any]) -> int | None:
    seconds = limits.get("time_limit")
    if seconds is None and ".timelimit" in reading.files:
        seconds = reading.files[".timelimit"].decode(errors="replace").strip() or None
    return None if seconds is None else int(_number(seconds, 1, "limits.time_limit") * 1000)


def _multiplier(limits: Mapping[str, Any], *, is_legacy: bool) -> Decimal:
    if is_legacy:
        return _number(limits.get("time_multiplier"), 5, "limits.time_multiplier")
    given = limits.get("time_multipliers") or {}
    return _number(given.get("ac_to_time_limit"), 2, "limits.time_multipliers.ac_to_time_limit")


def _statement(reading: _Reading) -> tuple[str, dict[str, bytes]]:
    """Return the statement in Markdown, with the pictures that it may show by their names."""
    found = sorted(
        name
        for name in reading.files
        if re.fullmatch(r"(problem_statement|statement)/problem(\.[a-zA-Z-]+)?\.(md|tex)", name)
    )
    english = [name for name in found if ".en." in name or name.count(".") == 1] or found
    chosen = next((name for name in english if name.endswith(".md")), next(iter(english), None))
    if chosen is None:
        reading.report.append("It has no statement in Markdown or LaTeX: write one before it is published.")
        return "", {}
    if len(found) > 1:
        others = ", ".join(name for name in found if name != chosen)
        reading.report.append(f"Of its statements {chosen} is kept; left out: {others}.")
    text = reading.files[chosen].decode(errors="replace")
    shown = kattis_left_out.pictures(reading.files)
    if chosen.endswith(".tex"):
        reading.report.append(f"{chosen} is LaTeX: it is put into Markdown, and wants to be looked over.")
        return to_markdown(text, reading.report.append, shown), shown
    return text, shown


def _tests(files: Mapping[str, bytes]) -> Mapping[str, list[DraftTest]]:
    """Return the tests by the folder below data/ that they are in, in their order."""
    found: dict[str, list[DraftTest]] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        # Other folders there hold what its author's validators are tried with.
        if (
            path.suffix != ".in"
            or len(path.parts) < 3
            or path.parts[:2] not in (("data", "sample"), ("data", "secret"))
        ):
            continue
        answer = name.removesuffix(".in") + ".ans"
        if answer not in files:
            raise BadPackage(f"{name} has no answer beside it: {answer} is missing.")
        folder = "/".join(path.parts[1:-1])
        seen = Visibility.SAMPLE if path.parts[1] == "sample" else Visibility.HIDDEN
        found.setdefault(folder, []).append(DraftTest(path.stem, files[name], files[answer], seen))
    if not found:
        raise BadPackage("It has no tests below data/secret or data/sample.")
    return found


def _flags(reading: _Reading) -> list[str]:
    said = reading.about.get("validator_flags") or ""
    for name in (
        "data/testdata.yaml",
        "data/test_group.yaml",
        "data/secret/testdata.yaml",
        "data/secret/test_group.yaml",
    ):
        group = document(reading.files, name)
        said = group.get("output_validator_flags", group.get("output_validator_args", said))
    if not said:
        # What every group says for itself holds for all.
        groups = [
            document(reading.files, name)
            for name in sorted(reading.files)
            if re.match(r"data/.+/test_group\.yaml$", name)
        ]
        each = [one["output_validator_args"] for one in groups if "output_validator_args" in one]
        said = each[0] if each and all(one == each[0] for one in each) else said
    return [str(one) for one in said] if isinstance(said, list) else str(said).split()


def _checker(reading: _Reading) -> dict[str, Any]:
    flags = _flags(reading)
    sources = {
        name.split("/", 1)[1]: content
        for name, content in reading.files.items()
        if name.startswith(("output_validators/", "output_validator/"))
    }
    is_custom = "custom" in str(reading.about.get("validation", "")).split() or (
        not reading.is_legacy and bool(sources)
    )
    if "interactive" in reading.kinds and not is_custom:
        raise BadPackage("This problem is interactive, and has no output validator that could talk with a program.")
    if "multi-pass" in reading.kinds and not is_custom:
        raise BadPackage("This problem has several passes, and no output validator that could ask for the next one.")
    if not is_custom:
        return _default_checker(flags)
    checker = _validator(sources, flags) | ({"interactive": True} if "interactive" in reading.kinds else {})
    if "multi-pass" in reading.kinds:
        limits = reading.about.get("limits") or {}
        checker["passes"] = int(_number(limits.get("validation_passes"), 2, "limits.validation_passes"))
    return checker


def _default_checker(flags: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {"kind": "tokens", "case_sensitive": False}
    left = list(flags)
    while left:
        flag = left.pop(0)
        if flag == "case_sensitive":
            config["case_sensitive"] = True
        elif flag == "space_change_sensitive":
            config["space_sensitive"] = True
        elif flag in ("float_tolerance", "float_absolute_tolerance", "float_relative_tolerance") and left:
            try:
                value = float(left.pop(0))
            except ValueError:
                raise BadPackage(f"problem.yaml: the flag {flag} has no number behind it.") from None
            if flag != "float_relative_tolerance":
                config["absolute"] = value
            if flag != "float_absolute_tolerance":
                config["relative"] = value
        else:
            raise BadPackage(f"problem.yaml: the default validator has no flag {flag!r}.")
    return config


def _validator(sources: Mapping[str, bytes], flags: Sequence[str]) -> dict[str, Any]:
    """Return the checker that the package's own validator is."""
    programs = {PurePosixPath(name).parts[0] for name in sources}
    if len(programs) > 1 and all("/" in name for name in sources):
        raise BadPackage(f"It has several output validators ({', '.join(sorted(programs))}); one can be used.")
    texts = {PurePosixPath(name).name: content.decode(errors="replace") for name, content in sources.items()}
    known = {name: LANGUAGES[PurePosixPath(name).suffix] for name in texts if PurePosixPath(name).suffix in LANGUAGES}
    mains = [name for name in known if re.search(r"\bmain\s*\(|__main__|sys\.exit|\bexit\(", texts[name])] or list(
        known
    )
    if len(mains) != 1:
        raise BadPackage(
            "Its output validator is no single program in C, C++, Java, JavaScript or Python: "
            + (", ".join(sorted(texts)) or "there is none")
        )
    beside = {name: text for name, text in texts.items() if name != mains[0]}
    return {
        "kind": "validator", "language": known[mains[0]], "source": texts[mains[0]], "beside": beside,
        "flags": list(flags),
    }  # fmt: skip


def _full_score(files: Mapping[str, bytes]) -> Decimal:
    """Return the most that a validator's score of one test can be."""
    said = str(document(files, "data/secret/testdata.yaml").get("range", "")).split()
    return _number(said[-1] if len(said) == 2 and said[-1] not in ("+inf", "inf") else None, 100, "range")
