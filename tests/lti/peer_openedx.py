"""Open edX's LTI consumer as a platform of its own: `.venv-peer/bin/python peer_openedx.py TOOL_URL FOLDER [programmatic]`.

It runs in an environment of its own, prints one line of JSON (how the tool registers it), and serves. The launch,
token, keyset, line item, score and result views are those of the package; what is added here is what Open edX
would do around them: a page that begins a launch, a page that takes a deep-linking answer in, and one that shows
the scores.
"""

import json
import sys
import threading
import types
import wsgiref.simple_server
from pathlib import Path
from socketserver import ThreadingMixIn
from unittest import mock

import django
from django.conf import settings

tool_url, folder = sys.argv[1], Path(sys.argv[2])
# Columns are the tool's to make, instead of one that is there from the beginning.
programmatic = "programmatic" in sys.argv[3:]


class Server(ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_args):
        pass


server = Server(("127.0.0.1", 0), Quiet)
own_url = f"http://127.0.0.1:{server.server_port}"


# The package asks its host, the Open edX platform, for these; nothing of them matters to LTI.
class SwitchedOff:
    """A switch of the platform for one of the package's experiments."""

    def __init__(self, *_args):
        pass

    def is_enabled(self, _course):
        return False


for name in ("xmodule.modulestore.django", "openedx.core.djangoapps.waffle_utils"):
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        part = ".".join(parts[:length])
        sys.modules.setdefault(part, types.ModuleType(part))
sys.modules["xmodule.modulestore.django"].SignalHandler = mock.MagicMock()
sys.modules["openedx.core.djangoapps.waffle_utils"].CourseWaffleFlag = SwitchedOff

settings.configure(
    SECRET_KEY="of no importance", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True, PLATFORM_NAME="Peer",
    LMS_ROOT_URL=own_url, LTI_BASE=own_url, USAGE_ID_PATTERN=r"(?P<usage_id>i4x[^/]+)", DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "peer.sqlite"),
                           "OPTIONS": {"timeout": 20}}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                        "LOCATION": str(folder / "cache")}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
                    "rest_framework", "django_filters", "lti_consumer"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "edx_django_utils.cache.middleware.RequestCacheMiddleware",
                "edx_django_utils.cache.middleware.TieredCacheMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)  # fmt: skip
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponseRedirect, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from lti_consumer.data import Lti1p3LaunchData  # noqa: E402
from lti_consumer.models import Lti1p3Passport, LtiAgsLineItem, LtiConfiguration  # noqa: E402
from lti_consumer.plugin import compat  # noqa: E402


def no_block(_location):
    """There is no course behind the link, and so no block in it: the package then takes its own defaults."""
    raise ValueError("no block")


compat.load_enough_xblock = no_block
call_command("migrate", verbosity=0)
passport = Lti1p3Passport.objects.create(name="tool", lti_1p3_tool_keyset_url=f"{tool_url}/lti/jwks.json")
config = LtiConfiguration.objects.create(
    lti_1p3_passport=passport,
    version=LtiConfiguration.LTI_1P3, config_store=LtiConfiguration.CONFIG_ON_DB,
    lti_1p3_oidc_url=f"{tool_url}/lti/login", lti_1p3_launch_url=f"{tool_url}/lti/launch",
    lti_1p3_redirect_uris=[f"{tool_url}/lti/launch"],
    lti_advantage_deep_linking_enabled=True, lti_advantage_deep_linking_launch_url=f"{tool_url}/lti/launch",
    lti_advantage_ags_mode=LtiConfiguration.LTI_ADVANTAGE_AGS_PROGRAMMATIC if programmatic
    else LtiConfiguration.LTI_ADVANTAGE_AGS_DECLARATIVE,
)  # fmt: skip
if not programmatic:
    LtiAgsLineItem.objects.create(
        lti_configuration=config, resource_id="block-1", label="Peer column", score_maximum=100
    )
chosen = []


def begin(request):
    """Begin a launch as /begin?user=…&role=…[&deep=1] asks."""
    deep = "deep" in request.GET
    data = Lti1p3LaunchData(
        user_id=request.GET["user"], external_user_id=request.GET["user"], user_role=request.GET["role"],
        config_id=config.config_id, resource_link_id="block-1", name=request.GET.get("name"),
        message_type="LtiDeepLinkingRequest" if deep else "LtiResourceLinkRequest", context_id="course-v1:Peer+1",
        context_title="Peer Course", context_type=["course_offering"],
        custom_parameters=dict(chosen[-1].get("custom") or {}) if chosen and not deep else {},
    )  # fmt: skip
    consumer = LtiConfiguration.objects.get(pk=config.pk).get_lti_consumer()
    return HttpResponseRedirect(consumer.prepare_preflight_url(data))


@csrf_exempt
def take_choice(request, lti_config_id):
    """Check a deep-linking answer with the package, and keep what it brings."""
    consumer = LtiConfiguration.objects.get(pk=lti_config_id).get_lti_consumer()
    items = consumer.check_and_decode_deep_linking_token(request.POST["JWT"])
    chosen.extend(items)
    return JsonResponse({"items": items})


def scores(request):
    """Show every score that was taken."""
    found = [
        {"user": one.user_id, "given": one.score_given, "maximum": one.score_maximum, "timestamp": str(one.timestamp),
         "progress": one.grading_progress}
        for item in LtiAgsLineItem.objects.all() for one in item.scores.all()
    ]  # fmt: skip
    return JsonResponse({"scores": found})


def columns(request):
    """Show every column that there is."""
    found = list(LtiAgsLineItem.objects.values("label", "score_maximum", "resource_id", "tag"))
    return JsonResponse({"columns": found})


urlpatterns = [
    path("begin", begin),
    path("scores", scores),
    path("columns", columns),
    path("api/lti_consumer/v1/lti/<int:lti_config_id>/lti-dl/response", take_choice),
    path("api/", include("lti_consumer.plugin.urls")),
]

server.set_app(get_wsgi_application())
registration = {
    "issuer": own_url, "client_id": passport.lti_1p3_client_id, "name": "Open edX", "product_family": "openedx",
    "auth_login_url": f"{own_url}/api/lti_consumer/v1/launch/",
    "auth_token_url": f"{own_url}/api/lti_consumer/v1/token/{passport.passport_id}",
    "jwks_url": f"{own_url}/api/lti_consumer/v1/public_keysets/{passport.passport_id}",
    "deployments": ["1"],
}  # fmt: skip
print(json.dumps(registration), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
# The one who started it holds the other end: whatever ends that one ends this.
sys.stdin.read()
