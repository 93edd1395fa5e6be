"""Names for leaderboards: drawn ones that say nothing about anybody, and students' own."""

import random
import unicodedata
from collections.abc import Collection, Iterator

from lti_grader.core.errors import Unprocessable

MOST_CHARACTERS = 30
_LEAST_CHARACTERS = 2
_MANNERS = (
    "Amber", "Brave", "Bright", "Calm", "Clever", "Coral", "Cosmic", "Curious", "Daring", "Eager", "Early", "Fair", "Gentle",
    "Golden", "Happy", "Honest", "Humble", "Indigo", "Jolly", "Keen", "Kind", "Lively", "Lucky", "Mellow", "Merry", "Mighty",
    "Nimble", "Noble", "Patient", "Plucky", "Proud", "Quick", "Quiet", "Rapid", "Sharp", "Silver", "Steady", "Sunny",
    "Swift", "Witty",
)  # fmt: skip
_ANIMALS = (
    "Albatross", "Badger", "Beaver", "Bison", "Crane", "Dolphin", "Eagle", "Falcon", "Ferret", "Finch", "Gecko", "Gull",
    "Hare", "Hedgehog", "Heron", "Ibis", "Jackdaw", "Kestrel", "Lark", "Lemur", "Lynx", "Magpie", "Marmot", "Marten", "Moose",
    "Newt", "Octopus", "Orca", "Osprey", "Otter", "Owl", "Panda", "Pelican", "Puffin", "Raven", "Robin", "Seal", "Sparrow",
    "Squirrel", "Stork", "Swan", "Tern", "Tortoise", "Walrus", "Whale", "Wren", "Yak", "Zebra",
)  # fmt: skip


class BadName(Unprocessable):
    code = "bad_name"


def drawn(taken: Collection[str]) -> Iterator[str]:
    """Yield names in no order that anybody could retrace, none of which is taken.

    Parameters
    ----------
    taken
        As `folded` writes them.
    """
    chance = random.SystemRandom()
    left = [f"{manner} {animal}" for manner in _MANNERS for animal in _ANIMALS]
    chance.shuffle(left)
    yield from (one for one in left if folded(one) not in taken)
    for number in range(2, 1_000_000):
        chance.shuffle(left)
        yield from (name for one in left if folded(name := f"{one} {number}") not in taken)


def own(text: str) -> str:
    """Return a name that a student chose, as it is kept.

    Raises
    ------
    BadName
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not _LEAST_CHARACTERS <= len(name) <= MOST_CHARACTERS or not name.isprintable():
        raise BadName(f"A name has {_LEAST_CHARACTERS} to {MOST_CHARACTERS} characters, in one line.")
    if not any(one.isalnum() for one in name):
        raise BadName("A name has at least one letter or digit.")
    return name


def folded(name: str) -> str:
    """Return what two names have in common that could be taken for each other: letters without case and accents."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in apart if one.isalnum())
