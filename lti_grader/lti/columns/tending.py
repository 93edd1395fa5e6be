"""A worker brings about what is owed to a column. No transaction is open while the LMS is called."""

import datetime as dt
import json
import logging
import uuid
from collections.abc import Callable
from typing import Any

from lti_grader.adapters import Adapters
from lti_grader.core.db import transaction
from lti_grader.lti import claims as c
from lti_grader.lti import http
from lti_grader.lti.columns import answers, changing, finding, jobs, losing, settling
from lti_grader.lti.columns.finding import Column
from lti_grader.lti.columns.jobs import Job
from lti_grader.lti.errors import ServiceError
from lti_grader.lti.models import ColumnState
from lti_grader.lti.products import product_of
from lti_grader.lti.tokens import Services

log = logging.getLogger(__name__)

# Two lists of some pages, a token, a column that is made, and some to spare.
_MOST_CALLS = 12
Clock = Callable[[], dt.datetime]


def tend(tenant_id: uuid.UUID, column_id: uuid.UUID, held: Adapters, now: Clock) -> str:
    """Bring about what is owed to a column. Harmless to call at any time, by any number at once.

    Returns
    -------
    The state it is in afterwards, for the log.
    """
    lease = dt.timedelta(seconds=_MOST_CALLS * held.settings.lms_timeout_seconds)
    with transaction(tenant_id):
        job = jobs.claim(column_id, at=now(), lease=lease)
    if job is None:
        return "not owed"
    try:
        return _Way(job, held, now).go()
    except ServiceError as error:
        answer = answers.understand(error, tries=job.tries)
        log.info("column %s: %s %s", job.id, error, answer.meaning)
        with transaction(tenant_id):
            return jobs.note_answer(
                job, answer, error, most_tries=held.settings.delivery_max_tries, at=now()
            )  # fmt: skip


class _Way:
    def __init__(self, job: Job, held: Adapters, now: Clock) -> None:
        self._job = job
        self._held = held
        self._now = now
        self._services = Services(job.platform, held)

    def go(self) -> str:
        if self._job.platform.disabled_at is not None:
            raise ServiceError("This LMS is switched off here.")
        if self._job.state == ColumnState.ASKED:
            return self._make()
        return self._change() if self._job.state == ColumnState.CHANGED else self._look()

    def _make(self) -> str:
        """Find the column, or else make it."""
        job, is_new = self._job, False
        found = self._still_there() or finding.find(self._services, job.columns_url, job.wanted, job.scopes)
        if found is None:
            found, is_new = self._post(), True
        if job.url is not None and found.url != job.url:
            settling.owe_all(job, at=self._now())
        with transaction(job.tenant_id):
            return settling.settle(job, found, is_new=is_new, at=self._now())

    def _still_there(self) -> Column | None:
        """Return the column that was thought to be lost, if the LMS has it again."""
        url = self._job.url
        if url is None:
            return None
        try:
            return finding.read(self._services, url, self._job.scopes)
        except ServiceError as error:
            if losing.may_be(error):
                return None
            raise

    def _require_writing(self) -> None:
        """Refuse what this tool was not granted, rather than ask for a token that the LMS does not give."""
        if not self._job.may_write:
            raise ServiceError("The LMS did not grant this tool the scope for line items here.", status_code=403)

    def _post(self) -> Column:
        job = self._job
        self._require_writing()
        if job.columns_url is None:
            raise ServiceError("This LMS course has not told where its columns are: open the tool from it once.")
        if self._now() + dt.timedelta(seconds=3 * self._held.settings.lms_timeout_seconds) > job.ends_at:
            # Another worker may take over before the LMS has answered, and would not see yet what this one makes.
            raise ServiceError("The LMS took too long to list its columns.")
        answer = self._services.call(
            "POST", job.columns_url, [c.LINE_ITEM],
            headers={"Content-Type": finding.TYPE, "Accept": finding.TYPE},
            content=json.dumps(self._description(), allow_nan=False),
        )  # fmt: skip
        return finding.made(http.as_json(answer), job.columns_url)

    def _description(self) -> dict[str, Any]:
        label, maximum = self._job.ours
        body: dict[str, Any] = {
            "label": label, "scoreMaximum": float(maximum), "resourceId": self._job.wanted.resource_id,
            "tag": c.COLUMN_TAG,
        }  # fmt: skip
        if self._job.link_id is not None and product_of(self._job.platform).names_links:
            body["resourceLinkId"] = self._job.link_id
        return body

    def _change(self) -> str:
        """Tell the LMS of another title or maximum, and look what it shows then."""
        job, url = self._job, self._job.url
        before = self._still_there()
        if url is None or before is None:
            return self._lose()
        wished, after = changing.wish(job, before), before
        if not wished.is_granted(before):
            self._require_writing()
            if wished.resizes(before):
                with transaction(job.tenant_id):
                    changing.note_resizing(job, at=self._now())
            self._services.call(
                "PUT", url, [c.LINE_ITEM], headers={"Content-Type": finding.TYPE, "Accept": finding.TYPE},
                content=json.dumps(changing.description(wished, before), allow_nan=False),
            )  # fmt: skip
            after = finding.read(self._services, url, job.scopes)
        if changing.is_resized(job, after):
            with transaction(job.tenant_id):
                changing.note_resizing(job, at=self._now())
            settling.owe_held(job, at=self._now())
        with transaction(job.tenant_id):
            return changing.settle(job, wished, after, at=self._now())

    def _lose(self) -> str:
        job = self._job
        with transaction(job.tenant_id):
            if job.url is not None:
                losing.lose(job.id, job.url, at=self._now())
        return ColumnState.MISSING

    def _look(self) -> str:
        """Look whether a lost column is there again."""
        found = self._still_there()
        with transaction(self._job.tenant_id):
            if found is None:
                return settling.still_missing(self._job, at=self._now())
            return settling.settle(self._job, found, is_new=False, at=self._now())
