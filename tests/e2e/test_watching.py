"""The window of the browser tests notices what it is there to notice: else its silence would prove nothing."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.e2e.conftest import chromium
from tests.e2e.watching import Window

pytestmark = pytest.mark.e2e
# Nobody listens on the port of the foreign host: it is the asking that counts.
_PAGES = {
    "/clean": "<title>clean</title><link rel=icon href=data:,>",
    "/policy": "<title>policy</title><link rel=icon href=data:,><script>document.title = 'ran'</script>",
    "/foreign": "<title>foreign</title><link rel=icon href=data:,><img src=http://127.0.0.2:9/x.png>",
    "/missing": "<title>missing</title><link rel=icon href=data:,><img src=/nothing.png>",
    "/console": "<title>console</title><link rel=icon href=data:,><script>console.error('spoken')</script>",
    "/script": "<title>script</title><link rel=icon href=data:,><script>throw new Error('thrown')</script>",
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # name given by the standard library
        body = _PAGES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.path == "/policy":
            self.send_header("Content-Security-Policy", "default-src 'self'; img-src data:")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_every_kind_of_fault_is_noticed_and_a_clean_page_has_none(pages: str) -> None:
    expected = {
        "policy": "policy: script-src", "foreign": "foreign host: http://127.0.0.2:9", "missing": "404: ",
        "console": "console error: spoken", "script": "script: ",
    }  # fmt: skip
    with chromium() as browser:
        window = Window(browser, pages)
        window.page.goto("/clean", wait_until="load")
        assert window.faults == []
        for name, fault in expected.items():
            window.faults.clear()
            window.page.goto(f"/{name}", wait_until="load")
            # A round trip: what the page reported before is here now.
            assert window.page.title() == name
            assert any(one.startswith(fault) for one in window.faults), (name, window.faults)
        with pytest.raises(AssertionError, match="thrown"):
            window.close()
