"""The way back to the LMS's own page (LTI 1.3 Core, section 5.4.4 and appendix on `launch_presentation`)."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa

from lti_grader.classes.models import Enrollment
from lti_grader.core.db import session
from lti_grader.lti import claims as c
from lti_grader.lti.login import origin_of
from lti_grader.lti.models import Platform


def return_address(claims: Mapping[str, Any], platform: Platform) -> str | None:
    """Return where a verified launch says that its course is, None where it is none of the platform's own pages."""
    presentation = claims.get(c.LAUNCH_PRESENTATION)
    url = c.address(presentation.get("return_url")) if isinstance(presentation, dict) else None
    if url is None:
        return None
    own = {origin_of(one) for one in (platform.issuer, platform.auth_login_url, *platform.frame_origins)}
    try:
        parts = urlsplit(url)
        is_own = parts.scheme in ("https", "http") and "@" not in parts.netloc and origin_of(url) in own
    except ValueError:
        return None
    return url if is_own else None


def keep_way_back(claims: Mapping[str, Any], platform: Platform, class_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Keep where a launched person's course is at their LMS, for e-mails: from outside of it nobody gets in here."""
    url = return_address(claims, platform)
    if url is not None:
        mine = (Enrollment.class_id == class_id, Enrollment.user_id == user_id)
        session().execute(
            sa.update(Enrollment).where(*mine, Enrollment.course_url.is_distinct_from(url)).values(course_url=url)
        )


def with_message(url: str, message: str, code: str) -> str:
    """Return a return address that tells the LMS what went wrong: words for the person, a code for its log."""
    query = urlencode({"lti_errormsg": message, "lti_errorlog": code})
    address, hash_, fragment = url.partition("#")
    return f"{address}{'&' if '?' in address else '?'}{query}{hash_}{fragment}"
