"""XML from elsewhere."""

import xml.etree.ElementTree as ET

from lti_grader.problems.packages.package import BadPackage


def root_of(content: bytes, tag: str, *, name: str = "This file", made_by: str) -> ET.Element:
    """Return the root of a document that declares no entities: those could make it grow without end.

    Parameters
    ----------
    tag
        What the root is.
    name
        What the document is called in messages.
    made_by
        Whose documents are never as those that are refused.

    Raises
    ------
    BadPackage
        It declares entities, is not in UTF-8, or is not this kind of document.
    """
    root = document(content, name=name, made_by=made_by)
    if root.tag != tag:
        raise BadPackage(f"{name} begins with <{root.tag}>, not with <{tag}>.")
    return root


def document(content: bytes, *, name: str, made_by: str) -> ET.Element:
    """Return the root of a document of whatever kind, as `root_of` does."""
    if b"\0" in content:
        # In UTF-16 the words below would not be found.
        raise BadPackage(f"{name} is not in UTF-8, as {made_by} own are.")
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content:
        raise BadPackage(f"{name} declares entities, which {made_by} own never do.")
    try:
        # Entities are refused above, and ElementTree reads no other file.
        root = ET.fromstring(content)  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise BadPackage(f"{name} is no XML that can be read: {error}") from None
    return root
