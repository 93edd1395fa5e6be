"""The page on which an LMS's administrator registers this tool, inside of the LMS and without any cookie."""

import flask
from flask.typing import ResponseReturnValue

from lti_grader import adapters
from lti_grader.core.db import session, transaction
from lti_grader.core.errors import GraderError
from lti_grader.core.web import csrf
from lti_grader.lti import registration
from lti_grader.lti import registration_configuration as configurations
from lti_grader.lti import registration_dynamic as dynamic
from lti_grader.lti import registration_invitations as invitations
from lti_grader.lti.errors import RegistrationFailed
from lti_grader.lti.models import Deployment, Platform
from lti_grader.lti.products import product_of
from lti_grader.lti.products.canvas import Canvas
from lti_grader.lti.products.registering import Privacy
from lti_grader.lti.registration_models import RegistrationInvitation
from lti_grader.lti.views.blueprint import blueprint, now
from lti_grader.people.models import Tenant


# No session here: what the button sends is sealed, and of use only with the address that it came from.
@blueprint.route("/lti/register/<token>", methods=["GET", "POST"])
@csrf.exempt
def register(token: str) -> ResponseReturnValue:
    """Show what will be registered, and register it."""
    try:
        invitation = invitations.find(token, at=now())
        return _done(invitation) if flask.request.method == "POST" else _asked(invitation, token)
    except GraderError as error:
        # It has nothing to press, so that any LMS may show it in its frame.
        flask.g.frame_origins = ["*"]
        page = flask.render_template("administration/not_registered.html", message=error.message)
        return flask.make_response(page, error.status)


@blueprint.get("/lti/canvas.json")
def canvas_json() -> ResponseReturnValue:
    """The configuration that Canvas reads for a developer key."""
    own = registration.own_addresses(adapters.installed().settings.public_url)
    found = Canvas().developer_key(own, registration.logo(adapters.installed().settings.public_url))
    return flask.jsonify(found), 200, {"Cache-Control": "public, max-age=600"}


def _asked(invitation: RegistrationInvitation, token: str) -> ResponseReturnValue:
    given, held = flask.request.args, adapters.installed()
    url = given.get("openid_configuration", "")
    if not url:
        raise RegistrationFailed(
            "This address is for an LMS, not for a browser: its administrator enters it where the LMS registers LTI 1.3 tools"
            " by URL (dynamic registration), and the LMS then opens it with its own address."
        )
    offer = dynamic.Offer(invitation.id, configurations.fetch(url, held), given.get("registration_token") or None)
    flask.g.frame_origins = offer.origins()
    with transaction(invitation.tenant_id):
        institution = session().get_one(Tenant, invitation.tenant_id).name
    return flask.render_template(
        "administration/register.html",
        token=token,
        institution=institution,
        issuer=offer.configuration.issuer,
        label=offer.configuration.product.label,
        sealed=offer.seal(held, at=now()),
        placements=offer.placements(),
        privacies=Privacy,
        scopes=offer.scopes(),
    )


def _done(invitation: RegistrationInvitation) -> ResponseReturnValue:
    held, form = adapters.installed(), flask.request.form
    offer = dynamic.Offer.unseal(form.get("offer", ""), held, at=now())
    dynamic.require_same(offer, invitation.id)
    try:
        choice = dynamic.Choice(Privacy(form.get("privacy", "")), set(form.getlist("placement")))
    except ValueError:
        raise RegistrationFailed("Choose what the LMS tells of people: start again from the LMS.") from None
    platform_id = dynamic.complete(offer, choice, invitation.tenant_id, held, at=now())
    flask.g.frame_origins = offer.origins()
    with transaction(invitation.tenant_id):
        platform = session().get_one(Platform, platform_id)
        known = session().query(Deployment).filter_by(platform_id=platform_id).count()
    return flask.render_template(
        "administration/registered.html", platform=platform, product=product_of(platform), known=known
    )
