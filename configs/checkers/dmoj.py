# A validator by Kattis's protocol that does what a checker of DMOJ's does, or asks one in Python that came with a problem.
# It is sent into the sandbox as it stands here: validator input answer feedback_folder checker [name=json ...] < output
import json
import os
import re
import sys
import types
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))


def lines_of(text):
    return [line for line in re.split(rb"[\r\n]", text) if line]


def easy(said, asked):
    """The same characters, however often each is there, in any order and size."""
    return Counter(re.sub(rb"\s+", b"", said).lower()) == Counter(re.sub(rb"\s+", b"", asked).lower())


def in_any_order(said, asked, split_on="lines"):
    if split_on == "whitespace":
        return sorted(said.split()) == sorted(asked.split())
    return sorted(line.split() for line in lines_of(said)) == sorted(line.split() for line in lines_of(asked))


def unordered(said, asked):
    return in_any_order(said, asked, "whitespace")


def rstripped(said, asked, filter_new_line=False):
    split = lines_of if filter_new_line else lambda text: re.split(rb"[\r\n]", text)
    return [line.rstrip() for line in split(said)] == [line.rstrip() for line in split(asked)]


def linecount(said, asked, feedback=True):
    """Points for each line that is right; all of them have to be for the verdict."""
    mine, theirs = lines_of(said), lines_of(asked)
    if len(mine) > len(theirs):
        return False
    right = sum(one.strip() == other.strip() for one, other in zip(mine, theirs))
    return right == len(theirs)


def linematches(said, asked, point_distribution=(1,), filler_lines_required=True):
    mine, theirs = lines_of(said), lines_of(asked)
    if len(theirs) != len(point_distribution) or not sum(point_distribution):
        raise ValueError("point_distribution does not go with what is expected")
    if filler_lines_required and len(mine) != len(theirs):
        return False
    points = sum(worth for one, other, worth in zip(mine, theirs, point_distribution) if one == other)
    return points / sum(point_distribution)


KNOWN = {
    "easy": easy,
    "sorted": in_any_order,
    "unordered": unordered,
    "rstripped": rstripped,
    "linecount": linecount,
    "linematches": linematches,
}


class CheckerResult:
    def __init__(self, passed, points, feedback=None, extended_feedback=None):
        self.passed, self.points, self.feedback = passed, points, feedback


def module(name, **values):
    made = types.ModuleType(name)
    made.__dict__.update(values)
    sys.modules[name] = made
    return made


def standard(judge_output, process_output, **_):
    return [line.split() for line in lines_of(process_output) if line.split()] == [
        line.split() for line in lines_of(judge_output) if line.split()
    ]


def asked_of_a_file(name, said, asked, given, options):
    """Ask the function `check` of a file that lies beside this one, as DMOJ's judge does."""
    module("dmoj")
    module("dmoj.result", CheckerResult=CheckerResult, Result=object)
    module("dmoj.error", InternalError=type("InternalError", (Exception,), {}))
    module("dmoj.utils")
    module(
        "dmoj.utils.unicode",
        utf8bytes=lambda text: text.encode() if isinstance(text, str) else text,
        utf8text=lambda text: text.decode() if isinstance(text, bytes) else text,
    )
    checkers = module("dmoj.checkers")
    checkers.standard = module("dmoj.checkers.standard", check=lambda said, asked, **_: standard(asked, said))
    module("dmoj._checker", standard=standard)
    place = os.path.join(HERE, name)
    space = {"__name__": "checker", "__file__": place}
    with open(place, "rb") as file:
        exec(compile(file.read(), name, "exec"), space)
    return space["check"](
        said,
        asked,
        judge_input=given,
        point_value=1.0,
        submission_source=b"",
        submission_language="",
        binary_data=False,
        execution_time=0.0,
        case_position=0,
        batch=0,
        problem_id="",
        **options,
    )


def main(given, answer, feedback, name, *options):
    with open(given, "rb") as file, open(answer, "rb") as other:
        given, asked = file.read(), other.read()
    said = sys.stdin.buffer.read()
    options = {key: json.loads(value) for key, _, value in (one.partition("=") for one in options)}
    if name in KNOWN:
        result = KNOWN[name](said, asked, **options)
    else:
        result = asked_of_a_file(name, said, asked, given, options)
    words, share = "", float(result if isinstance(result, (bool, int, float)) else 0)
    if isinstance(result, CheckerResult):
        words, share = result.feedback or "", result.points if result.passed else 0
    if words:
        with open(os.path.join(feedback, "teammessage.txt"), "w") as file:
            file.write(words)
    right = result.passed if isinstance(result, CheckerResult) else bool(result)
    if right:
        with open(os.path.join(feedback, "score_multiplier.txt"), "w") as file:
            file.write(repr(min(1.0, share)))
    sys.exit(42 if right else 43)


if __name__ == "__main__":
    main(*sys.argv[1:])
