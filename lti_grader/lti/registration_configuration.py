"""What an LMS says of itself when it registers (OpenID Connect Discovery; LTI Dynamic Registration 1.0, section 3.5)."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from lti_grader.adapters import Adapters
from lti_grader.lti import http
from lti_grader.lti.errors import RegistrationFailed, ServiceError
from lti_grader.lti.models import ProductFamily
from lti_grader.lti.products import PRODUCTS, Product, family_called
from lti_grader.lti.reach import require_reachable
from lti_grader.lti.registration import printable

_MOST_BYTES = 256 * 1024
_Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(printable)]
_Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(printable)]
_CALLED = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")


class PlatformConfiguration(BaseModel):
    """A platform's configuration, as far as it concerns us."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    issuer: _Text
    authorization_endpoint: _Url
    token_endpoint: _Url
    jwks_uri: _Url
    registration_endpoint: _Url
    authorization_server: Annotated[str, Field(max_length=255), AfterValidator(printable)] | None = None
    scopes_supported: list[str] | None = None
    response_types_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    id_token_signing_alg_values_supported: list[str] | None = None
    platform: dict[str, Any] = Field(default={}, alias="https://purl.imsglobal.org/spec/lti-platform-configuration")

    @property
    def family(self) -> ProductFamily:
        """The product that it says it is."""
        return family_called(self.platform.get("product_family_code")) or ProductFamily.OTHER

    @property
    def product(self) -> Product:
        return PRODUCTS[self.family]

    def offered(self) -> dict[str, list[str]]:
        """Return the message types it offers, each with its placements; empty where it does not say."""
        found: dict[str, list[str]] = {}
        listed = self.platform.get("messages_supported")
        for one in listed if isinstance(listed, list) else ():
            # Some list bare names.
            described = one if isinstance(one, dict) else {"type": one}
            kind, placed = described.get("type"), described.get("placements")
            if isinstance(kind, str):
                names = [name for name in placed if isinstance(name, str)] if isinstance(placed, list) else []
                found.setdefault(kind, []).extend(names)
        return found


def fetch(url: str, held: Adapters) -> PlatformConfiguration:
    """Return the configuration at the address that the LMS gave.

    Raises
    ------
    RegistrationFailed
        The address may not be called, does not answer, or gives something that cannot be used.
    """
    settings = held.settings
    require_reachable(url, "The address of the LMS's configuration", settings)
    try:
        answer = http.call(
            "GET", url, timeout=settings.lms_timeout_seconds, connect=settings.lms_connect_timeout_seconds,
            most_bytes=_MOST_BYTES, headers={"Accept": "application/json"},
        )  # fmt: skip
        found = http.as_json(answer)
    except ServiceError as error:
        raise RegistrationFailed(
            f"The LMS's configuration cannot be read: {error.message} Start again from the LMS; if it stays so, its"
            f" administrator looks whether {url[:200]} opens from outside of its own network."
        ) from error
    read = understand(found, url)
    for name in _CALLED[1:]:
        require_reachable(getattr(read, name), f"Its {name}", settings)
    return read


def understand(found: object, url: str) -> PlatformConfiguration:
    """Return a configuration that can be used, as it was found at `url`.

    Raises
    ------
    RegistrationFailed
        Something is missing or wrong; the message names each.
    """
    try:
        read = PlatformConfiguration.model_validate(found)
    except ValidationError as error:
        named = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'it'}: {one['msg']}" for one in error.errors()[:8])
        raise RegistrationFailed(f"The LMS's configuration cannot be used: {named}.") from None
    for name in _CALLED:
        if not http.is_safe_url(getattr(read, name)):
            raise RegistrationFailed(f"The LMS's configuration cannot be used: its {name} is not an https address.")
    if not read.product.is_issuer_of(read.issuer, url):
        raise RegistrationFailed(
            f"The configuration at {url[:200]} speaks for another server, {read.issuer}: an LMS can register only itself."
        )
    _require(read.response_types_supported, "id_token", "the response type id_token")
    _require(read.token_endpoint_auth_methods_supported, "private_key_jwt", "clients that sign, private_key_jwt")
    _require(read.id_token_signing_alg_values_supported, "RS256", "signatures of the kind RS256")
    return read


def _require(listed: list[str] | None, wanted: str, words: str) -> None:
    # Who does not list it leaves it to the specification, which asks for it.
    if listed and wanted not in listed:
        raise RegistrationFailed(f"The LMS says that it does not know {words}, which LTI 1.3 needs.")
