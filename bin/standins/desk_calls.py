"""How the desk talks to the other stand-ins: their control paths alone, each with a short end."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# A state is shown on every page; an act may write files.
_STATE_S, _ACT_S = 3, 30
_MAX_ANSWER = 2**20


class NoAnswer(Exception):
    """The agency did not answer, or not in words that can be read."""


class Refused(Exception):
    """The agency answered no; the message says why."""


class Agencies:
    """The addresses of the stand-ins that run.

    Attributes:
        urls: code → http://host:port.
    """

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.urls = dict(urls)
        # Never by a proxy of the machine's: these are its own processes.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def states(self) -> dict[str, dict[str, Any] | NoAnswer]:
        """What every agency says of itself, all asked at once."""
        with ThreadPoolExecutor(max_workers=max(1, len(self.urls))) as pool:
            return dict(zip(self.urls, pool.map(self._state_or_trouble, self.urls), strict=True))

    def _state_or_trouble(self, code: str) -> dict[str, Any] | NoAnswer:
        try:
            return self.call(code, "/_state", timeout_s=_STATE_S)
        except (NoAnswer, Refused) as trouble:
            return NoAnswer(str(trouble))

    def order_fault(self, code: str, mode: str, options: Mapping[str, Any]) -> None:
        """Makes the agency fail in this way until another order; an empty mode ends it."""
        self.call(code, "/_fault", {"mode": mode, **options})

    def act(self, code: str, act: str, key: str = "") -> str:
        """Makes something happen; the key of what it happened to, "" where there is none."""
        order = {"act": act} | ({"key": key} if key else {})
        answer = self.call(code, "/_act", order)
        said = answer.get("key") or answer.get("done")
        return said if isinstance(said, str) else ""

    def call(
        self, code: str, path: str, order: Mapping[str, Any] | None = None, timeout_s: float = _ACT_S
    ) -> dict[str, Any]:
        """One request to a control path.

        Raises:
            NoAnswer: nothing, or nothing readable, came back.
            Refused: the agency said no.
        """
        url = self.urls[code]
        body = None if order is None else json.dumps(order, ensure_ascii=False).encode()
        request = urllib.request.Request(url + path, data=body, headers={"Content-Type": "application/json"})
        try:
            with self._opener.open(request, timeout=timeout_s) as reply:
                answer = json.loads(reply.read(_MAX_ANSWER))
        except urllib.error.HTTPError as error:
            raise Refused(_reason(error)) from error
        except (OSError, ValueError) as error:
            raise NoAnswer(f"{url} 没有应答，它可能没有运行：看日志 {code}.log，或重新运行 bin/demo。") from error
        if not isinstance(answer, dict):
            raise NoAnswer(f"{url} 的应答读不懂：看日志 {code}.log。")
        return answer


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(_MAX_ANSWER))["message"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"应答状态 {error.code}"
