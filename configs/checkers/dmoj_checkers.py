# DMOJ's own checkers, as its documentation describes them (https://docs.dmoj.ca/#/problem_format/checkers): what they say of an
# output, beside dmoj.py in the sandbox.
import collections
import re


class InternalError(Exception):
    pass


class CheckerResult:
    def __init__(self, passed, points, feedback=None, extended_feedback=None):
        self.passed, self.points, self.feedback, self.extended_feedback = passed, points, feedback, extended_feedback


def utf8bytes(text):
    return text.encode() if isinstance(text, str) else text


def utf8text(text, errors="strict"):
    return text.decode("utf-8", errors) if isinstance(text, bytes) else text


def lines_of(text):
    return [line for line in re.split(rb"[\r\n]", utf8bytes(text)) if line]


def standard(said, asked, **_):
    """The same words in the same lines; empty lines do not count."""
    return [line.split() for line in lines_of(said) if line.split()] == [
        line.split() for line in lines_of(asked) if line.split()
    ]


def identical(said, asked, pe_allowed=True, **_):
    if said == asked:
        return True
    is_close = pe_allowed and standard(said, asked)
    return CheckerResult(False, 0, "Presentation Error, check your whitespace" if is_close else None)


def easy(said, asked, **_):
    """The same characters, however often each is there, in any order and size."""
    one, other = (collections.Counter(re.sub(rb"\s+", b"", utf8bytes(text)).lower()) for text in (said, asked))
    return one == other


def in_any_order(said, asked, split_on="lines", **_):
    if split_on not in ("lines", "whitespace"):
        raise InternalError(f"split_on is {split_on!r}")
    if split_on == "whitespace":
        return sorted(utf8bytes(said).split()) == sorted(utf8bytes(asked).split())
    return sorted(line.split() for line in lines_of(said)) == sorted(line.split() for line in lines_of(asked))


def unordered(said, asked, **_):
    return in_any_order(said, asked, "whitespace")


def rstripped(said, asked, filter_new_line=False, **_):
    split = lines_of if filter_new_line else lambda text: re.split(rb"[\r\n]", utf8bytes(text))
    return [line.rstrip() for line in split(said)] == [line.rstrip() for line in split(asked)]


def linecount(said, asked, point_value=1.0, feedback=True, **_):
    """Points for each line that is right; all of them have to be for the verdict."""
    mine, theirs = lines_of(said), lines_of(asked)
    if len(mine) > len(theirs):
        return False
    if not theirs:
        return True
    right = [one.strip() == other.strip() for one, other in zip(mine, theirs)]
    right += [False] * (len(theirs) - len(right))
    told = "Case Feedback:\n" + "".join("\u2713" if one else "\u2717" for one in right)
    return CheckerResult(all(right), point_value * sum(right) / len(right), None, told if feedback else None)


linecount.run_on_error = True


def linematches(said, asked, point_value=1.0, point_distribution=(1,), filler_lines_required=True, **_):
    mine, theirs = lines_of(said), lines_of(asked)
    if len(theirs) != len(point_distribution) or not sum(point_distribution):
        raise InternalError("point_distribution does not go with what is expected")
    if filler_lines_required and len(mine) != len(theirs):
        return False
    points = sum(worth for one, other, worth in zip(mine, theirs, point_distribution) if one == other)
    return CheckerResult(points > 0, point_value * points / sum(point_distribution))


def floats(said, asked, precision=6, error_mode="default", **_):
    """The same words in the same lines; numbers may differ by 10 ** -precision."""
    within = 10.0 ** -int(precision)

    def close(mine, other):
        absolute, relative = abs(mine - other) <= within, abs(mine - other) <= within * abs(other)
        return {"absolute": absolute, "relative": relative, "default": absolute or relative}[error_mode]

    def same(mine, other):
        try:
            wanted = float(other)
        except ValueError:
            return mine == other
        try:
            return close(float(mine), wanted)
        except ValueError:
            return False

    mine, theirs = ([line.split() for line in lines_of(text)] for text in (said, asked))
    return [len(line) for line in mine] == [len(line) for line in theirs] and all(
        same(*words) for lines in zip(mine, theirs) for words in zip(*lines)
    )


def floats_absolute(said, asked, precision=6, **_):
    return floats(said, asked, precision, "absolute")


def floats_relative(said, asked, precision=6, **_):
    return floats(said, asked, precision, "relative")


CHECKERS = {
    "standard": standard, "identical": identical, "easy": easy, "sorted": in_any_order, "unordered": unordered,
    "rstripped": rstripped, "linecount": linecount, "linematches": linematches, "floats": floats,
    "floatsabs": floats_absolute, "floatsrel": floats_relative,
}  # fmt: skip
