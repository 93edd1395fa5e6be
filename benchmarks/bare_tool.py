"""The smallest tool that PyLTI1p3 and Flask make: it checks a launch and greets. Nothing is mapped, kept or shown.

Its platform's keys are given to it, where by default PyLTI1p3 would fetch them for every launch.
"""

import json
import os

from flask import Flask, session
from pylti1p3.contrib.flask import FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict
from werkzeug.wrappers import Response

app = Flask(__name__)
app.secret_key = "not of any importance here"
_config = ToolConfDict(json.loads(os.environ["BARE_TOOL_CONFIG"]))
for _issuer, _entries in json.loads(os.environ["BARE_TOOL_CONFIG"]).items():
    for _entry in _entries:
        _config.set_private_key(_issuer, os.environ["BARE_TOOL_KEY"], _entry["client_id"])


@app.get("/login")
def login() -> Response:
    """Answer a login request."""
    request = FlaskRequest()
    return FlaskOIDCLogin(request, _config).redirect(request.get_param("target_link_uri"))


@app.post("/launch")
def launch() -> str:
    """Check a launch."""
    data = FlaskMessageLaunch(FlaskRequest(), _config).get_launch_data()
    session["user"] = data["sub"]
    return f"Hello, {data['name']}"
