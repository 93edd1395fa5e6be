"""Whether sessions of a platform are still served: a platform that was switched off ends them."""

import dataclasses
import threading
import time
import uuid

from lti_grader.core.db import session, transaction
from lti_grader.core.errors import NotSignedIn
from lti_grader.lti.login import require_enabled
from lti_grader.lti.models import Platform

LOOK_EVERY = 5.0
"""Seconds for which a process takes a platform for switched on once it has looked."""


@dataclasses.dataclass
class Standing:
    """What this process has seen lately: a look at each request would cost more than most requests do."""

    _until: dict[uuid.UUID, float] = dataclasses.field(default_factory=dict)
    _lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def require(self, tenant_id: uuid.UUID, platform_id: uuid.UUID) -> None:
        """Return if the platform is switched on.

        Raises
        ------
        NotRegistered
            It is not.
        NotSignedIn
            It is not there any more.
        """
        with self._lock:
            if self._until.get(platform_id, 0) > time.monotonic():
                return
        with transaction(tenant_id):
            platform = session().get(Platform, platform_id)
        if platform is None:
            raise NotSignedIn("Your session has ended. Open the assignment again from your course page.")
        require_enabled(platform)
        with self._lock:
            self._until[platform_id] = time.monotonic() + LOOK_EVERY

    def forget(self) -> None:
        """Look anew from now on."""
        with self._lock:
            self._until.clear()


standing = Standing()
