"""A database of its own for every measurement: made, migrated, used as the application role, dropped.

The cluster's settings are those of production (fsync on); nothing of another database is read or written.
"""

from __future__ import annotations

import os
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
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        try:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                os.environ["DATABASE_URL"] = _renamed(app_url, database)
                os.environ["DATABASE_OWNER_URL"] = _renamed(owner_url, database)
                os.environ["MEDIA_ROOT"] = folder
                # No worker hears of these jobs: it would look for them in another database.
                os.environ["REDIS_URL"] = "memory://"
                os.environ.setdefault("LOG_LEVEL", "ERROR")
                _migrate()
                _set_up_django()
                yield
        finally:
            _close_pool()
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


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


def _migrate() -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--skip-checks", "-v", "0"],
        check=True,
        cwd=ROOT,
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
