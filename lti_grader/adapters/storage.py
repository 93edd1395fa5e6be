"""S3: what students hand in, named by its own hash; and files that are made for somebody, each with a name of its own."""

import datetime as dt
import hashlib
import io
import threading
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any, cast

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lti_grader.core.errors import Unavailable
from lti_grader.core.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


_MOST_SIZES = 100_000
_PART_BYTES = 16_777_216
"""Of a file that is kept while it is made; the store takes 10,000 parts."""
_READ_BYTES = 262_144


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"

    def __init__(self, raw: object) -> None:
        super().__init__("The file store does not answer just now. Your text is kept; try again in a moment.")
        self.raw = str(raw)


class BlobMissing(StorageUnavailable):
    """A row names a blob that the store does not have: restore it from a backup."""

    code, retryable = "blob_missing", False


class Blobs:
    """Content-addressed storage: the name of a blob is `sha256/<hex>` of its bytes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._made: S3Client | None = None
        self._sizes: dict[str, int] = {}

    def prepare(self) -> None:
        """Load what talking to the store takes (some 15 MB), so that processes forked from this one share it; nothing is asked of it."""
        _ = self._client

    @property
    def _client(self) -> "S3Client":
        with self._lock:
            if self._made is None:
                self._made = boto3.client(
                    "s3",
                    endpoint_url=self._settings.s3_endpoint_url,
                    aws_access_key_id=self._settings.s3_access_key_id,
                    aws_secret_access_key=self._settings.s3_secret_access_key.get_secret_value(),
                    region_name=self._settings.s3_region,
                    config=Config(
                        connect_timeout=2,
                        read_timeout=10,
                        retries={"max_attempts": 3, "mode": "standard"},
                        max_pool_connections=64,
                        s3={"addressing_style": "path"},
                    ),
                )
            return self._made

    def put(self, content: bytes) -> str:
        """Store `content` and return its name; storing it again changes nothing.

        Raises
        ------
        StorageUnavailable
            The store did not confirm that it has it.
        """
        ref = f"sha256/{hashlib.sha256(content).hexdigest()}"
        try:
            self._client.put_object(Bucket=self._settings.s3_bucket, Key=ref, Body=content)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error
        return ref

    def get(self, ref: str) -> bytes:
        """Return the bytes named `ref`.

        Raises
        ------
        BlobMissing
            The store answers, but has no such blob.
        StorageUnavailable
            The store does not answer.
        """
        try:
            return self._client.get_object(Bucket=self._settings.s3_bucket, Key=ref)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise BlobMissing(error) from error
            raise StorageUnavailable(error) from error
        except BotoCoreError as error:
            raise StorageUnavailable(error) from error

    def size(self, ref: str) -> int:
        """Return how many bytes the blob named `ref` has; what is asked once is remembered, for blobs never change.

        Raises
        ------
        BlobMissing, StorageUnavailable
        """
        if ref not in self._sizes:
            try:
                found = self._client.head_object(Bucket=self._settings.s3_bucket, Key=ref)["ContentLength"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                    raise BlobMissing(error) from error
                raise StorageUnavailable(error) from error
            except BotoCoreError as error:
                raise StorageUnavailable(error) from error
            if len(self._sizes) >= _MOST_SIZES:
                self._sizes.clear()
            self._sizes[ref] = found
        return self._sizes[ref]

    def keep(self, key: str, parts: Iterable[bytes]) -> int:
        """Keep under a name of its own what comes in parts, and return how many bytes it was; a part of it stands in memory.

        The store shows all of it or nothing: what breaks off is never there.

        Raises
        ------
        StorageUnavailable
            The store did not confirm that it has it. What `parts` raises is raised as it is.
        """
        source = _Parts(parts)
        file = cast("IO[bytes]", source)
        # In this thread: what is read from opens transactions.
        one_by_one = TransferConfig(
            multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, use_threads=False, max_concurrency=1
        )
        try:
            self._client.upload_fileobj(file, self._settings.s3_bucket, key, Config=one_by_one)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error
        return source.size

    def read(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Return the size of what is kept under a name, and its bytes part by part.

        Raises
        ------
        BlobMissing, StorageUnavailable
        """
        try:
            found = self._client.get_object(Bucket=self._settings.s3_bucket, Key=key)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                raise BlobMissing(error) from error
            raise StorageUnavailable(error) from error
        except BotoCoreError as error:
            raise StorageUnavailable(error) from error
        return found["ContentLength"], found["Body"].iter_chunks(_READ_BYTES)

    def remove(self, key: str) -> None:
        """Take away what is kept under a name, if it is there."""
        try:
            self._client.delete_object(Bucket=self._settings.s3_bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error

    def give_up(self, prefix: str, *, before: dt.datetime) -> int:
        """Take away what lies of files that were begun before a moment and never finished; return how many they were."""
        bucket, count = self._settings.s3_bucket, 0
        try:
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
            for begun in [one for page in pages for one in page.get("Uploads", ())]:
                if begun["Initiated"] < before:
                    self._client.abort_multipart_upload(Bucket=bucket, Key=begun["Key"], UploadId=begun["UploadId"])
                    count += 1
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error
        return count

    def ensure_bucket(self) -> None:
        """Make the bucket if it is not there."""
        bucket = self._settings.s3_bucket
        try:
            if bucket not in {one["Name"] for one in self._client.list_buckets()["Buckets"]}:
                self._client.create_bucket(Bucket=bucket)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error

    def ping(self) -> None:
        """Return if the bucket is there and can be read."""
        try:
            self._client.head_bucket(Bucket=self._settings.s3_bucket)
        except (BotoCoreError, ClientError) as error:
            raise StorageUnavailable(error) from error


class _Parts(io.RawIOBase):
    """A file that is read once, of what comes in parts."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._held = bytearray()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> Any:
        """Return as many bytes as are asked for, or what is left."""
        wanted = _PART_BYTES if size is None or size < 0 else size
        while len(self._held) < wanted and (part := next(self._parts, None)) is not None:
            self._held += part
        given = bytes(self._held[:wanted])
        del self._held[:wanted]
        self.size += len(given)
        return given
