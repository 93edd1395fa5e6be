"""The database: models' base, and the one place that commits."""

import contextlib
import datetime as dt
import enum
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from lti_grader.core.acting import actor, look
from lti_grader.core.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Points = Annotated[Decimal, mapped_column(sa.Numeric(10, 4))]
"""Points are exact: NUMERIC(10, 4), never a float."""
Json = dict[str, Any]


class Base(DeclarativeBase):
    """The base of every table."""

    registry = orm.registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: sa.DateTime(timezone=True),
            uuid.UUID: postgresql.UUID(as_uuid=True),
            str: sa.Text(),
            Json: postgresql.JSONB(),
            list[str]: postgresql.ARRAY(sa.Text()),
            dict[str, str]: postgresql.JSONB(),
        },
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})


class Row:
    """A table whose primary key is a time-ordered UUID."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class Tenanted:
    """A table that holds a tenant's data. Row-level security keeps the tenants apart (`core.tenancy`)."""

    @declared_attr
    def tenant_id(cls) -> Mapped[uuid.UUID]:  # noqa: N805 - SQLAlchemy passes the class
        return mapped_column(sa.ForeignKey("tenants.id", ondelete="RESTRICT"), index=True)


def one_of(column: str, values: type[enum.StrEnum]) -> sa.CheckConstraint:
    """Return the CHECK that holds `column` to the members of `values`."""
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def session() -> Session:
    """Return the session of the transaction that is open here.

    Raises
    ------
    RuntimeError
        No transaction is open: a read or write outside of one would see no tenant's rows.
    """
    if "lti_grader.scope" not in db.session().info:
        raise RuntimeError("Open a transaction(tenant_id) first: outside of one no tenant's rows can be seen.")
    return db.session()


@contextlib.contextmanager
def transaction(tenant_id: uuid.UUID) -> Iterator[Session]:
    """Open a transaction that sees and writes one tenant's rows only, and commit it at the end.

    Parameters
    ----------
    tenant_id
        The tenant; PostgreSQL itself hides every other tenant's rows.

    What was registered by `after_commit` runs once the commit has succeeded, and never otherwise.
    """
    with _scope("app.tenant_id", str(tenant_id)) as opened:
        yield opened


@contextlib.contextmanager
def system_transaction() -> Iterator[Session]:
    """Open a transaction that may read, across tenants, the few tables that say what is owed to whom.

    It is for finding a platform by its issuer and for sweeping overdue work; the work itself is then
    done in a `transaction` of its tenant.
    """
    with _scope("app.scope", "system") as opened:
        yield opened


@contextlib.contextmanager
def _scope(setting: str, value: str) -> Iterator[Session]:
    current = db.session()
    if "lti_grader.scope" in current.info:
        raise RuntimeError("A transaction is open here already; end it before the next one begins.")
    current.info["lti_grader.scope"] = (setting, value)
    callbacks: list[Callable[[], None]] = []
    current.info["lti_grader.after_commit"] = callbacks
    try:
        # In one statement: transactions begin on every page.
        current.execute(
            sa.text("SELECT set_config(:name, :value, true), set_config('app.actor', :actor, true)"),
            {"name": setting, "value": value, "actor": str(actor() or "")},
        )
        if look() is not None:
            current.execute(sa.text("SET TRANSACTION READ ONLY"))
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.pop("lti_grader.scope", None)
        current.info.pop("lti_grader.after_commit", None)
        db.session.remove()
    for callback in callbacks:
        callback()


def current_tenant() -> uuid.UUID:
    """Return the tenant of the transaction that is open here."""
    setting, value = session().info["lti_grader.scope"]
    if setting != "app.tenant_id":
        raise RuntimeError("A system transaction belongs to no tenant.")
    return uuid.UUID(value)


def act_as(user_id: uuid.UUID | None) -> None:
    """Let what is left of the open transaction be done on the word of `user_id`, for the log of changes.

    Transactions begin with who acts by `core.acting`; this is for where that is found out only within one.
    """
    session().execute(
        sa.text("SELECT set_config('app.actor', :actor, true)"), {"actor": "" if user_id is None else str(user_id)}
    )


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the open transaction has been committed; drop it if that fails."""
    callbacks: list[Callable[[], None]] = session().info["lti_grader.after_commit"]
    callbacks.append(callback)
