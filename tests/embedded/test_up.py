"""The README's commands, as a newcomer types them, and what is left behind when everything is killed."""

import contextlib
import dataclasses
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lti_grader.core.settings import Settings
from tests.embedded.waiting import answers, wait_until

ROOT = Path(__file__).parents[2]
LTI_GRADER = str(ROOT / ".venv" / "bin" / "lti-grader")
pytestmark = pytest.mark.timeout(480)
# To install, to start and to fill the demo takes a minute where nobody else is about.
SECONDS = 400


@dataclasses.dataclass
class Up:
    """A supervisor that was started from a shell."""

    process: "subprocess.Popen[bytes]"
    state: Path
    said: Path

    @property
    def ports(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.state / "ports.json").read_text())
        return found

    @property
    def tool(self) -> str:
        return f"http://127.0.0.1:{self.ports['web']}"

    @property
    def lms(self) -> str:
        return f"http://localhost:{self.ports['lms']}"

    def wait_for(self, words: str, seconds: float = SECONDS) -> "Up":
        """Return once it has said `words`."""

        def said() -> bool:
            if self.process.poll() is not None:
                pytest.fail(self.said.read_text())
            return words in self.said.read_text()

        wait_until(said, seconds)
        return self

    def shell(self, *argv: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        """Run a command beside it, with its state folder and no other setting."""
        return subprocess.run(
            argv, cwd=ROOT, env=_environment(self.state), input=given, capture_output=True, text=True, check=False
        )

    def descendants(self) -> list[int]:
        """Return all of its processes."""
        found, waiting = [], [self.process.pid]
        while waiting:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                    children = [int(one) for one in (task / "children").read_text().split()]
                    found += children
                    waiting += children
        return found

    def stop(self) -> None:
        """Do what Ctrl-C does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            self.process.wait(60)


def _environment(state: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    return {**kept, "LTI_GRADER_STATE": str(state), "PYTHONUNBUFFERED": "1"}


def start(state: Path, *command: str) -> Up:
    state.mkdir(parents=True, exist_ok=True)
    said = state.with_suffix(".said")
    with said.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=_environment(state), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    return Up(process, state, said)


def alive(pids: list[int]) -> list[int]:
    found = []
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state not in "ZX":
            found.append(pid)
    return found


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`make demo`, to the line that says where to click."""
    up = start(tmp_path_factory.mktemp("demo") / "var", "make", "demo")
    try:
        yield up.wait_for("choose who to be")
    finally:
        up.stop()


def test_make_demo_says_where_to_click(demo: Up) -> None:
    assert demo.lms in demo.said.read_text()
    home = httpx.get(demo.lms, trust_env=False)
    assert home.status_code == 200
    assert "Marta Lindqvist" in home.text


def test_the_demos_course_is_full_and_every_score_was_seen_in_the_lms(demo: Up) -> None:
    state = httpx.get(f"http://127.0.0.1:{demo.ports['lms']}/control/state", trust_env=False).json()
    assert [link["title"].partition(":")[0] for link in state["links"]] == ["Week 1", "Week 2", "Week 3", "Week 4"]
    assert len(state["grades"]) == 9
    assert {grade["score"] for grade in state["grades"]} > {10.0}


def test_everything_together_takes_less_than_promised(demo: Up) -> None:
    total = 0
    for pid in [demo.process.pid, *demo.descendants()]:
        # It may have ended since it was listed.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
    assert total / 1024 < 1200


def test_the_web_never_imports_what_only_analytics_needs(demo: Up) -> None:
    for pid in demo.descendants():
        if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes():
            mapped = Path(f"/proc/{pid}/maps").read_text()
            assert "numba" not in mapped
            assert "llvmlite" not in mapped


def test_the_doctor_finds_the_installation_and_nothing_wrong(demo: Up) -> None:
    done = demo.shell(LTI_GRADER, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"^ok +(\w+)", done.stdout, re.MULTILINE)[:4] == ["database", "redis", "storage", "sandbox"]


def test_a_made_up_department_comes_into_the_demo_lms_and_goes(demo: Up) -> None:
    def courses() -> int:
        return httpx.get(demo.lms, trust_env=False).text.count("Data Structures")

    done = demo.shell(LTI_GRADER, "seed", "--yes", "--students", "12")
    assert done.returncode == 0, done.stdout + done.stderr
    assert courses()
    done = demo.shell(LTI_GRADER, "seed", "--yes", "--remove")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not courses()


def test_a_platform_is_registered_from_the_shell(demo: Up) -> None:
    lms = {
        "issuer": "https://lms.example.edu", "client_id": "10000000000007", "name": "Example LMS",
        "product_family": "canvas", "auth_login_url": "https://sso.example.edu/authorize_redirect",
        "auth_token_url": "https://sso.example.edu/token", "jwks_url": "https://sso.example.edu/jwks",
        "deployments": ["7:abc"],
    }  # fmt: skip
    done = demo.shell(LTI_GRADER, "platforms", "add", "--tenant", "Example", given=json.dumps(lms))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["tool"]["login_url"] == f"{demo.tool}/lti/login"
    listed = json.loads(demo.shell(LTI_GRADER, "platforms", "list").stdout)
    assert [one["issuer"] for one in listed] == [demo.lms, "https://lms.example.edu"]
    assert demo.shell(LTI_GRADER, "platforms", "disable", lms["issuer"]).returncode == 0
    login = httpx.get(
        f"{demo.tool}/lti/login", trust_env=False,
        params={"iss": lms["issuer"], "client_id": lms["client_id"], "login_hint": "x", "target_link_uri": demo.tool},
    )  # fmt: skip
    assert login.status_code in (400, 403)
    assert demo.shell(LTI_GRADER, "platforms", "enable", lms["issuer"]).returncode == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [("{", "JSON"), ('{"issuer": "x"}', "client_id"), ('{"issuer": "x", "clientid": "y"}', "clientid")],
)
def test_a_registration_with_a_mistake_says_which(demo: Up, given: str, words: str) -> None:
    done = demo.shell(LTI_GRADER, "platforms", "add", given=given)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_in_use_is_refused_with_what_to_do(demo: Up) -> None:
    done = demo.shell(LTI_GRADER, "up")
    assert done.returncode == 2
    assert "--state" in done.stderr


