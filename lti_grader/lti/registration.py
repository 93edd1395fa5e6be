"""Registering platforms."""

import uuid
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy.dialects.postgresql import insert

from lti_grader.core.db import session, system_transaction, transaction
from lti_grader.core.ids import new_id
from lti_grader.lti.errors import BadRegistration
from lti_grader.lti.http import is_safe_url
from lti_grader.lti.models import Deployment, Platform, ProductFamily
from lti_grader.people.models import Tenant


def printable(value: str) -> str:
    """Return a text that goes into a row and onto a page as it is; raise `ValueError` for any other."""
    if not value.isprintable():
        raise ValueError("must be of printable characters, in one line")
    return value


def origin(value: str) -> str:
    """Return an origin as it goes into a header, frame-ancestors: scheme, host and port, and no sign more."""
    found = origin_of(value)
    if found is None or value not in (found, found + "/"):
        raise ValueError(f"{value!r} is not an origin such as https://lms.example.edu")
    return found


def origin_of(url: str) -> str | None:
    """Return the origin of an address; None if it has none that may go into a header."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    found = f"{parts.scheme}://{parts.netloc}"
    wrong = not found.isascii() or any(sign in found for sign in " ;,'\"@*") or not found.isprintable()
    return None if parts.scheme not in ("https", "http") or not host or wrong else found


_Text = Annotated[str, Field(max_length=255), AfterValidator(printable)]
_Name = Annotated[_Text, Field(min_length=1)]


class Registration(BaseModel):
    """A platform as its administrator describes it."""

    model_config = ConfigDict(extra="forbid")

    issuer: _Name
    client_id: _Name
    name: _Text = ""
    product_family: ProductFamily = ProductFamily.OTHER
    auth_login_url: str
    auth_token_url: str
    auth_audience: _Text | None = None
    jwks_url: str
    frame_origins: list[Annotated[str, AfterValidator(origin)]] = []
    deployments: list[_Name] = Field(min_length=1)

    @field_validator("auth_login_url", "auth_token_url", "jwks_url")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not is_safe_url(value):
            raise ValueError("must be an https address (plain http only on this machine)")
        return value

    def origins(self) -> list[str]:
        """Return the origins of the platform's pages; that of its login where none are given."""
        if self.frame_origins:
            return self.frame_origins
        parts = urlsplit(self.auth_login_url)
        return [f"{parts.scheme}://{parts.netloc}"]


def read_registration(text: str) -> Registration:
    """Return the registration that a JSON text describes.

    Raises
    ------
    BadRegistration
        It is no JSON, or a field is missing or wrong; the message names each.
    """
    try:
        return Registration.model_validate_json(text)
    except ValidationError as error:
        raise _named(error) from None


def understand(values: Mapping[str, object]) -> Registration:
    """Return the registration that a form describes.

    Raises
    ------
    BadRegistration
        A field is missing or wrong; the message names each.
    """
    try:
        return Registration.model_validate(values)
    except ValidationError as error:
        raise _named(error) from None


def _named(error: ValidationError) -> BadRegistration:
    lines = [
        f"  {'.'.join(map(str, one['loc'])) or 'JSON'}: {one['msg'].removeprefix('Value error, ')}"
        for one in error.errors()
    ]
    return BadRegistration("The registration cannot be used:\n" + "\n".join(lines))


def add_platform(wanted: Registration, *, tenant_name: str) -> uuid.UUID:
    """Register a platform, or bring its registration up to date.

    Parameters
    ----------
    tenant_name
        The institution it belongs to; made if there is none of that name.

    Returns
    -------
    The platform's id.

    Raises
    ------
    BadRegistration
        Another institution has registered this issuer and client id.
    """
    with system_transaction() as opened:
        tenant_id = opened.scalar(sa.select(Tenant.id).where(Tenant.name == tenant_name))
    other = other_institution(wanted.issuer, wanted.client_id, tenant_id)
    if other is not None:
        raise BadRegistration(f"This issuer and client id are registered for {other!r}: name that with --tenant.")
    is_new = tenant_id is None
    tenant_id = tenant_id or new_id()
    with transaction(tenant_id):
        if is_new:
            session().add(Tenant(id=tenant_id, name=tenant_name))
            session().flush()
        return keep(wanted, tenant_id)


def other_institution(issuer: str, client_id: str, tenant_id: uuid.UUID | None) -> str | None:
    """Return the name of another institution that has registered this issuer and client id, None if there is none."""
    with system_transaction() as opened:
        return opened.scalar(
            sa.select(Tenant.name)
            .join(Platform, Platform.tenant_id == Tenant.id)
            .where(
                Platform.issuer == issuer,
                Platform.client_id == client_id,
                Platform.tenant_id.is_distinct_from(tenant_id),
            )
        )


def keep(wanted: Registration, tenant_id: uuid.UUID) -> uuid.UUID:
    """Write a registration down in the open transaction, or bring it up to date, and return the platform's id."""
    values = wanted.model_dump(exclude={"deployments", "frame_origins", "issuer", "client_id"}) | {
        "frame_origins": wanted.origins(),
        "name": wanted.name or urlsplit(wanted.issuer).netloc or wanted.issuer,
    }
    platform_id = (
        session()
        .scalars(
            insert(Platform)
            .values(id=new_id(), tenant_id=tenant_id, issuer=wanted.issuer, client_id=wanted.client_id, **values)
            .on_conflict_do_update(index_elements=["issuer", "client_id"], set_=values)
            .returning(Platform.id)
        )
        .one()
    )
    for one in wanted.deployments:
        session().execute(
            insert(Deployment)
            .values(id=new_id(), tenant_id=tenant_id, platform_id=platform_id, deployment_id=one)
            .on_conflict_do_nothing(index_elements=["platform_id", "deployment_id"])
        )
    return platform_id


def own_addresses(public_url: str) -> dict[str, str]:
    """Return the addresses that a platform's administrator enters on their side."""
    return {
        "login_url": f"{public_url}/lti/login",
        "redirect_url": f"{public_url}/lti/launch",
        "target_link_uri": f"{public_url}/lti/launch",
        "deep_linking_url": f"{public_url}/lti/launch",
        "jwks_url": f"{public_url}/lti/jwks.json",
    }


def logo(public_url: str) -> str:
    """Return the address of our picture."""
    return f"{public_url}/static/logo.svg"


def describe(platform: Platform, deployments: list[str]) -> dict[str, Any]:
    """Return a platform as JSON-able values, in the form that `platforms add` takes, with its state."""
    fields = ("issuer", "client_id", "name", "product_family", "auth_login_url", "auth_token_url", "auth_audience",
              "jwks_url", "frame_origins")  # fmt: skip
    return {name: getattr(platform, name) for name in fields} | {
        "deployments": deployments,
        "id": str(platform.id),
        "disabled_at": platform.disabled_at.isoformat() if platform.disabled_at else None,
    }
