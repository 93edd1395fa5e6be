"""People as their platforms describe them."""

import dataclasses
import uuid
from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from lti_grader.core.db import current_tenant, session
from lti_grader.core.ids import new_id
from lti_grader.people.models import User


@dataclasses.dataclass(frozen=True)
class Described:
    """A person as their platform describes them; None is what it keeps to itself."""

    sub: str
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    locale: str | None = None
    is_test_user: bool = False


TOLD = ("name", "given_name", "family_name", "email", "avatar_url", "locale")


def keep_people(platform_id: uuid.UUID, described: Collection[Described]) -> Mapping[str, uuid.UUID]:
    """Keep many people as their platform describes them, and return their ids by `sub`.

    Rows of whom nothing is new are read and not written, so that nobody waits for them. The others are written in
    one statement and in one order for all, so that no two writers wait for each other in a circle: a few hundred
    people at a time, in a transaction that does nothing else, keep no launch waiting either.

    Parameters
    ----------
    described
        Each `sub` once.
    """
    wanted = {one.sub: one for one in described}
    known = _known(platform_id, wanted)
    news = [one for sub, one in sorted(wanted.items()) if sub not in known or _is_news(one, known[sub])]
    if not news:
        return {sub: user.id for sub, user in known.items()}
    _write(platform_id, news)
    rows = session().execute(sa.select(User.sub, User.id).where(User.platform_id == platform_id, User.sub.in_(wanted)))
    return {row.sub: row.id for row in rows}


def _known(platform_id: uuid.UUID, subs: Collection[str]) -> dict[str, sa.Row[tuple[object, ...]]]:
    columns = [getattr(User, name) for name in ("id", "sub", *TOLD, "is_test_user")]
    rows = session().execute(sa.select(*columns).where(User.platform_id == platform_id, User.sub.in_(subs)))
    return {row.sub: row for row in rows}


def _is_news(one: Described, known: sa.Row[tuple[object, ...]]) -> bool:
    if one.is_test_user and not known.is_test_user:
        return True
    return any((told := getattr(one, name)) is not None and told != getattr(known, name) for name in TOLD)


def _write(platform_id: uuid.UUID, people: list[Described]) -> None:
    columns = {
        "id": sa.cast([new_id() for _ in people], ARRAY(sa.UUID)),
        **{name: sa.cast([getattr(one, name) for one in people], ARRAY(sa.Text)) for name in ("sub", *TOLD)},
        "is_test_user": sa.cast([one.is_test_user for one in people], ARRAY(sa.Boolean)),
    }
    given = sa.func.unnest(*columns.values()).table_valued(*columns).render_derived(name="given")
    fixed = [sa.literal(current_tenant()), sa.literal(platform_id), sa.literal({}, User.settings.type)]
    statement = insert(User).from_select(
        [*columns, "tenant_id", "platform_id", "settings"],
        sa.select(*[given.c[name] for name in columns], *fixed).order_by(given.c.sub),
    )
    # What a platform keeps to itself leaves what was known as it is.
    told = {name: sa.func.coalesce(statement.excluded[name], getattr(User, name)) for name in TOLD}
    is_test_user = sa.or_(User.is_test_user, statement.excluded.is_test_user)
    session().execute(
        statement.on_conflict_do_update(
            index_elements=["platform_id", "sub"], set_={**told, "is_test_user": is_test_user}
        )
    )
