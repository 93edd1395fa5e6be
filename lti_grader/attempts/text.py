"""What counts as source text."""

import re

from lti_grader.attempts.errors import BadKey, CodeTooLarge, InvalidText

_KEY = re.compile(r"[A-Za-z0-9_.:-]{8,100}")


def check_code(code: object, *, max_bytes: int) -> bytes:
    """Return `code` as UTF-8.

    Parameters
    ----------
    code
        What came in as JSON.
    max_bytes
        The most it may take up in UTF-8.

    Raises
    ------
    InvalidText
        It is no text, or has characters that cannot be stored: NUL, or half of a surrogate pair.
    CodeTooLarge
        It is longer than allowed.
    """
    if not isinstance(code, str):
        raise InvalidText("The program text is missing from the request. Reload the page and try again.")
    if "\0" in code:
        line = code[: code.index("\0")].count("\n") + 1
        raise InvalidText(f"Line {line} has a NUL character, which no compiler takes. Remove it and save again.")
    try:
        encoded = code.encode()
    except UnicodeEncodeError as error:
        line = code[: error.start].count("\n") + 1
        raise InvalidText(f"Line {line} has a character that is not valid Unicode. Type it again, and save.") from None
    if len(encoded) > max_bytes:
        raise CodeTooLarge(
            f"Your program has {len(encoded):,} bytes; at most {max_bytes:,} are accepted."
            " Take out data or generated text, and save again."
        )
    return encoded


def check_key(key: object, name: str) -> str:
    """Return a page's own name for a request, by which a repetition is recognised; raise `BadKey` otherwise."""
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise BadKey(f"{name} must be 8 to 100 letters, digits or the signs _ . : - ; reload the page.")
    return key
