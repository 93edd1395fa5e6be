"""Settings: typed, read once, and passed on from there; nothing else looks at the environment."""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, HttpUrl, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from lti_grader.core.errors import SettingsError
from lti_grader.core.paths import project_folder

_HTTP_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


class Settings(BaseSettings):
    """Everything that differs between one installation and another.

    Each field can be given in `configs/default.toml`, in the file that `LTI_GRADER_CONFIG` names, or
    in the environment under its upper-case name; the last of these wins.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_ignore_empty=True)

    database_url: str
    """The application's connection, as a role that owns no table (see `core.tenancy`)."""
    database_owner_url: str = ""
    """The connection that migrates. Empty where this process has no business migrating."""
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 20
    redis_url: SecretStr
    s3_endpoint_url: str | None = None
    s3_access_key_id: str
    s3_secret_access_key: SecretStr
    s3_bucket: str = "lti-grader"
    s3_region: str = "us-east-1"

    secret_key: SecretStr
    """Signs CSRF tokens; at least 32 characters."""
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode]
    """Keys that seal secrets in the database (Fernet, url-safe base64), newest first, separated by commas."""
    public_url: str
    """The tool's own address as browsers and platforms see it, without a path."""
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    rate_limit_factor: Annotated[float, Field(ge=0, le=1000)] = 1
    """What the paces in `pages` are multiplied by; 0 for no limits."""

    max_code_bytes: Annotated[int, Field(ge=1024, le=4_194_304)] = 65_536
    max_asset_bytes: Annotated[int, Field(ge=1024, le=1_073_741_824)] = 52_428_800
    """The largest file that is fetched from an LMS; a worker holds it in memory while it does."""
    autosave_seconds: Annotated[int, Field(ge=2, le=300)] = 30
    draft_flush_seconds: Annotated[float, Field(gt=0, le=600)] = 10
    grading_lease_seconds: Annotated[float, Field(gt=0, le=3600)] = 60
    grading_resend_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    grading_max_tries: Annotated[int, Field(ge=1, le=100)] = 5
    sweep_seconds: Annotated[float, Field(gt=0, le=600)] = 5
    queue_seconds: Annotated[float, Field(gt=0, le=3600)] = 30
    """Within which time a full queue should be empty: how many workers that takes is told to what adds them."""
    metrics_token: SecretStr | None = None
    """What whoever reads `/-/metrics` has to bring, at least 16 characters; without one nobody reads it."""
    sandbox: Literal["auto", "slot", "bubblewrap"] = "auto"
    sandbox_slots: Annotated[int, Field(ge=0, le=1024)] = 0
    languages_folder: Path | None = None
    """Where a site keeps descriptions of languages of its own, beside those of configs/languages."""
    session_hours: Annotated[float, Field(gt=0, le=168)] = 12
    session_idle_minutes: Annotated[int, Field(ge=5, le=1440)] = 120
    """How long a session that needs no cookie is kept without a request."""
    launch_seconds: Annotated[int, Field(ge=30, le=3600)] = 600
    clock_leeway_seconds: Annotated[int, Field(ge=2, le=300)] = 60
    lms_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = 10
    lms_connect_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 5
    lms_on_private_networks: bool = False
    """Whether an LMS that registers itself may stand on addresses that only your own network knows."""
    passback_round_seconds: Annotated[float, Field(ge=1, le=60)] = 15
    """How long scores are claimed and sent in one round, and how old a column's reading may be when one is posted."""
    reconcile_hour: Annotated[int, Field(ge=0, le=23)] = 1
    """The hour, in UTC, from which on the LMSs' columns are compared with what we believe, each night."""
    delivery_max_tries: Annotated[int, Field(ge=1, le=100)] = 14
    roster_hours: Annotated[float, Field(gt=0, le=168)] = 12
    roster_full_days: Annotated[float, Field(ge=0, le=90)] = 7
    roster_idle_days: Annotated[float, Field(ge=1, le=3650)] = 60
    smtp_host: str = ""
    """The site's mail server; without one people are told on their page only."""
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    mail_from: str = ""
    """The address that e-mails come from, such as "Grader <grader@example.edu>"."""
    mail_hour: Annotated[int, Field(ge=0, le=23)] = 6
    """The hour, in UTC, at which the e-mails of a day and of a week are sent."""
    state_dir: Path = Path("var")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the files, which arrive as the initial values."""
        return (env_settings, init_settings)

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("encryption_keys")
    @classmethod
    def _at_least_one_key(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("give at least one key; `lti-grader keys generate` prints one")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must be at least 16 characters long")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must be at least 32 characters long")
        return value

    @field_validator("database_url", "database_owner_url")
    @classmethod
    def _psycopg(cls, value: str) -> str:
        if not value:
            return value
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise ValueError("must look like postgresql://user:password@host:5432/name")
        return f"postgresql+psycopg://{rest}"

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        url = _HTTP_URL.validate_python(value)
        if url.scheme == "http" and url.host not in ("localhost", "127.0.0.1", "[::1]"):
            raise ValueError("must begin with https:// (plain http is only for this machine itself)")
        if url.path not in (None, "/"):
            raise ValueError("must be a bare address such as https://grader.example.edu")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _mail_comes_from_somebody(self) -> Self:
        if self.smtp_host and "@" not in self.mail_from:
            raise ValueError("SMTP_HOST is set: MAIL_FROM has to be the address that e-mails come from")
        return self

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Read the files and the environment.

        Parameters
        ----------
        overrides
            Values that stand over the files and under the environment, by field name.

        Raises
        ------
        SettingsError
            A value is missing, unknown or out of its range; the message names each of them.
        """
        values = _read_file(project_folder("configs") / "default.toml")
        if extra := os.environ.get("LTI_GRADER_CONFIG"):
            values |= _read_file(Path(extra))
        try:
            return cls(**(values | overrides))
        except ValidationError as error:
            raise SettingsError(_in_words(error)) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be read ({error.strerror}): check LTI_GRADER_CONFIG."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}.") from None


def _in_words(error: ValidationError) -> str:
    lines = ["These settings need your attention:"]
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else "(settings)"
        said = {"missing": "is not set", "extra_forbidden": "is not a setting: check its spelling"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        lines.append(f"  {name.upper()}: {said}")
    lines.append("Set them in the environment, or in the file that LTI_GRADER_CONFIG names.")
    return "\n".join(lines)
