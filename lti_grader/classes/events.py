"""What happens to classes and who is in them."""

import dataclasses
import datetime as dt
import uuid

from lti_grader.core.events import Event


@dataclasses.dataclass(frozen=True)
class SectionsChanged(Event):
    """People of a class are in other sections of it from now on."""

    class_id: uuid.UUID
    user_ids: tuple[uuid.UUID, ...]
    at: dt.datetime


@dataclasses.dataclass(frozen=True)
class PublishingChanged(Event):
    """Students may see these content items from another moment on than before, or no more."""

    item_ids: tuple[uuid.UUID, ...]
