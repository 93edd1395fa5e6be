"""Files that forms bring."""

import flask

from lti_grader.core.tables import BadTable


def uploaded_table(most_bytes: int, name: str = "file") -> str:
    """Return the text of the CSV file that a form brings.

    Raises
    ------
    BadTable
        There is none, it is too big, or not in UTF-8.
    """
    given = flask.request.files.get(name)
    content = given.read(most_bytes + 1) if given else b""
    if not content or len(content) > most_bytes:
        raise BadTable(f"Choose a CSV file of at most {most_bytes / 1_000_000:g} MB.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadTable("The file is not in UTF-8. Save it as “CSV UTF-8” and choose it again.") from None
