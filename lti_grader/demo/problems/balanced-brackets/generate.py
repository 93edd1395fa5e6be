"""The tests of this problem: (group, points, visibility, name, input)."""

import random

_PAIRS = {"(": ")", "[": "]", "{": "}"}


def tests() -> list[tuple[str, int, str, str, str]]:
    """Return the tests in their order; the same every time."""
    dice = random.Random(11)

    def balanced(length: int) -> str:
        text, waiting = [], []
        while len(text) + len(waiting) < length:
            if waiting and dice.random() < 0.45:
                text.append(waiting.pop())
            else:
                opening = dice.choice("([{")
                text.append(opening)
                waiting.append(_PAIRS[opening])
        return "".join(text + waiting[::-1])

    def spoilt(length: int) -> str:
        text = list(balanced(length))
        place = dice.randrange(len(text))
        text[place] = dice.choice([sign for sign in "()[]{}" if sign != text[place]])
        return "".join(text)

    def file(lines: list[str]) -> str:
        return f"{len(lines)}\n" + "\n".join(lines) + "\n"

    return [
        ("Samples", 0, "sample", "The example", file(["()[]{}", "([)]", "{[()]}", "(("])),
        ("Order", 5, "visible", "Closing first", file([")(", "][", "}{", "())("])),
        ("Order", 5, "visible", "Mixed kinds", file(["(]", "[(])", "{[(])}", "([{}])"])),
        ("Order", 5, "hidden", "A hundred short ones", file([balanced(8) if i % 2 else spoilt(8) for i in range(100)])),
        ("Length", 5, "hidden", "Long and balanced", file([balanced(100_000) for _ in range(5)])),
        ("Length", 5, "hidden", "Long and spoilt", file([spoilt(100_000) for _ in range(5)])),
        ("Length", 5, "hidden", "Deep", file(["(" * 50_000 + ")" * 50_000, "[" * 100_000])),
    ]
