"""Pictures that a statement or a question shows: kept with a version, called in its texts by their names."""

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath

from markupsafe import Markup

from lti_grader.classes.material_files import MEDIA_TYPES, BadFile, accept, is_picture
from lti_grader.core.markdown import leads_to, to_html_with
from lti_grader.problems.models import ProblemVersion

MOST = 40
"""Of one version."""
MOST_BYTES = 4_194_304
"""Of one picture."""


Show = Callable[[str], Markup]
"""Makes safe HTML of a text."""
_PICTURE = re.compile(r"!\[([^\[\]]*)\]\((?:<[^<>\n]*>|[^()\s<]*)(?:\s[^()]*)?\)")


def type_of(name: str) -> str | None:
    """Return the media type of a picture by the ending of its name; None for whatever is none."""
    found = MEDIA_TYPES.get(PurePosixPath(name).suffix.removeprefix(".").lower())
    return found if found is not None and is_picture(found) else None


def accepted(name: str, content: bytes) -> str:
    """Return the name by which a picture that somebody uploads is kept.

    Raises
    ------
    BadFile
        It is no picture that a page shows, or too large.
    """
    if type_of(name) is None:
        raise BadFile(
            f"“{name[-80:]}” is no picture that a statement can show: add a PNG, JPEG, GIF or WebP file. What is to be"
            " handed out belongs to the materials of the class."
        )
    if len(content) > MOST_BYTES:
        raise BadFile(f"“{name[-80:]}” is larger than {MOST_BYTES // 1024**2} MiB: save it smaller.")
    return accept(name, content).name


def showable(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of a package's files that a statement can show, as many as it may have."""
    found: dict[str, bytes] = {}
    for name, content in files.items():
        with contextlib.suppress(BadFile):
            accepted(name, content)
            found[name] = content
    return dict(list(found.items())[:MOST])


def named_by(text: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those of a package's files that a text shows, as many as it may."""
    return showable({name: content for name, content in files.items() if leads_to(text, name)})


def changed(before: Mapping[str, str], removed: Collection[str], added: Mapping[str, str]) -> dict[str, str]:
    """Return the pictures of a version, name -> blob, once some are taken away and some added, in the place of those of their names.

    Raises
    ------
    BadFile
        They would be too many.
    """
    after = {name: ref for name, ref in before.items() if name not in removed} | dict(added)
    if len(after) > MOST:
        raise BadFile(f"A problem has at most {MOST} pictures: take some away first.")
    return after


def texts_shown(showing: Callable[[Show], object]) -> list[str]:
    """Return the texts that something makes HTML of, which is given how that is done."""
    found: list[str] = []

    def note(text: str) -> Markup:
        found.append(text)
        return Markup()

    showing(note)
    return found


def is_named(name: str, texts: Iterable[str]) -> bool:
    """Return whether any of some texts shows a picture."""
    return any(leads_to(text, name) for text in texts)


def in_words(text: str) -> str:
    """Return a text with what its pictures show in their places, for where no picture can stand."""
    return _PICTURE.sub(r"\1", text)


def shown(text: str, version: ProblemVersion, address: Callable[[str], str]) -> Markup:
    """Return a text of a version as safe HTML, with its pictures.

    Parameters
    ----------
    address
        Returns where the browser finds a picture, by its name.
    """
    return to_html_with(text, {name: address(name) for name in version.pictures})
