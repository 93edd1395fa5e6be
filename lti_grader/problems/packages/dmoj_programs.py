"""Programs of a DMOJ problem: checkers, interactors, generators and what calls the answer's functions."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from lti_grader.problems.harness import Harness, Template
from lti_grader.problems.packages import dmoj_python
from lti_grader.problems.packages.kattis_submissions import LANGUAGES
from lti_grader.problems.packages.package import AuthorsProgram, BadPackage

_CODES = {
    "C": "c", "C11": "c", "CPP": "cpp", "JAVA": "java", "PY": "python", "PYPY": "python", "RUST": "rust", "GO": "go", "PAS": "pascal",
    "MONOCS": "csharp", "CSC": "csharp", "V8JS": "javascript", "NODEJS": "javascript", "TS": "typescript", "KOTLIN": "kotlin", "RUBY": "ruby",
    "PERL": "perl", "PHP": "php", "LUA": "lua", "HASK": "haskell", "BASH": "bash", "OCTAVE": "octave",
    "ADA": "ada", "AWK": "awk", "GAWK": "awk", "F95": "fortran", "NASM64": "nasm",
}  # fmt: skip
_DEFINE = re.compile(r"-D\s*(\w+)(?:=(.*))?")
# That judge flushes what interactors write; without it they would wait for each other.
_UNBUFFERED = b"""\
#include <stdio.h>
__attribute__((constructor)) static void write_at_once(void) { setvbuf(stdout, NULL, _IONBF, 0); }
#line 1
"""
_SIGNATURE = """\
#define SIGNATURE_GRADER
{{ entry }}

{% if not allow_main %}#define main main_of_the_answer{% endif %}

