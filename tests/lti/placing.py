"""A teacher in the picker, with the LMS that sent them there."""

import dataclasses
import uuid
from typing import Any

import flask
import jwt

from lti_grader.demo.lms.client import forms
from lti_grader.lti import claims as c
from tests.fixtures.world import World
from tests.lti.scripted import ScriptedPlatform, Way, browser

CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


@dataclasses.dataclass
class Page:
    text: str
    url: str = "http://localhost/"


@dataclasses.dataclass
class Place:
    """A course at the scripted platform, where teachers place assignments."""

    app: flask.Flask
    platform: ScriptedPlatform
    here: World

    def ask(self, sub: str = "person-1", **settings: Any) -> tuple[Way, Any]:
        """Begin to place something; return the browser, and where it was led."""
        given = {"deep_link_return_url": f"{self.platform.url}/return", "accept_types": ["ltiResourceLink"], **settings}
        way = browser(self.app, self.platform)
        way.login()
        asked = {name: value for name, value in given.items() if value is not ...}
        answer = way.launch(sub=sub, **{
            c.MESSAGE_TYPE: c.DEEP_LINKING_REQUEST, c.RESOURCE_LINK: ..., c.DEEP_LINKING_SETTINGS: asked,
        })  # fmt: skip
        return way, answer

    def choose(self, *assignments: uuid.UUID, **settings: Any) -> Any:
        way, answer = self.ask(**settings)
        assert answer.status_code == 303, answer.text[:500]
        form = {"what": "existing", "assignment": [str(one) for one in assignments]}
        return way.client.post(answer.headers["Location"], data=form)


def claims_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text[:500]
    token = forms(Page(answer.text))[0].fields["JWT"]
    return jwt.decode(token, options={"verify_signature": False})
