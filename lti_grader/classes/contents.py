"""What stands in a class: modules and the items in them, their order, and which modules students see."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from lti_grader.classes.events import PublishingChanged
from lti_grader.classes.models import Class, ContentItem, Module
from lti_grader.core.db import current_tenant, session
from lti_grader.core.errors import Conflict, NotFound, Unprocessable
from lti_grader.core.events import publish

LONGEST_TITLE = 250
Kind = TypeVar("Kind", Module, ContentItem)


class BadModule(Unprocessable):
    code = "bad_module"


@dataclasses.dataclass(frozen=True)
class ModuleLine:
    """A module with its items, both as they stand in the class."""

    module: Module
    items: Sequence[ContentItem]


def contents(class_id: uuid.UUID) -> list[ModuleLine]:
    """Return what stands in a class, in its order, in two queries."""
    items: dict[uuid.UUID, list[ContentItem]] = defaultdict(list)
    query = sa.select(ContentItem).join(Module, Module.id == ContentItem.module_id).where(Module.class_id == class_id)
    for one in session().scalars(query.order_by(ContentItem.order_index)):
        items[one.module_id].append(one)
    return [ModuleLine(one, items[one.id]) for one in session().scalars(_modules(class_id))]


def add_module(class_id: uuid.UUID, title: str) -> Module:
    """Put a module at the end of a class.

    Raises
    ------
    BadModule
        It has no title, or one that another has.
    """
    _lock(class_id)
    modules = _all(class_id)
    module = Module(
        tenant_id=current_tenant(), class_id=class_id, title=_title(title, modules), order_index=len(modules)
    )
    _renumber([*modules, module])
    session().add(module)
    session().flush()
    return module


def rename_module(class_id: uuid.UUID, module_id: uuid.UUID, title: str) -> None:
    """Give a module another title; raises what `add_module` does."""
    _lock(class_id)
    module, others = _one(class_id, module_id)
    module.title = _title(title, others)
    session().flush()


def show_module(class_id: uuid.UUID, module_id: uuid.UUID, *, shown: bool, since: dt.datetime | None = None) -> None:
    """Let students see a module and what is published in it, or nothing of it.

    Parameters
    ----------
    since
        From when they see it; None for at once.
    """
    _lock(class_id)
    module, _ = _one(class_id, module_id)
    module.is_published, module.publish_at = shown, since
    _tell_publishing(_mates(module_id))


def show_item(class_id: uuid.UUID, item_id: uuid.UUID, *, shown: bool, since: dt.datetime | None = None) -> None:
    """Let students see an item of a module that they see, as `show_module` does."""
    _lock(class_id)
    item = _item(class_id, item_id)
    item.is_published, item.publish_at = shown, since
    _tell_publishing([item])


def remove_module(class_id: uuid.UUID, module_id: uuid.UUID) -> None:
    """Take an empty module away.

    Raises
    ------
    Conflict
        Something stands in it.
    """
    _lock(class_id)
    module, others = _one(class_id, module_id)
    if session().scalar(sa.select(ContentItem.id).where(ContentItem.module_id == module_id).limit(1)):
        raise Conflict(f"“{module.title}” is not empty: move what stands in it to another module first.")
    session().delete(module)
    session().flush()
    _renumber(others)
    session().flush()


def move_module(class_id: uuid.UUID, module_id: uuid.UUID, by: int) -> None:
    """Move a module up (-1) or down (1), as far as there is room."""
    _lock(class_id)
    module, others = _one(class_id, module_id)
    _renumber(_put(others, module, module.order_index + by))
    session().flush()


def move_item(class_id: uuid.UUID, item_id: uuid.UUID, by: int) -> None:
    """Move an item up (-1) or down (1) within its module, as far as there is room."""
    _lock(class_id)
    item = _item(class_id, item_id)
    mates = _mates(item.module_id)
    _renumber(_put([one for one in mates if one.id != item_id], item, mates.index(item) + by))
    session().flush()


def module(class_id: uuid.UUID, module_id: uuid.UUID) -> Module:
    """Return a module of a class that something is to be put into: nobody else arranges the class meanwhile."""
    _lock(class_id)
    return _one(class_id, module_id)[0]


def next_place(module_id: uuid.UUID) -> int:
    """Return the number of the place behind everything that stands in a module."""
    last = session().scalar(sa.select(sa.func.max(ContentItem.order_index)).where(ContentItem.module_id == module_id))
    return 0 if last is None else last + 1


def close_ranks(module_id: uuid.UUID) -> None:
    """Number what stands in a module anew, after something has been taken out of it."""
    _renumber(_mates(module_id))
    session().flush()


def put_item(class_id: uuid.UUID, item_id: uuid.UUID, module_id: uuid.UUID) -> None:
    """Move an item to the end of another module of its class."""
    _lock(class_id)
    if _item(class_id, item_id).module_id != module_id:
        place_item(class_id, item_id, module_id)


def place_item(
    class_id: uuid.UUID, item_id: uuid.UUID, module_id: uuid.UUID, *, before: uuid.UUID | None = None
) -> None:
    """Move an item to a place in a module of its class.

    Parameters
    ----------
    before
        The item of that module that it is to stand before; None for the module's end.

    Raises
    ------
    Conflict
        That item stands in the module no more.
    """
    _lock(class_id)
    item, target = _item(class_id, item_id), _one(class_id, module_id)[0]
    from_ = item.module_id
    there = [one for one in _mates(target.id) if one.id != item_id]
    index = _index(there, before)
    item.module_id = target.id
    _renumber(_put(there, item, index))
    if from_ != target.id:
        _renumber([one for one in _mates(from_) if one.id != item_id])
        _tell_publishing([item])
    session().flush()


def place_module(class_id: uuid.UUID, module_id: uuid.UUID, *, before: uuid.UUID | None = None) -> None:
    """Move a module before another, or to the end of its class; raises what `place_item` does."""
    _lock(class_id)
    module, others = _one(class_id, module_id)
    _renumber(_put(others, module, _index(others, before)))
    session().flush()


def _modules(class_id: uuid.UUID) -> sa.Select[Module]:
    return sa.select(Module).where(Module.class_id == class_id).order_by(Module.order_index)


def _lock(class_id: uuid.UUID) -> None:
    """Let nobody else arrange the class until the transaction ends, nor put anything into it."""
    session().execute(sa.select(Class.id).where(Class.id == class_id).with_for_update())


def _all(class_id: uuid.UUID) -> list[Module]:
    return list(session().scalars(_modules(class_id).execution_options(populate_existing=True)))


def _one(class_id: uuid.UUID, module_id: uuid.UUID) -> tuple[Module, list[Module]]:
    """Return a module of a class, and the others in their order."""
    modules = _all(class_id)
    module = next((one for one in modules if one.id == module_id), None)
    if module is None:
        raise NotFound("This class has no such module any more. Reload the page.")
    return module, [one for one in modules if one.id != module_id]


def _item(class_id: uuid.UUID, item_id: uuid.UUID) -> ContentItem:
    query = sa.select(ContentItem).join(Module, Module.id == ContentItem.module_id)
    item = session().scalar(query.where(ContentItem.id == item_id, Module.class_id == class_id))
    if item is None:
        raise NotFound("There is no such item in this class any more. Reload the page.")
    return item


def _mates(module_id: uuid.UUID) -> list[ContentItem]:
    query = sa.select(ContentItem).where(ContentItem.module_id == module_id).order_by(ContentItem.order_index)
    return list(session().scalars(query.execution_options(populate_existing=True)))


def _tell_publishing(items: Sequence[ContentItem]) -> None:
    """Tell that students may see some items from another moment on."""
    session().flush()
    if items:
        publish(PublishingChanged(tuple(one.id for one in items)))


def _title(text: str, others: Sequence[Module]) -> str:
    title = " ".join(text.split())
    if not 1 <= len(title) <= LONGEST_TITLE:
        raise BadModule(f"A module has a title of 1 to {LONGEST_TITLE} characters.")
    if any(one.title == title for one in others):
        raise BadModule(f"There is a module “{title}” already. Give this one another title.")
    return title


def _index(rows: Sequence[Kind], before: uuid.UUID | None) -> int:
    """Return where in `rows` something has to be put to stand before one of them, or behind them all."""
    if before is None:
        return len(rows)
    for index, one in enumerate(rows):
        if one.id == before:
            return index
    raise Conflict("Somebody else has arranged this class meanwhile. See where things stand now, and move it again.")


def _put(others: list[Kind], moved: Kind, index: int) -> list[Kind]:
    order = list(others)
    order.insert(max(index, 0), moved)
    return order


def _renumber(rows: Iterable[Kind]) -> None:
    # Only at the commit may no two have one number: the constraint is deferred.
    for index, one in enumerate(rows):
        one.order_index = index
