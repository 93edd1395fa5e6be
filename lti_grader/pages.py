"""Every blueprint, at its place."""

import flask


def register_pages(app: flask.Flask) -> None:
    """Register the pages of each domain."""
