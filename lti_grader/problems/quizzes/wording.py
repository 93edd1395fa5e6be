"""Words beside the forms in which they are accepted. Patterns run in time that grows with the answer, and never explode."""

import functools
import re
import unicodedata
from typing import Any

import re2

from lti_grader.problems.quizzes.form import Accepted, Wording

MOST_PATTERN = 500


def accepted_form(answer: str, wording: Wording) -> Accepted | None:
    """Return the form of those accepted that an answer has; of several the one that is worth most, None for none."""
    said = folded(answer, wording)
    fitting = [one for one in wording.accepted if said and _fits(said, one, wording)]
    return max(fitting, key=lambda one: one.share, default=None)


def folded(text: str, wording: Wording) -> str:
    """Return a text without what does not count in it."""
    text = unicodedata.normalize("NFC", text)
    if not wording.spaces:
        text = re.sub(r"\s+", " ", text).strip()
    if not wording.accents:
        parts = unicodedata.normalize("NFD", text)
        text = unicodedata.normalize("NFC", "".join(one for one in parts if not unicodedata.combining(one)))
    return text if wording.case else text.casefold()


def _fits(said: str, accepted: Accepted, wording: Wording) -> bool:
    if not accepted.pattern:
        return folded(accepted.text, wording) == said
    pattern = _compiled(accepted.text, case=wording.case)
    return pattern is not None and pattern.fullmatch(said) is not None


def pattern_trouble(text: str) -> str:
    """Return why a text is no pattern, "" where it is one."""
    if len(text) > MOST_PATTERN:
        return f"it is longer than {MOST_PATTERN} characters"
    return "" if _compiled(text, case=True) is not None else "it cannot be read as a regular expression (RE2)"


@functools.lru_cache(maxsize=512)
def _compiled(text: str, *, case: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case
    try:
        return re2.compile(text, options) if len(text) <= MOST_PATTERN else None
    except re2.error:
        return None
