"""S3: what students hand in, named by its own hash."""

import hashlib
import threading
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lti_grader.core.errors import Unavailable
from lti_grader.core.settings import Settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


_MOST_SIZES = 100_000


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
