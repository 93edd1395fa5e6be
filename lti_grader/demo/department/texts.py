"""The same program in several hands: other names, a remark here and there; what it does stays the same."""

import functools
import random
import re

from lti_grader.demo.department.catalogue import Program

STYLES = 4
"""In how many hands each program is kept: with seven or eight programs a problem, some thirty texts."""
_NAMES = {
    "values": ("numbers", "nums", "xs"),
    "value": ("number", "num", "x"),
    "total": ("result", "res", "s"),
    "best": ("answer", "ans", "b"),
    "rows": ("table", "grid", "lines"),
    "row": ("current", "cur", "r"),
    "words": ("parts", "ws", "tokens"),
    "word": ("part", "w", "token"),
    "sign": ("letter", "ch", "c"),
    "seen": ("found", "counts", "d"),
    "near": ("graph", "adj", "g"),
    "far": ("distance", "dist", "steps"),
    "heap": ("queue", "pq", "h"),
    "last": ("previous", "prev", "p"),
    "tails": ("ends", "lis", "t"),
    "coins": ("kinds", "cs", "coin_list"),
}
_REMARKS = ("read the input", "my solution", "TODO: tidy up", "as in the lecture")


@functools.cache
def text(program: Program, style: int) -> str:
    """Return a program as one of its hands writes it; 0 is the one it was judged in.

    Names are changed only where the new one does not stand in the program already.
    """
    if style == 0:
        return program.text
    rng = random.Random(f"{program.name}:{style}")
    found = program.text
    for name, others in _NAMES.items():
        other = others[(style - 1) % len(others)]
        if re.search(rf"\b{name}\b", found) and not re.search(rf"\b{other}\b", found):
            found = _renamed(found, name, other)
    mark = "#" if program.language == "python" else "//"
    return f"{mark} {rng.choice(_REMARKS)}\n{found}" if style % 2 else found


def _renamed(program: str, name: str, other: str) -> str:
    """Rename outside of what stands in quotes; members such as `Main.values` keep their names."""
    pieces = re.split(r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""", program)
    return "".join(
        piece if place % 2 else re.sub(rf"(?<![.\w]){name}\b", other, piece) for place, piece in enumerate(pieces)
    )