{{ STUDENT_ANSWER }}
"""


def language_of(code: object) -> str | None:
    """Return the language that DMOJ calls by a code such as CPP17; None for one that is not known."""
    said = str(code).upper()
    if said in ("PY2", "PYPY2"):
        # A site may describe one of that name.
        return "python2"
    return _CODES.get(said) or _CODES.get(said.rstrip("0123456789"))


def program(
    files: Mapping[str, bytes], named: object, about: Mapping[str, Any], what: str, report: list[str]
) -> AuthorsProgram:
    """Return a program that init.yml names.

    Parameters
    ----------
    named
        Its file, or a list: those that are compiled, with headers.
    about
        What else is said of it: `lang` or `language`, `flags`, limits.
    what
        What it is, for messages.

    Raises
    ------
    BadPackage
        A file is missing, or its language is not known.
    """
    names = [str(one) for one in named] if isinstance(named, list) else [str(named)]
    if missing := [one for one in names if one not in files]:
        raise BadPackage(f"init.yml: there is no file {missing[0]}, which the {what} is in.")
    # The first is the program; others that are compiled are included by it, or nobody calls them.
    main = next((one for one in names if PurePosixPath(one).suffix in LANGUAGES), names[0])
    code = about.get("lang") or about.get("language")
    language = language_of(code) if code else ({".py2": "python2"} | LANGUAGES).get(PurePosixPath(main).suffix)
    if language is None:
        raise BadPackage(f"init.yml: the {what} {main} is in a language that is not known here.")
    source = _defined(files[main], list(about.get("flags") or []), language, what, report)
    seconds, memory = about.get("time_limit"), about.get("memory_limit")
    return AuthorsProgram(
        main, language, source,
        {PurePosixPath(one).name: files[one] for one in names if one != main} | _headers(files, names),
        cpu_ms=int(Decimal(str(seconds)) * 1000) if seconds else None, memory_kb=int(memory) if memory else None,
    )  # fmt: skip


def _headers(files: Mapping[str, bytes], names: Sequence[str]) -> dict[str, bytes]:
    # testlib.h need not be named: DMOJ's judge has it.
    return {"testlib.h": files["testlib.h"]} if "testlib.h" in files and "testlib.h" not in names else {}


def _defined(source: bytes, flags: Sequence[object], language: str, what: str, report: list[str]) -> bytes:
    """Return a source in which stands what options of a compiler would define."""
    lines = []
    for flag in map(str, flags):
        found = _DEFINE.fullmatch(flag)
        if found is None or language not in ("c", "cpp"):
            report.append(f"The {what}'s compiler is called with {flag} there, and not here.")
            continue
        lines.append(f"#define {found[1]} {found[2] if found[2] is not None else 1}\n")
    return "".join(lines).encode() + (b"#line 1\n" if lines else b"") + source


def checker(files: Mapping[str, bytes], said: object, points: set[Decimal], report: list[str]) -> dict[str, Any]:
    """Return the checker that init.yml names.

    Parameters
    ----------
    points
        What single tests are worth.

    Raises
    ------
    BadPackage
    """
    about: dict[str, Any] = said if isinstance(said, dict) else {"name": said}
    name, args = str(about.get("name") or "standard"), dict(about.get("args") or {})
    if name == "standard":
        return {"kind": "tokens", "line_sensitive": True}
    if name == "identical":
        return {"kind": "exact"}
    if name in ("floats", "floatsabs", "floatsrel"):
        return _floats(name, args)
    if name == "bridged":
        made = program(files, args.get("files"), args, "checker", report)
        return _validator(made, args, points)
    if name == "linecount":
        report.append("The checker linecount also gives points for lines of a wrong output; here that gives none.")
    if name in dmoj_python.NAMED:
        return dmoj_python.named(name, args)
    if name.endswith(".py") and name in files:
        return dmoj_python.checker(files, name, args, points, report)
    raise BadPackage(f"init.yml: there is no checker {name!r} here, and no file of that name.")


def _floats(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    tolerance = 10.0 ** -int(args.get("precision", 6))
    mode = {"floatsabs": "absolute", "floatsrel": "relative"}.get(name, args.get("error_mode", "default"))
    config: dict[str, Any] = {"kind": "float", "absolute": tolerance, "relative": tolerance, "line_sensitive": True}
    if mode in ("absolute", "relative"):
        config["relative" if mode == "absolute" else "absolute"] = 0.0
    return config


def _validator(made: AuthorsProgram, args: Mapping[str, Any], points: set[Decimal]) -> dict[str, Any]:
    kind = str(args.get("type") or "default")
    protocol = {"default": "dmoj"}.get(kind, kind)
    if protocol not in ("dmoj", "testlib", "coci", "peg"):
        raise BadPackage(
            f"init.yml: programs of the type {kind!r} are not known here: default, testlib, coci and peg are."
        )
    config: dict[str, Any] = {
        "kind": "validator", "language": made.language, "source": made.source.decode(errors="replace"),
        "beside": {name: text.decode(errors="replace") for name, text in made.beside.items()}, "protocol": protocol,
    }  # fmt: skip
    if said := args.get("args_format_string"):
        places = {f"{{{name}_file}}": f"{{{name}}}" for name in ("input", "output", "answer")}
        words = re.findall(r'"([^"]*)"|(\S+)', str(said))
        config["arguments"] = [
            re.sub(r"\{\w+_file\}", lambda found: places.get(found[0], found[0]), quoted or plain)
            for quoted, plain in words
        ]
    if protocol == "testlib" and len(points) == 1 and max(points) > 0:
        # Its points are those of the test.
        config["full_score"] = str(max(points))
    return config


def interactor(files: Mapping[str, bytes], about: Mapping[str, Any], report: list[str]) -> dict[str, Any]:
    """Return the checker that an interactor is.

    Raises
    ------
    BadPackage
    """
    made = program(files, about.get("files"), about, "interactor", report)
    if made.language in ("c", "cpp") and about.get("unbuffered", True):
        made = dataclasses.replace(made, source=_UNBUFFERED + made.source)
    return {**_validator(made, about, set()), "interactive": True}


def signature(
    files: Mapping[str, bytes], about: Mapping[str, Any], report: list[str]
) -> tuple[Harness, dict[str, bytes]]:
    """Return how an answer is called that is functions only, and the files that this needs.

    Raises
    ------
    BadPackage
    """
    entry, header = str(about.get("entry")), str(about.get("header"))
    for name in (entry, header):
        if name not in files:
            raise BadPackage(f"init.yml: there is no file {name}, which its signature_grader names.")
    report.append(
        f"{entry} and the answer are one program here, in C or C++: names that both have at their top are told as mistakes."
    )
    name = PurePosixPath(header).name
    parameters = {"entry": files[entry].decode(errors="replace"), "allow_main": bool(about.get("allow_main"))}
    text = f'#include "{name}"\n{_SIGNATURE}'
    harness = Harness(
        templates={one: Template(text=text) for one in ("c", "cpp")}, parameters=parameters, files={name: name}
    )
    return harness, {name: files[header]}
