"""The desk: a page with buttons that make other stand-ins fail and change, pressed as a browser presses them."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from tests.standins.processes import STANDINS, Answer, StandIn
from tests.standins.test_partner import push

PLATFORM = "https://platform.example"


class Desk(StandIn):
    """The desk as a process, knowing the given agencies."""

    def __init__(self, agencies: dict[str, str], data: Path, disputes: str, *options: str) -> None:
        self.folder = data
        known = [part for code, url in agencies.items() for part in ("--agency", f"{code}={url}")]
        self._command = [
            sys.executable, str(STANDINS / "desk.py"), "--data", str(data), "--platform", PLATFORM, "--disputes", disputes,
            *known, *options,
        ]  # fmt: skip
        self.start()

    def page(self, target: str = "/") -> str:
        answer = self.send("GET", target)
        assert answer.status == 200, answer.body
        return unescape(answer.body.decode())

    def press(self, target: str, headers: dict[str, str] | None = None, **form: str) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", target, urlencode(form).encode(), kind | (headers or {}))

    def card(self, code: str) -> str:
        (found,) = re.findall(rf'<article id="{code}">.*?</article>', self.page(), re.S)
        return found

    def latest(self) -> str:
        (found,) = re.findall(r'<li class="latest">.*?</li>', self.page(), re.S)
        return found


class _Platform(BaseHTTPRequestHandler):
    """Takes disputes of the path /disputes and refuses those of any other."""

    taken: list[dict]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(json.loads(body) | {"key": self.headers["X-Key-Id"]})
        self.send_response(202 if self.path == "/disputes" else 404)
        self.end_headers()

    def log_message(self, *_values) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[str]:
    _Platform.taken = []
    server = HTTPServer(("127.0.0.1", 0), _Platform)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def open_desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """`open_desk({"bureau": url}, disputes)` → the desk; its folder of folders is the test's."""
    opened: list[Desk] = []

    def open_one(agencies: dict[str, str], disputes: str = "http://127.0.0.1:9/", *options: str) -> Desk:
        opened.append(Desk(agencies, tmp_path, disputes, *options))
        return opened[-1]

    yield open_one
    assert [desk.stop() for desk in opened] == [0] * len(opened)


def test_a_fault_is_pressed_shown_with_where_to_look_and_taken_back(start, open_desk):
    bureau = start("bureau")
    desk = open_desk({"bureau": bureau.url})
    assert "正常" in desk.card("bureau") and "人员</dt><dd>120</dd>" in desk.card("bureau")

    answer = desk.press("/fault/bureau", mode="outage")

    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert bureau.state()["fault"]["mode"] == "outage"
    assert "现在：拔掉" in desk.card("bureau")
    assert "治安要素管控系统：拔掉" in desk.latest() and "责任人收到邮件" in desk.latest()
    assert f'href="{PLATFORM}/exchange/links/bureau-persons/"' in desk.latest()

    desk.press("/fault/bureau", mode="")
    assert bureau.state()["fault"]["mode"] == "" and "正常" in desk.card("bureau")


def test_what_drops_files_drops_them_at_once_under_the_fault(start, open_desk):
    farm = start("farm")
    desk = open_desk({"farm": farm.url})

    desk.press("/fault/farm", mode="rename_column")

    (name,) = (farm.folder / "outbox").glob("operators-*.xml")
    assert "<联系电话_NEW>" in name.read_text(encoding="gb18030")
    assert "已放出文件</dt><dd>2</dd>" in desk.card("farm")


def test_an_act_says_to_whom_it_happened(start, open_desk):
    bureau = start("bureau")
    desk = open_desk({"bureau": bureau.url})

    desk.press("/act/bureau", act="phone", key="")
    (key,) = re.findall(r"更正电话：(\w{18})<", desk.latest())
    desk.press("/act/bureau", act="gone", key=key)
    assert f"注销一人：{key}" in desk.latest()

    desk.press("/act/bureau", act="batch", key="")
    assert bureau.state()["counts"] == {
        "persons": 125, "houses": 41, "units": 31, "addresses": 1, "certifications": 0,
    }  # fmt: skip
    # Nobody of that number: said, and nothing happened.
    before = bureau.state()
    desk.press("/act/bureau", act="gone", key="370683000000000000")
    assert "注销一人没有做成：没有这条记录" in desk.latest() and bureau.state() == before


