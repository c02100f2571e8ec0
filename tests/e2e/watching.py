"""A browser window that keeps account of what no page may do: errors, refusals of the policy, foreign hosts."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Response

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
# Chinese as an officer's browser asks for it; the clock of the station.
_LANGUAGE, _ZONE = "zh-CN", "Asia/Shanghai"
_REPORT_REFUSALS = """
addEventListener("securitypolicyviolation", (event) =>
  window.reportRefusal(`${event.effectiveDirective} ${event.blockedURI} on ${event.documentURI}`));
"""


class Window:
    """One signed-in person's browser window.

    Attributes:
        page: the Playwright page.
        faults: whatever went wrong on any page so far, in words.
        requests: number of requests seen, so that "no fault" cannot mean "nothing looked at".
    """

    def __init__(self, browser: Browser, address: str, *, size: dict[str, int] = DESKTOP) -> None:
        self.address = address
        self.faults: list[str] = []
        self.requests = 0
        self._host = urlsplit(address).netloc
        self.context: BrowserContext = browser.new_context(
            base_url=address, viewport=size, locale=_LANGUAGE, timezone_id=_ZONE, accept_downloads=True
        )
        self.context.set_default_timeout(20_000)
        self.context.expose_function("reportRefusal", lambda text: self.faults.append(f"policy: {text}"))
        self.context.add_init_script(_REPORT_REFUSALS)
        self.context.on("request", lambda request: self._saw_request(request.url))
        self.context.on("response", self._saw_response)
        self.context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self._saw_message(message.type, message.text))

    def _saw_request(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self._host:
            self.faults.append(f"foreign host: {url}")

    def _saw_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _saw_message(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(f"console {kind}: {text}")

    def sign_in(self, name: str, password: str) -> None:
        """By the page, as a person does."""
        self.page.goto("/")
        self.page.get_by_label("用户名").fill(name)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url(f"{self.address}/")

    def close(self) -> None:
        """Ends the window and demands that nothing went wrong in it."""
        self.context.close()
        if self.faults or not self.requests:
            raise AssertionError(f"{self.requests} requests, faults: {self.faults}")
