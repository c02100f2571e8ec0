"""A PostgreSQL and a Redis of a test's own, in folders of their own, that may be killed and started again.

What is tested here is durability: fsync is on, commits are synchronous.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

from tests.fault.servers import as_account, kill_pid, own_folder, quiet_port, wait_for, working_in

OWNER, APP, DATABASE = "laizhou_owner", "laizhou_app", "laizhou"
START_S, ORPHANS_S = 60, 15
_SETTINGS = """
unix_socket_directories = '{folder}'
listen_addresses = '127.0.0.1'
port = {port}
fsync = on
full_page_writes = on
synchronous_commit = on
shared_buffers = 64MB
max_connections = 80
jit = off
max_parallel_workers_per_gather = 0
log_error_verbosity = terse
log_min_error_statement = panic
"""
_ROLES = f"""
CREATE ROLE {OWNER} LOGIN CREATEDB;
CREATE ROLE {APP} LOGIN;
GRANT {APP} TO {OWNER};
"""
_HIGHEST_NUMBER = """SELECT greatest(max(xid), 0) FROM
                     (SELECT xid FROM common_changerow UNION ALL SELECT xid FROM common_changereader) AS kept"""
_EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")


def binaries() -> Path:
    """Programs of the newest PostgreSQL that has PostGIS."""
    found = [Path(f"/usr/lib/postgresql/{one.parent.parent.name}/bin")
             for one in Path("/usr/share/postgresql").glob("*/extension/postgis.control")]  # fmt: skip
    return max((one for one in found if (one / "postgres").exists()), key=lambda one: int(one.parent.name))


def database_account() -> str:
    """PostgreSQL refuses root."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


class Cluster:
    """A PostgreSQL with the two roles of the product.

    Attributes:
        folder: socket, log and data.
        port: of the loopback and of the socket.
        kills: how often the postmaster was killed.
    """

    def __init__(self) -> None:
        self.account = database_account()
        self.folder = own_folder("postgres", self.account)
        self.data, self.port, self.kills = self.folder / "data", quiet_port(), 0
        self._process: subprocess.Popen[bytes] | None = None
        self._run([str(binaries() / "initdb"), "-D", str(self.data), "-U", "postgres", "--encoding=UTF8",
                   "--locale=C.UTF-8", "--auth=trust", "--data-checksums", "--no-sync"])  # fmt: skip
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(_SETTINGS.format(folder=self.folder, port=self.port))
        self.start()
        with self.connect("postgres", "template1") as made:
            made.execute(_ROLES)
            for extension in _EXTENSIONS:
                made.execute(f"CREATE EXTENSION {extension}")
        with self.connect("postgres", "postgres") as made:
            made.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")

    @property
    def url(self) -> str:
        """What the product's processes get: the application role."""
        return f"postgis://{APP}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        """Whether it takes connections."""
        try:
            self.connect("postgres", "postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, user: str = OWNER, database: str = DATABASE, **options: Any) -> psycopg.Connection[Any]:
        """A connection from outside the product, in autocommit."""
        return psycopg.connect(host=str(self.folder), port=self.port, user=user, dbname=database, autocommit=True,
                               connect_timeout=5, **options)  # fmt: skip

    def start(self) -> float:
        """Starts it on what lies in its folder; the seconds until it takes connections."""
        assert self._process is None, "it runs"
        self._drop_stale_files()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                as_account(self.account, [str(binaries() / "postgres"), "-D", str(self.data)]), cwd="/", stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        return wait_for(self._takes_connections, START_S, f"PostgreSQL: {self.log_tail()}")

    def kill(self) -> None:
        """SIGKILL of the postmaster; returns when its children are gone too, as they must be before a start."""
        assert self._process is not None
        kill_pid(self._process.pid)
        self._process.wait(10)
        self._process, self.kills = None, self.kills + 1
        wait_for(lambda: not working_in(self.data), ORPHANS_S, "its children end")

    def stop(self) -> None:
        """Ends it in order."""
        if self._process is not None:
            self._run([str(binaries() / "pg_ctl"), "stop", "-D", str(self.data), "-m", "fast", "-w", "-t", "30", "-s"])
            self._process.wait(10)
            self._process = None

    def remove(self) -> None:
        """Ends it, however it is, and clears its folder."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def load_from(self, settings: dict[str, Any]) -> None:
        """Takes over a database of another server (`connection.settings_dict`): its tables, rows and rights, no migration.

        Change rows and their readers carry numbers of transactions of the other server: they are moved below those of this one,
        all by as much, so that what is unread stays unread and what follows comes after it.
        """
        dump = [str(binaries() / "pg_dump"), "-h", settings["HOST"], "-U", settings["USER"], "-d", settings["NAME"], "-Fc", "-Z0"]  # fmt: skip
        if settings.get("PORT"):
            dump += ["-p", str(settings["PORT"])]
        restore = [str(binaries() / "pg_restore"), "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", DATABASE,
                   "--exit-on-error"]  # fmt: skip
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as source:
            done = subprocess.run(restore, stdin=source.stdout, capture_output=True, text=True, check=False)
        assert (source.returncode, done.returncode) == (0, 0), done.stderr[-2000:]
        with self.connect() as made:
            (highest,) = made.execute(_HIGHEST_NUMBER).fetchone()
            made.execute("UPDATE common_changerow SET xid = xid - %s", [highest])
            made.execute("UPDATE common_changereader SET xid = xid - %s", [highest])
            made.execute("ANALYZE")

    def log_tail(self) -> str:
        log = self.folder / "server.log"
        return log.read_text(encoding="utf-8", errors="replace")[-1500:] if log.exists() else ""

    def _takes_connections(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"PostgreSQL ended: {self.log_tail()}"
        return self.is_up

    def _drop_stale_files(self) -> None:
        """After SIGKILL: whoever has its pid now may be a stranger or a zombie, for whom PostgreSQL would not start."""
        assert not working_in(self.data), "its children still work"
        for stale in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            stale.unlink(missing_ok=True)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(as_account(self.account, command), cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]


class OwnRedis:
    """A Redis of the test's own.

    Attributes:
        url: what the product's processes get.
        kills: how often it was killed.
    """

    def __init__(self, *, append_only: bool = True) -> None:
        self.folder, self.port, self.kills = own_folder("redis", getpass.getuser()), quiet_port(), 0
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._append_only = append_only
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def is_up(self) -> bool:
        """Whether it answers, and has read what it kept."""
        try:
            with self.connect() as asked:
                return bool(asked.ping())
        except redis.RedisError:
            return False

    def connect(self) -> redis.Redis:
        return redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=5)

    def start(self) -> float:
        """Starts it on what lies in its folder; the seconds until it answers."""
        assert self._process is None, "it runs"
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--save", "",
                   "--appendonly", "yes" if self._append_only else "no", "--appendfsync", "everysec"]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd="/", stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        return wait_for(lambda: self.is_up, 20, "Redis answers")

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        kill_pid(self._process.pid)
        self._process.wait(10)
        self._process, self.kills = None, self.kills + 1

    def wipe(self) -> None:
        """What it kept is gone. Only while it does not run."""
        assert self._process is None, "it runs"
        for kept in self.folder.iterdir():
            if kept.is_dir():
                shutil.rmtree(kept)
            elif kept.name != "server.log":
                kept.unlink()

    def remove(self) -> None:
        """Ends it, however it is, and clears its folder."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()