def test_all_are_taken_back_at_once(start, open_desk):
    bureau, transport = start("bureau"), start("partner")
    desk = open_desk({"bureau": bureau.url, "partner-transport": transport.url})
    bureau.fault("slow", seconds=1)
    transport.fault("poison")

    desk.press("/restore")

    assert (bureau.state()["fault"]["mode"], transport.state()["fault"]["mode"]) == ("", "")
    assert "全部接回" in desk.latest()


def test_an_agency_that_does_not_answer_is_said_and_the_others_are_shown(start, open_desk):
    bureau, transport = start("bureau"), start("partner")
    desk = open_desk({"bureau": bureau.url, "partner-transport": transport.url})
    bureau.kill()

    assert "没有应答" in desk.card("bureau") and "看日志 bureau.log" in desk.card("bureau")
    assert "收到消息</dt><dd>0</dd>" in desk.card("partner-transport")
    desk.press("/fault/bureau", mode="outage")
    assert "没有做成" in desk.latest()


def test_buttons_that_do_not_exist_do_nothing(start, open_desk):
    transport = start("partner")
    desk = open_desk({"partner-transport": transport.url})

    # The stand-in knows this fault, the desk has no button for it.
    desk.press("/fault/partner-transport", mode="dead")
    assert "没有这个按钮" in desk.latest()
    desk.press("/act/partner-transport", act="phone")
    assert "没有这个按钮" in desk.latest()
    assert transport.state()["fault"]["mode"] == ""
    missing = [desk.press(f"/{one}", mode="outage").status for one in ("fault/bureau", "fault/x", "x", "dispute/x")]
    assert missing == [404] * 4 and desk.send("GET", "/dispute/bureau").status == 404


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_forms_of_other_sites_are_not_taken(start, open_desk, headers):
    bureau = start("bureau")
    desk = open_desk({"bureau": bureau.url})

    assert desk.press("/fault/bureau", headers, mode="outage").status == 403
    assert bureau.state()["fault"]["mode"] == ""
    own = {"Origin": desk.url, "Sec-Fetch-Site": "same-origin"}
    assert desk.press("/fault/bureau", own, mode="outage").status == 303
    assert bureau.state()["fault"]["mode"] == "outage"


def test_the_page_fetches_nothing_and_runs_nothing(start, open_desk):
    desk = open_desk({"bureau": start("bureau").url})
    answer = desk.send("GET", "/")

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.body.decode()
    assert not re.search(r"<script|style=|\son\w+=", text)
    assert re.findall(r'(?:src|stylesheet" href)="([^"]*)"', text) == ["/desk.css"]
    assert desk.send("GET", "/desk.css").headers["content-type"].startswith("text/css")


def department(start, folder: Path) -> StandIn:
    """Transport with its data where the desk looks for it, told of a driver twice and of a violation."""
    transport = start("partner")
    (folder / "partner-transport").symlink_to(transport.folder, target_is_directory=True)
    told = {"fields": {"name": "张伟", "phone": "13800000001"}, "record": {"id": 7}, "subject": "DRIVER"}
    push(transport, "M-1", verb="CREATE", **told)
    push(transport, "M-2", verb="CREATE", fields={"number": "V1"}, record={"id": 8})
    push(transport, "M-3", verb="UPDATE", **(told | {"fields": {"phone": "13800000002"}}))
    return transport


def test_a_department_disputes_a_field_of_what_it_was_told(start, open_desk, platform, tmp_path):
    transport = department(start, tmp_path)
    # A key that the platform gave later is the one that it knows.
    keys = json.loads((transport.folder / "keys.json").read_text())
    (transport.folder / "keys.json").write_text(json.dumps(keys | {"given": "s" * 32}))
    desk = open_desk({"partner-transport": transport.url}, f"{platform}/disputes")
    page = desk.page("/dispute/partner-transport?record=7")
    assert re.findall(r'<option value="([^"]*)">([^<]*)<', page) == [("M-3|phone", "联系电话：13800000002")]

    words = {"what": "M-3|phone", "theirs": "13911112222", "reason": "号码已停用", "record": "7"}
    assert desk.press("/dispute/partner-transport", **words).status == 303

    assert _Platform.taken == [
        {
            "message_id": "M-3", "subject": "DRIVER", "field": "phone", "ours": "13800000002", "theirs": "13911112222",
            "reason": "号码已停用", "key": "given",
        }
    ]  # fmt: skip
    assert f'href="{PLATFORM}/elements/7/?tab=values"' in desk.latest()
    assert transport.state()["counts"]["disputes"] == 1


