"""What an LMS tells of itself when it registers: what is read, and what is refused."""

import uuid
from typing import Any

import pytest

from lti_grader.core.settings import Settings
from lti_grader.lti.errors import RegistrationFailed
from lti_grader.lti.reach import require_reachable
from lti_grader.lti.registration_configuration import understand
from tests.lti.invitations.registering import BASE, PLATFORM, Registering, Visit, configuration, invite


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, "<html>Maintenance</html>"), "not JSON"),
        ((404, {}, {}), "answered 404"),
        ((302, {"Location": "http://127.0.0.1:1/"}, ""), "answered 302"),
        ((200, {}, []), "cannot be used"),
        ((200, {}, {"issuer": 5}), "issuer"),
        ((200, {}, "x" * 300_000), "longer than"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_told_in_words(
    tenant: uuid.UUID, visit: Visit, platform: Registering, answer: Any, words: str
) -> None:
    platform.script["/configuration"] = [answer]
    page = visit(invite(tenant))
    assert page.status_code == 422
    assert words in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": "https://other.example.edu"}, "register only itself"),
        ({"issuer": f"{BASE}:8443"}, "register only itself"),
        ({"issuer": "x" * 300}, "issuer"),
        ({"issuer": f"{BASE}\n"}, "issuer"),
        ({"registration_endpoint": "http://lms.example.edu/register"}, "https"),
        ({"registration_endpoint": "file:///etc/passwd"}, "https"),
        ({"token_endpoint": "javascript:alert(1)"}, "https"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"response_types_supported": ["code"]}, "id_token"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, "private_key_jwt"),
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "RS256"),
    ],
)
def test_a_configuration_that_would_do_harm_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(RegistrationFailed, match=words):
        understand(configuration(BASE, **changes), f"{BASE}/.well-known/openid-configuration")


def test_each_product_is_its_own_issuer_in_its_own_way() -> None:
    assert understand(configuration(BASE), f"{BASE}:443/x").issuer == BASE
    blackboard = configuration("https://blackboard.com", **{PLATFORM: {"product_family_code": "BlackboardLearn"}})
    assert understand(blackboard, "https://developer.blackboard.com/x").family == "blackboard"
    for url in ("https://evil.example/x", "https://evilblackboard.com/x", "https://blackboard.com.evil.example/x"):
        with pytest.raises(RegistrationFailed, match="only itself"):
            understand(blackboard, url)


@pytest.mark.parametrize("listed", [["LtiDeepLinkingRequest"], [{"type": 5}, None, {}, {"type": "X", "placements": 3}]])
def test_message_types_in_any_form_are_read(listed: Any) -> None:
    found = configuration(BASE, **{PLATFORM: {"messages_supported": listed}})
    assert set(understand(found, BASE).offered()) <= {"LtiDeepLinkingRequest", "X"}


class TestReach:
    """Whom this server may be made to call."""

    @pytest.fixture
    def abroad(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"public_url": "https://grader.example.edu"})

    @pytest.mark.parametrize(
        "host",
        ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.5", "192.168.1.1", "169.254.169.254",
         "[fe80::1]", "0.0.0.0", "224.0.0.1", "[::ffff:10.0.0.5]", "100.64.0.1"],
    )  # fmt: skip
    def test_this_machine_and_the_network_around_it_are_out_of_reach(self, abroad: Settings, host: str) -> None:
        with pytest.raises(RegistrationFailed, match="network"):
            require_reachable(f"https://{host}/x", "It", abroad)

    def test_an_lms_inside_is_reached_where_the_operator_says_so(self, abroad: Settings) -> None:
        inside = abroad.model_copy(update={"lms_on_private_networks": True})
        require_reachable("https://10.0.0.5/x", "It", inside)
        for host in ("127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"):
            with pytest.raises(RegistrationFailed):
                require_reachable(f"https://{host}/x", "It", inside)

    def test_a_name_that_nobody_knows_is_said(self, abroad: Settings) -> None:
        with pytest.raises(RegistrationFailed, match="cannot find"):
            require_reachable("https://lms.invalid/x", "It", abroad)
