"""Taking a made-up institution away again, with all that belongs to it."""

import uuid

import sqlalchemy as sa

from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.errors import NotFound
from lti_grader.models import metadata
from lti_grader.people.models import Tenant

# They go last, and the function sees to them itself.
_LAST = ("audit_log", "tenants")


class NothingMadeUp(NotFound):
    code = "nothing_made_up"


def find(name: str) -> uuid.UUID:
    """Return a made-up institution.

    Raises
    ------
    NothingMadeUp
        There is none of that name, or it is a real one.
    """
    with system_transaction() as opened:
        found = opened.execute(sa.select(Tenant.id, Tenant.generated_at).where(Tenant.name == name)).one_or_none()
    if found is None:
        raise NothingMadeUp(f"There is no institution called {name!r}.")
    if found.generated_at is None:
        raise NothingMadeUp(f"{name!r} was not made up: nothing of it is removed.")
    tenant_id: uuid.UUID = found.id
    return tenant_id


def remove(tenant_id: uuid.UUID) -> int:
    """Remove a made-up institution in one transaction; return how many rows went.

    The texts of its programs stay in the object store: a blob is named by its content, and may be somebody's own work as well.
    """
    listed = [
        one.name for one in reversed(metadata.sorted_tables) if "tenant_id" in one.columns and one.name not in _LAST
    ]
    with transaction(tenant_id):
        statement = sa.text("SELECT lti_grader_remove_generated(:listed)").bindparams(
            sa.bindparam("listed", listed, type_=sa.ARRAY(sa.Text))
        )
        removed: int = session().scalars(statement).one()
        return removed