def test_a_second_installation_beside_it_ends_completely_however_it_is_killed(demo: Up, tmp_path: Path) -> None:
    second = start(tmp_path / "second", LTI_GRADER, "up", "--no-demo").wait_for("The tool answers")
    try:
        assert not set(second.ports.values()) & set(demo.ports.values())
        assert httpx.get(f"{second.tool}/-/ready", trust_env=False).status_code == 200
        processes = second.descendants()
        assert len(processes) > 6
        second.process.kill()
        second.process.wait()
        wait_until(lambda: not alive(processes), 15)
        wait_until(lambda: not any(answers(second.ports[name]) for name in ("web", "postgres", "valkey", "s3")), 15)
        assert httpx.get(f"{demo.tool}/-/ready", trust_env=False).status_code == 200
        # What it kept is there again, with the same keys, at the next start.
        keys = (second.state / "secrets.json").read_text()
        again = start(second.state, LTI_GRADER, "up", "--no-demo").wait_for("The tool answers")
        second = again
        assert (second.state / "secrets.json").read_text() == keys
    finally:
        second.stop()
    assert second.process.returncode == 0


def test_given_servers_are_used_and_none_is_started(demo: Up, tmp_path: Path) -> None:
    import tomllib

    given = tomllib.loads((demo.state / "settings.toml").read_text())
    state = tmp_path / "given"
    state.mkdir()
    env = {**_environment(state), **{name.upper(): str(value) for name, value in given.items()}}
    env["PUBLIC_URL"] = ""
    said = tmp_path / "given.said"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [LTI_GRADER, "up", "--no-demo"], cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    up = Up(process, state, said)
    try:
        up.wait_for("The tool answers")
        assert "Starting nothing of its own" in said.read_text()
        assert not (state / "postgres").exists()
    finally:
        up.stop()


def test_every_command_of_the_readme_is_run_here_or_by_the_gate() -> None:
    readme = (ROOT / "README.md").read_text()
    named = set(re.findall(r"`((?:make|\.venv/bin/lti-grader) [a-z]+)", readme))
    named |= {line for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) for line in block.splitlines()}
    assert named == {
        "make demo",
        "make test",
        "make check",
        "make bench",
        ".venv/bin/lti-grader doctor",
        ".venv/bin/lti-grader seed",
    }


def test_make_bench_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "bench"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**_environment(tmp_path), "BENCH_STUDENTS": "20", "BENCH_SECONDS": "0.1",
             "BENCH_MEMBERS": "20", "BENCH_LAUNCHES": "20", "BENCH_ROUNDS": "1", "BENCH_SCORES": "120", "BENCH_LANGUAGES": "python",
             "BENCH_BURST_SECONDS": "2", "BENCH_RESULTS": "6500", "BENCH_QUIZ_SECONDS": "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("bare PyLTI1p3", "autosaves", "from Submit", "institution's board", "runs of /bin/true"):
        assert part in done.stdout
