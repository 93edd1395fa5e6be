"""What an LMS is asked for when it registers."""

import uuid

import flask

from lti_grader.adapters import Adapters
from lti_grader.lti import claims as c
from lti_grader.lti.registration_dynamic import TOOL_CONFIGURATION
from tests.lti.invitations.registering import (
    CANVAS,
    PLATFORM,
    Registering,
    Visit,
    configuration,
    invite,
    press,
    registered,
)


def test_canvas_gets_what_canvas_understands(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    for prefix in (CANVAS, ""):
        platform.configured |= {
            "authorization_server": "sso.canvaslms.com",
            PLATFORM: {
                "product_family_code": "canvas", f"{CANVAS}account_name": "School of Rock",
                "messages_supported": [
                    {"type": "LtiResourceLinkRequest", "placements": [f"{prefix}course_navigation", f"{prefix}file_menu"]},
                    {"type": "LtiDeepLinkingRequest", "placements": [f"{prefix}assignment_selection",
                                                                     f"{prefix}submission_type_selection"]},
                ],
            },
        }  # fmt: skip
        address = invite(tenant)
        assert press(app, address, visit(address), privacy="names").status_code == 200
        tool = platform.to("/register")[-1].json[TOOL_CONFIGURATION]
        assert {one["type"]: one["placements"] for one in tool["messages"]} == {
            "LtiResourceLinkRequest": [f"{prefix}course_navigation"],
            "LtiDeepLinkingRequest": [f"{prefix}assignment_selection"],
        }
        assert tool[f"{CANVAS}privacy_level"] == "name_only"
        assert tool["custom_parameters"].items() >= {
            "canvas_api_domain": "$Canvas.api.domain", "lti_grader_sections": "$com.instructure.User.sectionNames",
        }.items()  # fmt: skip
    found = registered(platform.url)
    assert (found.name, found.auth_audience) == ("School of Rock", None)


def test_a_message_without_a_placement_is_not_asked_of_canvas(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured[PLATFORM] = {
        "product_family_code": "canvas",
        "messages_supported": [{"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]}],
    }
    address = invite(tenant)
    assert press(app, address, visit(address), placement=[]).status_code == 200
    assert platform.to("/register")[-1].json[TOOL_CONFIGURATION]["messages"] == []


def test_without_a_token_none_is_sent_and_without_a_list_the_usual_is_asked_for(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured = configuration(platform.url, scopes_supported=None, **{PLATFORM: {}})
    address = invite(tenant)
    assert press(app, address, visit(address, registration_token="")).status_code == 200
    (asked,) = platform.to("/register")
    assert "Authorization" not in asked.headers
    assert set(asked.json["scope"].split()) == set(c.SCOPES)
    assert [one["type"] for one in asked.json[TOOL_CONFIGURATION]["messages"]] == [
        "LtiResourceLinkRequest", "LtiDeepLinkingRequest",
    ]  # fmt: skip


def test_the_lms_s_token_is_not_on_the_page(tenant: uuid.UUID, visit: Visit, held: Adapters) -> None:
    assert "a-secret-token" not in visit(invite(tenant), registration_token="a-secret-token").text
