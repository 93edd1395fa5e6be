"""Files of people, given out so that a browser never takes them for a page of ours."""

import flask


def person_file(content: bytes, media_type: str, name: str) -> flask.Response:
    """Return a file: a picture for a page to show, anything else to be kept."""
    answer = flask.Response(content, content_type=media_type)
    how = "inline" if media_type.startswith("image/") else "attachment"
    answer.headers.set("Content-Disposition", how, filename=name.replace("/", "_"))
    # Whatever it holds, it is no page of ours and runs nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer
