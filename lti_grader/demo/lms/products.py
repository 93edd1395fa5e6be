"""Which LMS this one behaves like, and what that changes."""

import dataclasses
import enum


class Product(enum.StrEnum):
    CANVAS = "canvas"
    MOODLE = "moodle"
    GENERIC = "generic"
    """Open edX's consumer: the least surprising of the three."""


@dataclasses.dataclass(frozen=True)
class Manner:
    """What a product does its own way, outside of how it takes scores (see `scoring`)."""

    family_code: str
    registered_as: str
    """The name of the product family in a registration."""
    version: str
    page_size: int | None
    """Entries of a page where the request names no limit; None sends everything."""
    exact_media_types: bool
    token_media_type: str
    oldest_assertion: int | None
    """Seconds since a client assertion's `iat`; None looks at `exp` only."""
    readonly_by_name: bool
    """Reading line items needs the scope for reading, even where writing is granted."""
    short_roles_in_roster: bool
    assistant_as_instructor: bool
    """A teaching assistant arrives as an instructor and is listed as a learner."""
    zero_is_omitted: bool
    unknown_variables_stay: bool
    login_by_post: bool
    stale_launch_error: str


MANNERS = {
    Product.CANVAS: Manner(
        family_code="canvas",
        registered_as="canvas",
        version="cloud",
        page_size=10,
        exact_media_types=False,
        token_media_type="application/json",  # noqa: S106
        oldest_assertion=300,
        readonly_by_name=False,
        short_roles_in_roster=False,
        assistant_as_instructor=False,
        zero_is_omitted=False,
        unknown_variables_stay=True,
        login_by_post=True,
        stale_launch_error="launch_no_longer_valid",
    ),
    Product.MOODLE: Manner(
        family_code="moodle",
        registered_as="moodle",
        version="2024100706",
        page_size=None,
        exact_media_types=True,
        token_media_type="text/html; charset=utf-8",  # noqa: S106
        oldest_assertion=None,
        readonly_by_name=True,
        short_roles_in_roster=True,
        assistant_as_instructor=True,
        zero_is_omitted=True,
        unknown_variables_stay=True,
        login_by_post=True,
        stale_launch_error="login_required",
    ),
    Product.GENERIC: Manner(
        family_code="openedx",
        registered_as="openedx",
        version="1.0",
        page_size=None,
        exact_media_types=False,
        token_media_type="application/json",  # noqa: S106
        oldest_assertion=None,
        readonly_by_name=False,
        short_roles_in_roster=False,
        assistant_as_instructor=False,
        zero_is_omitted=False,
        unknown_variables_stay=False,
        login_by_post=False,
        stale_launch_error="login_required",
    ),
}
