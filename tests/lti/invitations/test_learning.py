"""What an LMS does not tell when it registers, and its launches show: deployments and where its pages are."""

import uuid
from typing import Any

import flask
import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from lti_grader.core.db import session, transaction
from lti_grader.lti import claims as c
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.registration_models import RegistrationProposal
from tests.lti.invitations.registering import PLATFORM, Registering, Visit, deployments, invite, now, press, registered
from tests.lti.scripted import browser


class TestDeploymentsThatAreNotTold:
    """As Canvas does: the deployment appears when the tool is switched on."""

    @pytest.fixture(autouse=True)
    def _register(self, app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering) -> None:
        platform.answered = {"client_id": "client-1"}
        self.app, self.scripted, self.tenant = app, platform, tenant
        address = invite(tenant)
        assert "not said yet which deployment" in press(app, address, visit(address)).text
        self.platform = registered(platform.url)

    def launch(self, deployment: str) -> TestResponse:
        way = browser(self.app, self.scripted)
        way.login()
        return way.launch(**{c.DEPLOYMENT_ID: deployment})

    def test_the_first_ones_are_taken_in(self) -> None:
        assert self.launch("7:abc").status_code == 303
        assert self.launch("7:abc").status_code == 303
        assert self.launch("8:def").status_code == 303
        assert deployments(self.platform) == ["7:abc", "8:def"]

    def test_afterwards_they_wait_for_an_administrator(self) -> None:
        with transaction(self.tenant):
            session().execute(sa.update(Platform).values(learns_deployments_until=now()))
        for _ in range(2):
            assert self.launch("7:abc").status_code == 403
        assert deployments(self.platform) == []
        with transaction(self.tenant):
            (row,) = session().scalars(sa.select(RegistrationProposal)).all()
        assert (row.kind, row.value) == ("deployment", "7:abc")

    def test_no_more_than_twenty(self) -> None:
        with transaction(self.tenant):
            for number in range(20):
                session().add(
                    Deployment(tenant_id=self.tenant, platform_id=self.platform.id, deployment_id=f"d{number}")
                )
        assert self.launch("one-more").status_code == 403


def test_blackboards_deployments_are_never_taken_in_unasked(
    app: flask.Flask, tenant: uuid.UUID, visit: Visit, platform: Registering
) -> None:
    platform.configured[PLATFORM] = {"product_family_code": "BlackboardLearn"}
    platform.answered = {"client_id": "client-1"}
    address = invite(tenant)
    assert "Then add the deployment id" in press(app, address, visit(address)).text
    assert registered(platform.url).learns_deployments_until is None


@pytest.mark.parametrize(
    ("presentation", "custom", "proposed"),
    [
        ({"return_url": "https://school.instructure.com/courses/1/x"}, {}, ["https://school.instructure.com"]),
        ({"return_url": "https://school.instructure.com/x", "document_target": "window"}, {}, []),
        ({"return_url": "https://a.example; script-src *"}, {}, []),
        ({"return_url": "javascript:alert(1)"}, {}, []),
        ({"return_url": 5}, {}, []),
        ([], {}, []),
        ({}, {"canvas_api_domain": "school.instructure.com"}, ["https://school.instructure.com"]),
        ({}, {"canvas_api_domain": "$Canvas.api.domain"}, []),
        ({}, {"canvas_api_domain": "x.example 'unsafe"}, []),
        ({"return_url": "https://lms.example.edu/x"}, {}, []),
    ],
)
def test_where_the_pages_are_is_proposed_and_not_believed(
    app: flask.Flask, platform: Registering, presentation: Any, custom: Any, proposed: list[str]
) -> None:
    platform.register(product_family="canvas")
    for _ in range(2):
        way = browser(app, platform)
        way.login()
        launched = way.launch(**{c.LAUNCH_PRESENTATION: presentation, c.CUSTOM: custom})
        assert launched.status_code == 303
    found = registered(platform.url)
    assert found.frame_origins == ["https://lms.example.edu"]
    with transaction(found.tenant_id):
        assert list(session().scalars(sa.select(RegistrationProposal.value))) == proposed
