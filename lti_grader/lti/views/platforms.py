"""The pages on which administrators look after registered platforms."""

import uuid
from collections.abc import Mapping
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import Conflict, GraderError
from lti_grader.core.web import SignedInAdministrator, administrator
from lti_grader.lti import (
    registration,
    registration_changes,
    registration_check,
    registration_learning,
    registration_queries,
)
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti.errors import BadRegistration
from lti_grader.lti.models import Platform, ProductFamily
from lti_grader.lti.products import PRODUCTS, product_of
from lti_grader.lti.views.blueprint import now
from lti_grader.people.models import Tenant
from lti_grader.people.operations import note

blueprint = flask.Blueprint("platforms", __name__, url_prefix="/administration/platforms")
_FIELDS = (
    "issuer",
    "client_id",
    "name",
    "product_family",
    "auth_login_url",
    "auth_token_url",
    "auth_audience",
    "jwks_url",
)


@blueprint.before_request
def stand_alone() -> None:
    """Let no other site hold these pages in a frame."""
    flask.g.frame_origins = []


def _page(name: str, me: SignedInAdministrator, **values: Any) -> str:
    institution = session().get_one(Tenant, me.tenant_id).name
    own = registration.own_addresses(adapters.installed().settings.public_url)
    labels = {family: one.label for family, one in PRODUCTS.items()} | {ProductFamily.OTHER: "Another LMS"}
    return flask.render_template(
        f"administration/{name}.html", me=me, institution=institution, own=own, labels=labels, now=now(), **values
    )


def _back(platform_id: uuid.UUID) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("platforms.platform", platform_id=platform_id), 303)


@blueprint.get("/")
def all_of_them() -> ResponseReturnValue:
    """The platforms and the registration addresses of the institution."""
    me = administrator()
    with transaction(me.tenant_id):
        return _page("platforms", me, lines=registration_queries.platform_lines(), invitations=invitations.listed())


@blueprint.post("/invitations")
def invite() -> ResponseReturnValue:
    """Make a registration address, and show it this once."""
    me = administrator()
    with transaction(me.tenant_id):
        token = invitations.make(administrator_id=me.administrator_id, at=now())
        note(me.administrator_id, "invitation.made", "Made a registration address.", at=now())
        address = f"{adapters.installed().settings.public_url}{flask.url_for('lti.register', token=token)}"
        return _page("invitation", me, address=address, products=PRODUCTS.values())


@blueprint.post("/invitations/<uuid:invitation_id>/revoke")
def revoke(invitation_id: uuid.UUID) -> ResponseReturnValue:
    """Take a registration address back."""
    me = administrator()
    with transaction(me.tenant_id):
        if invitations.revoke(invitation_id, at=now()):
            note(me.administrator_id, "invitation.revoked", "Took a registration address back.", at=now())
    return flask.redirect(flask.url_for("platforms.all_of_them"), 303)


def _given(**fixed: object) -> registration.Registration:
    form = flask.request.form
    values: dict[str, Any] = {name: form.get(name, "").strip() for name in _FIELDS}
    values["auth_audience"] = values["auth_audience"] or None
    for name in ("frame_origins", "deployments"):
        values[name] = [line.strip() for line in form.get(name, "").splitlines() if line.strip()]
    return registration.understand(values | fixed)


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Register a platform by hand."""
    me, error = administrator(), ""
    if flask.request.method == "POST":
        try:
            wanted = _given()
            registration_changes.require_free(wanted, me.tenant_id)
            with transaction(me.tenant_id):
                made = registration_changes.add(wanted, me.administrator_id, at=now())
            return _back(made)
        except (BadRegistration, Conflict) as refusal:
            error = refusal.message
    with transaction(me.tenant_id):
        page = _page("new_platform", me, error=error, form=flask.request.form)
    return flask.make_response(page, 422 if error else 200)


@blueprint.get("/<uuid:platform_id>")
def platform(platform_id: uuid.UUID) -> ResponseReturnValue:
    """One platform."""
    return _one(platform_id)


@blueprint.post("/<uuid:platform_id>")
def change(platform_id: uuid.UUID) -> ResponseReturnValue:
    """Change a registration."""
    me = administrator()
    try:
        with transaction(me.tenant_id):
            row = registration_changes.platform(platform_id)
        # What it is known by stays; its deployments have a list of their own.
        wanted = _given(issuer=row.issuer, client_id=row.client_id, deployments=["unchanged"])
        with transaction(me.tenant_id):
            registration_changes.change(platform_id, wanted, me.administrator_id, at=now())
    except BadRegistration as refusal:
        return _one(platform_id, refusal, form=flask.request.form)
    return _back(platform_id)


def _one(
    platform_id: uuid.UUID, error: GraderError | None = None, form: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    me = administrator()
    with transaction(me.tenant_id):
        row = registration_changes.platform(platform_id)
        page = _page(
            "platform", me, platform=row, product=product_of(row), form=form or _as_form(row), error=error.message if error else "",
            deployments=registration_queries.deployment_lines(row.id),
            proposals=registration_learning.proposals(row.id),
        )  # fmt: skip
    return flask.make_response(page, error.status if error else 200)


def _as_form(row: Platform) -> dict[str, str]:
    return {name: getattr(row, name) or "" for name in _FIELDS} | {"frame_origins": "\n".join(row.frame_origins)}


@blueprint.post("/<uuid:platform_id>/state")
def set_state(platform_id: uuid.UUID) -> ResponseReturnValue:
    """Switch a platform off or on."""
    me, disabled = administrator(), flask.request.form.get("state") == "off"
    with transaction(me.tenant_id):
        registration_changes.set_disabled(platform_id, me.administrator_id, disabled=disabled, at=now())
    return _back(platform_id)


@blueprint.post("/<uuid:platform_id>/deployments")
def add_deployment(platform_id: uuid.UUID) -> ResponseReturnValue:
    """Let launches of a deployment in."""
    me = administrator()
    try:
        with transaction(me.tenant_id):
            given = flask.request.form.get("deployment_id", "")
            registration_changes.add_deployment(platform_id, given, me.administrator_id, at=now())
    except BadRegistration as refusal:
        return _one(platform_id, refusal)
    return _back(platform_id)


@blueprint.post("/<uuid:platform_id>/deployments/<uuid:deployment_id>/remove")
def remove_deployment(platform_id: uuid.UUID, deployment_id: uuid.UUID) -> ResponseReturnValue:
    """Refuse launches of a deployment."""
    me = administrator()
    try:
        with transaction(me.tenant_id):
            registration_changes.remove_deployment(platform_id, deployment_id, me.administrator_id, at=now())
    except Conflict as refusal:
        return _one(platform_id, refusal)
    return _back(platform_id)


@blueprint.post("/<uuid:platform_id>/proposals/<uuid:proposal_id>")
def decide(platform_id: uuid.UUID, proposal_id: uuid.UUID) -> ResponseReturnValue:
    """Accept or decline what a launch showed."""
    me, accepted = administrator(), flask.request.form.get("decision") == "accept"
    with transaction(me.tenant_id):
        registration_changes.decide(platform_id, proposal_id, me.administrator_id, accepted=accepted, at=now())
    return _back(platform_id)


@blueprint.post("/<uuid:platform_id>/test")
def test(platform_id: uuid.UUID) -> ResponseReturnValue:
    """Try a registration out."""
    me = administrator()
    lines = registration_check.check(me.tenant_id, platform_id, adapters.installed())
    with transaction(me.tenant_id):
        return _page("check", me, platform=registration_changes.platform(platform_id), lines=lines)