def test_a_dispute_that_cannot_be_is_said_on_its_page(start, open_desk, platform, tmp_path):
    transport = department(start, tmp_path)
    desk = open_desk({"partner-transport": transport.url}, f"{platform}/elsewhere")

    for words, problem in (
        ({"what": "M-9|phone", "theirs": "1", "reason": "r"}, "请选择一条收到过的记录"),
        ({"what": "M-3|name", "theirs": "1", "reason": "r"}, "请选择一条收到过的记录"),
        ({"what": "M-3|phone", "theirs": " ", "reason": "r"}, "请填写我们的记载"),
    ):
        answer = desk.press("/dispute/partner-transport", **words)
        assert answer.status == 400 and problem in answer.body.decode()
    assert _Platform.taken == []

    refused = desk.press("/dispute/partner-transport", what="M-3|phone", theirs="1", reason="r")
    assert refused.status == 400 and "平台没有接受（404）" in refused.body.decode()


def test_what_was_recalled_is_not_there_to_be_disputed(start, open_desk, platform, tmp_path):
    transport = department(start, tmp_path)
    push(transport, "M-4", verb="RECALL", subject="DRIVER", record={"id": 7}, fields={})
    desk = open_desk({"partner-transport": transport.url}, f"{platform}/disputes")

    assert "没有收到过这条记录，或已按要求删除" in desk.page("/dispute/partner-transport?record=7")
    assert re.findall(r'<option value="([^"]*)"', desk.page("/dispute/partner-transport")) == ["M-2|number"]
    with sqlite3.connect(f"file:{transport.folder / 'received.db'}?mode=ro", uri=True) as connection:
        assert connection.execute("SELECT count(*) FROM message").fetchone() == (4,)


def test_letters_of_the_platform_are_shown_where_they_land_as_files(start, open_desk, tmp_path):
    letters = tmp_path / "mail"
    letters.mkdir()
    urls = {"bureau": start("bureau").url}
    assert "由您设置的邮件服务器发送" in open_desk(urls).page()
    desk = open_desk(urls, "http://127.0.0.1:9/", "--letters", str(letters))
    assert "还没有信件" in desk.page()

    (letters / "1.log").write_bytes(
        b'Content-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: 8bit\n'
        b"Subject: =?utf-8?b?5LiN6YCa?=\nTo: admin@laizhou.invalid\nDate: Fri, 27 Nov 2026 22:08:48 -0000\n\n"
        + "连续 2 次读取失败 <b>".encode() + b"\n" + b"-" * 79 + b"\n"
    )  # fmt: skip
    (shown,) = re.findall(r'<section id="letters">.*?</section>', desk.send("GET", "/").body.decode(), re.S)
    assert "11-28 06:08:48</time> 不通" in shown and "连续 2 次读取失败 &lt;b&gt;" in shown


def test_an_agency_that_nobody_knows_is_refused_at_the_start(tmp_path):
    run = subprocess.run(
        [sys.executable, str(STANDINS / "desk.py"), "--port", "0", "--data", str(tmp_path), "--platform", PLATFORM,
         "--disputes", "http://127.0.0.1:9/", "--agency", "elsewhere=http://127.0.0.1:9"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip

    assert run.returncode == 2 and "elsewhere" in run.stderr


def test_every_agency_of_the_demo_has_a_card():
    sys.path.insert(0, str(STANDINS))
    try:
        from desk_agencies import AGENCIES
    finally:
        sys.path.remove(str(STANDINS))
    script = (STANDINS.parent / "lib" / "standins.sh").read_text(encoding="utf-8")
    agencies, departments = (
        re.search(rf"^{name}=\((.*)\)$", script, re.M).group(1).split() for name in ("AGENCIES", "DEPARTMENTS")
    )

    assert [one.code for one in AGENCIES] == [*agencies, *(f"partner-{code}" for code in departments)]
    assert all(urlsplit(path).path.startswith("/") for one in AGENCIES for _label, path in one.pages)
