"""A database of its own for every measurement: made, used as the application role, dropped.

It is a copy of a migrated, empty one that is kept for as long as the migrations do not change; those of the tests are copies of it
too. The cluster's settings are those of production (fsync on); nothing of another database is read or written.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import environ
import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
_BASE = "bench_base_"
_IMPORTED = re.compile(r"^(?:from|import) ([\w.]+)", re.MULTILINE)


class NoDatabase(RuntimeError):
    """The environment names no database server; `bin/bench` sets it."""


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Makes `bench_<name>_<process>`, points Django at it, sets Django up; drops it at the end, whatever happened.

    Raises:
        NoDatabase: DATABASE_URL is not set.
        subprocess.CalledProcessError: the migrations failed.
    """
    app_url = os.environ.get("DATABASE_URL")
    if not app_url:
        raise NoDatabase("DATABASE_URL is not set: start it with bin/bench")
    owner_url = os.environ.get("DATABASE_OWNER_URL", app_url)
    database = f"bench_{name}_{os.getpid()}"
    with psycopg.connect(**_connection_of(owner_url, "postgres"), autocommit=True) as server:
        _create(server, database, owner_url)
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                os.environ["DATABASE_URL"] = _renamed(app_url, database)
                os.environ["DATABASE_OWNER_URL"] = _renamed(owner_url, database)
                os.environ["MEDIA_ROOT"] = folder
                # No worker hears of these jobs: it would look for them in another database.
                os.environ["REDIS_URL"] = "memory://"
                os.environ.setdefault("LOG_LEVEL", "ERROR")
                _set_up_django()
                yield
        finally:
            _close_pool()
            _drop(server, database)


def migrated_base(owner_url: str) -> str:
    """The name of the migrated, empty database of these migrations, made first if it is not there; one process at a time.

    Raises:
        subprocess.CalledProcessError: the migrations failed.
    """
    with psycopg.connect(**_connection_of(owner_url, "postgres"), autocommit=True) as server, _lock(server):
        return _base(server, owner_url)


def _create(server: psycopg.Connection, database: str, owner_url: str) -> None:
    with _lock(server):
        names = map(sql.Identifier, (database, _base(server, owner_url)))
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def _base(server: psycopg.Connection, owner_url: str) -> str:
    base = f"{_BASE}{_code_hash()}"
    kept = [
        name for (name,) in server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_BASE])
    ]
    if base not in kept:
        for name in kept:
            _drop(server, name)
        # What is half migrated has another name than what is looked for.
        unready = f"{base}_unready"
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unready)))
        _migrate(_renamed(owner_url, unready))
        server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (unready, base))))
    return base


def _drop(server: psycopg.Connection, database: str) -> None:
    """Without force the server ends its own autovacuum there by itself; with force it would refuse to end what is not ours."""
    drop = sql.SQL("DROP DATABASE {}").format(sql.Identifier(database))
    try:
        server.execute(drop)
    except psycopg.errors.ObjectInUse:
        server.execute(drop + sql.SQL(" WITH (FORCE)"))


@contextmanager
def _lock(server: psycopg.Connection) -> Iterator[None]:
    server.execute("SELECT pg_advisory_lock(hashtext(%s))", [_BASE])
    try:
        yield
    finally:
        server.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_BASE])


def _code_hash() -> str:
    """Of the migrations, of the modules that they import, and of the SQL and tables of the apps."""
    apps = sorted(path.parent for path in ROOT.glob("*/apps.py"))
    steps = [path for app in apps for path in sorted(app.glob("migrations/*.py"))]
    names = sorted({name for step in steps for name in _IMPORTED.findall(step.read_text(encoding="utf-8"))})
    modules = [path for name in names if (path := ROOT / f"{name.replace('.', '/')}.py").exists()]
    tables = [path for app in apps for path in sorted(app.rglob("*")) if path.suffix in {".sql", ".csv", ".toml"}]
    return hashlib.sha256(b"".join(path.read_bytes() for path in [*steps, *modules, *tables])).hexdigest()[:12]


def _renamed(url: str, database: str) -> str:
    address, mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{database}{mark}{query}"


def _connection_of(url: str, database: str) -> dict[str, str]:
    parts = environ.Env.db_url_config(url)
    named = {
        "host": unquote(parts["HOST"]),
        "port": str(parts["PORT"]),
        "user": parts["USER"],
        "password": parts["PASSWORD"],
    }
    return {key: value for key, value in named.items() if value} | {"dbname": database}


def _migrate(owner_url: str) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--skip-checks", "-v", "0"],
        check=True,
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": owner_url, "DATABASE_OWNER_URL": owner_url},
        stdout=subprocess.DEVNULL,
    )


def _set_up_django() -> None:
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()


def _close_pool() -> None:
    from django.conf import settings
    from django.db import connection

    if settings.configured:
        connection.close()
        connection.close_pool()


def owner_connection() -> psycopg.Connection:
    """The measurement's database as its owner, who may make tables; the application role may not."""
    url = os.environ["DATABASE_OWNER_URL"]
    return psycopg.connect(**_connection_of(url, url.partition("?")[0].rpartition("/")[2]), autocommit=True)


def application_connection() -> psycopg.Connection:
    """A plain driver connection as the application role."""
    url = os.environ["DATABASE_URL"]
    return psycopg.connect(**_connection_of(url, url.partition("?")[0].rpartition("/")[2]), autocommit=True)


def run_as_owner(statements: Sequence[str]) -> None:
    """Runs DDL and gives the application role its rights on what was made."""
    from django.conf import settings

    with owner_connection() as owner:
        for statement in statements:
            owner.execute(statement.encode())
        grant = "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO {role}"
        role = sql.Identifier(settings.DATABASE_APP_ROLE)
        owner.execute(sql.SQL(grant).format(role=role))
        # Update, since django-import-export sets sequences anew.
        owner.execute(
            sql.SQL("GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {role}").format(role=role)
        )
