"""Fetching a file from the LMS, within limits, and keeping it under the hash of what it holds."""

import base64
import binascii
import datetime as dt
import hashlib
import uuid

from lti_grader.adapters import Adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.owed import back_off
from lti_grader.lti import claims as c
from lti_grader.lti import owed
from lti_grader.lti.asset_models import AssetStatus, LtiAsset
from lti_grader.lti.assets import attempting, reporting
from lti_grader.lti.assets.reporting import Said, failed, platform_of
from lti_grader.lti.errors import MoreThanAllowed, ServiceError
from lti_grader.lti.http import Fetched
from lti_grader.lti.models import Platform
from lti_grader.lti.tokens import Services


def fetch(tenant_id: uuid.UUID, asset_id: uuid.UUID, held: Adapters, *, at: dt.datetime) -> str:
    """Fetch and keep a file that is owed; fetched twice it is kept once."""
    with transaction(tenant_id):
        row = owed.claim(LtiAsset, asset_id, LtiAsset.status == AssetStatus.OWED, at=at, seconds=300)
        if row is None:
            return "not owed"
        platform = platform_of(row)
    got: Fetched | None = None
    ref, error = "", ServiceError("The file was not fetched.")
    try:
        got = _fetched(row, platform, held)
        # Under the hash of what it holds: put there twice, by two workers or after a fault, it is there once.
        ref = held.blobs.put(got.content)
    except ServiceError as refused:
        error = refused
    with transaction(tenant_id):
        row = session().get_one(LtiAsset, asset_id, with_for_update=True)
        if row.status != AssetStatus.OWED:
            return "not owed"
        if got is not None:
            _keep(row, ref, len(got.content), at)
        else:
            _put_off(row, error, held.settings.delivery_max_tries, at)
        return row.status


def _fetched(row: LtiAsset, platform: Platform, held: Adapters) -> Fetched:
    most = held.settings.max_asset_bytes
    owed.require_enabled(platform)
    if (row.declared_bytes or 0) > most:
        raise MoreThanAllowed(f"The file is larger than {most // 1_048_576} MiB, which is more than this tool takes.")
    got = Services(platform, held).fetch(row.url, [c.ASSET_READ], most=most)
    _check(got, row)
    return got


def _check(got: Fetched, row: LtiAsset) -> None:
    """Refuse what is not the file that was announced; it may be whole the next time.

    Raises
    ------
    ServiceError
    """
    if row.declared_sha256 is not None:
        if _digest(row.declared_sha256) not in (hashlib.sha256(got.content).digest(), None):
            raise ServiceError("The LMS gave another file than it had announced: its checksum differs.")
    elif row.declared_bytes is not None and row.declared_bytes != len(got.content):
        raise ServiceError(f"The LMS gave {len(got.content)} bytes, and had announced {row.declared_bytes}.")
    if got.media_type == "text/html" and (row.media_type or "text/html") != "text/html" and row.declared_sha256 is None:
        raise ServiceError("The LMS gave a page in place of the file, as when somebody should sign in there.")


def _digest(text: str) -> bytes | None:
    """Return a SHA-256 that is written in hexadecimal or base64; None where it is neither."""
    try:
        found = (
            bytes.fromhex(text)
            if len(text) == 64
            else base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None)
        )
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == 32 else None


def _keep(row: LtiAsset, ref: str, size: int, at: dt.datetime) -> None:
    row.status, row.blob_ref, row.bytes, row.sha256 = AssetStatus.KEPT, ref, size, ref.removeprefix("sha256/")
    row.kept_at, row.error = at, None
    session().flush()
    attempting.keep(row)
    reporting.owe(row, reporting.RECEIVED, at=at)


def _put_off(row: LtiAsset, error: ServiceError, most_tries: int, at: dt.datetime) -> None:
    row.error = error.message
    if isinstance(error, MoreThanAllowed) or owed.is_final(error) or row.tries >= most_tries:
        row.status = AssetStatus.REFUSED
        reporting.owe(row, _failure(error), at=at)
    else:
        row.next_try_at = at + dt.timedelta(seconds=error.retry_after or back_off(row.tries))


def _failure(error: ServiceError) -> Said:
    return failed("ASSET_TOO_LARGE" if isinstance(error, MoreThanAllowed) else "DOWNLOAD_FAILED", error.message)
