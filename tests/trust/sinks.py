"""Where a value could settle unseen: the application's log, the log of SQL statements, Redis, the browser."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection
from redis import Redis

from tests.e2e.watching import Window

_PAGE_STORES = """async () => {
  const texts = [JSON.stringify(sessionStorage), JSON.stringify(history.state), window.name, location.href];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys())
      texts.push(request.url, await (await caches.match(request)).text());
  return texts.join("\\n");
}"""


@contextmanager
def logs_kept(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Writes what the platform logs into one file, as its own formatter does, and each SQL statement with values into another."""
    own, statements = folder / "application.log", folder / "sql.log"
    root, database = logging.getLogger(), logging.getLogger("django.db.backends")
    formatter = next(h.formatter for h in root.handlers if type(h.formatter).__name__ == "ProcessorFormatter")
    own_handler, sql_handler = logging.FileHandler(own, "a", "utf-8"), logging.FileHandler(statements, "a", "utf-8")
    own_handler.setFormatter(formatter)
    before = (database.level, database.propagate, connection.force_debug_cursor)
    root.addHandler(own_handler)
    database.addHandler(sql_handler)
    database.setLevel(logging.DEBUG)
    database.propagate, connection.force_debug_cursor = False, True
    try:
        yield own, statements
    finally:
        level, database.propagate, connection.force_debug_cursor = before
        database.setLevel(level)
        for logger, handler in ((root, own_handler), (database, sql_handler)):
            logger.removeHandler(handler)
            handler.close()


def redis_content() -> bytes:
    """Every key and value of this test's Redis database, the arguments of queued tasks in plain among them."""
    server = Redis.from_url(settings.REDIS_URL)
    readers = {
        b"string": server.get,
        b"hash": server.hgetall,
        b"set": server.smembers,
        b"list": lambda key: server.lrange(key, 0, -1),
        b"zset": lambda key: server.zrange(key, 0, -1, withscores=True),
    }
    content = "\n".join(repr((key, readers[server.type(key)](key))) for key in server.scan_iter(count=1_000)).encode()
    # Bodies of tasks are base64 inside JSON.
    bodies = [base64.b64decode(part) for part in re.findall(rb'"body": "([A-Za-z0-9+/=]+)"', content)]
    return b"\n".join([content, *bodies])


def browser_storage(window: Window) -> bytes:
    """Cookies, local storage, databases, and of the page that is open session storage, caches, state and address."""
    state = json.dumps(window.context.storage_state(indexed_db=True), ensure_ascii=False)
    return f"{state}\n{window.page.evaluate(_PAGE_STORES)}".encode()
