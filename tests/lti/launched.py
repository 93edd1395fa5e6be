"""What a launch has left behind."""

from typing import Any

import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.lti.models import Platform
from tests.lti.scripted import ScriptedPlatform


def code_of(answer: Any) -> str:
    """Return the code on a page that refuses."""
    assert answer.status_code in (400, 401, 403, 409), answer.text[:500]
    assert "Traceback" not in answer.text
    return answer.text


def tenant_of(platform: ScriptedPlatform) -> Any:
    with system_transaction() as opened:
        return opened.scalar(sa.select(Platform.tenant_id).where(Platform.issuer == platform.url))


def rows(platform: ScriptedPlatform, query: Any) -> list[Any]:
    with transaction(tenant_of(platform)):
        return list(session().execute(query).all())


def platforms(issuer: str) -> list[Platform]:
    with system_transaction() as opened:
        return list(opened.scalars(sa.select(Platform).where(Platform.issuer == issuer).order_by(Platform.id)))


def count(platform: Platform, table: Any) -> int:
    with transaction(platform.tenant_id):
        return session().scalars(sa.select(sa.func.count()).select_from(table)).one()


def refused(answer: Any, status: int = 401) -> str:
    assert answer.status_code == status, (answer.status_code, answer.text[:300])
    assert "__Host-lti-grader=" not in "".join(answer.headers.getlist("Set-Cookie"))
    return str(answer.text)
