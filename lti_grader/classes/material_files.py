"""Which files may lie beside a material, by which name, and how they are given out."""

import dataclasses
import unicodedata
from pathlib import PurePosixPath

from lti_grader.core.errors import Unprocessable

MOST_FILES = 40
MOST_BYTES = 33_554_432
"""Of one file."""
MOST_BYTES_IN_ALL = 268_435_456
_LONGEST_NAME = 120

_TEXT = "text/plain; charset=utf-8"
MEDIA_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation", "epub": "application/epub+zip", "zip": "application/zip",
    "mp3": "audio/mpeg", "mp4": "video/mp4", "webm": "video/webm", "json": "application/json",
    "ipynb": "application/x-ipynb+json",
    **dict.fromkeys(
        ("txt", "md", "csv", "tsv", "log", "tex", "bib", "py", "java", "c", "h", "cpp", "hpp", "cs", "js", "ts", "rs", "go",
         "kt", "rb", "r", "sql", "hs", "ml", "pl", "php", "scala", "swift", "sh", "yaml", "yml", "toml", "ini", "in", "ans", "out"),
        _TEXT,
    ),
}  # fmt: skip
"""What may be uploaded: ending -> what it is given out as. Nothing that a browser would run as a page of ours is among it."""
# Whatever ends like these begins like these.
_BEGINNINGS = {
    "application/pdf": (b"%PDF-",), "image/png": (b"\x89PNG\r\n\x1a\n",), "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"), "image/webp": (b"RIFF",),
}  # fmt: skip


class BadFile(Unprocessable):
    code = "bad_file"


@dataclasses.dataclass(frozen=True)
class Accepted:
    """A file that may be kept."""

    name: str
    media_type: str
    content: bytes


def accept(name: str, content: bytes) -> Accepted:
    """Return a file as it is to be kept.

    Parameters
    ----------
    name
        What the browser called it; folders before it are left out.

    Raises
    ------
    BadFile
        It is too large, empty, of a kind that is not taken, or not what its name says.
    """
    plain = plain_name(name)
    media_type = MEDIA_TYPES.get(PurePosixPath(plain).suffix.removeprefix(".").lower())
    if media_type is None:
        raise BadFile(
            f"“{plain}” cannot be kept here: files are documents, pictures, sound, film, texts, programs and ZIP archives,"
            " by the ending of their name. Put anything else into a ZIP archive."
        )
    if not content:
        raise BadFile(f"“{plain}” is empty.")
    if len(content) > MOST_BYTES:
        raise BadFile(f"“{plain}” is larger than {MOST_BYTES // 1024**2} MiB. Link to where it lies instead.")
    beginnings = _BEGINNINGS.get(media_type)
    if beginnings and not content.startswith(beginnings):
        raise BadFile(f"“{plain}” is not what the ending of its name says. Save it anew from the program that made it.")
    return Accepted(plain, media_type, content)


def plain_name(name: str) -> str:
    """Return a file's name without folders, and without signs that a name of a file should not have.

    Raises
    ------
    BadFile
        Nothing is left, or too much.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = " ".join("".join(one for one in last if one.isprintable()).split()).lstrip(".")
    if not plain or len(plain) > _LONGEST_NAME:
        raise BadFile(f"Give each file a name of 1 to {_LONGEST_NAME} characters.")
    return plain


def is_picture(media_type: str) -> bool:
    """Return whether a page may show a file of this type in its text."""
    return media_type.startswith("image/")
