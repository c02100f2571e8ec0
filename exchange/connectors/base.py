"""What all transports share: what was fetched, options that are checked, and how far a source has been read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from common.encryption import keyed_hash
from common.errors import DomainError

ISO = "iso"
BEIJING = "Asia/Shanghai"
# A source whose clock is ahead by less is believed.
CLOCK_TOLERANCE = timedelta(minutes=10)
# Everything that came is older than what was asked for by more than this.
CLOCK_BEHIND = timedelta(days=1)


class LinkError(DomainError):
    """A reading that did not come about; nothing of it has been landed.

    Attributes:
        keeps: what came all the same, kept to be looked at; b"" when there is nothing worth it.
    """

    def __init__(self, code: str, message: str, *, keeps: bytes = b"") -> None:
        super().__init__(code, message)
        self.keeps = keeps


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one reading brought, as received.

    Attributes:
        data: the file, or the rows of all pages, one JSON object a line.
        name: what the file is called.
        watermark: how far the source has been read now, in its own words; "" where it has none.
        has_more: the source holds more; the next reading goes on at once.
        observed_at: when the source wrote it, where it says so.
        declared_rows: how many rows the sender says there are.
        doubt: (code, sentence) that a person has to judge before anything is landed; the rows are whole.
        defect: (code, sentence) why it cannot be what was sent.
        notes: numbers to be shown, e.g. a gap in the sequence of files.
    """

    data: bytes
    name: str
    watermark: str = ""
    has_more: bool = False
    observed_at: datetime | None = None
    declared_rows: int | None = None
    fingerprint: bytes | None = None
    doubt: tuple[str, str] | None = None
    defect: tuple[str, str] | None = None
    notes: dict[str, Any] = field(default_factory=dict)


class TransportReader(Protocol):
    """A way to fetch."""

    def fetch(self, request: Request) -> Fetched | None:
        """Reads from `request.watermark` on; None when there is nothing new."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a transport.

    Attributes:
        code: of the connector, for the name of the file.
        watermark: how far it was read; "" = from the beginning.
        overlap_s: seconds before the watermark that are read again.
        now: time of the reading.
        taken: which of some fingerprints are of files that were taken before.
        most_pages: less than the options allow, for a look.
    """

    code: str
    watermark: str
    overlap_s: int
    now: datetime
    taken: Callable[[Collection[bytes]], Collection[bytes]] = lambda _fingerprints: ()
    most_pages: int | None = None


class Options:
    """Options of a connector; whatever is missing or of the wrong form is named in plain words."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, default: str | None = None) -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise _wrong(name, "要填文字")
        return value

    def number(self, name: str, default: int) -> int:
        value = self._values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise _wrong(name, "要填大于 0 的整数")
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        value = self.text(name, choices[0])
        if value not in choices:
            raise _wrong(name, f"只能是 {'、'.join(choices)}")
        return value

    def flag(self, name: str) -> bool:
        return self._values.get(name) is True

    def table(self, name: str) -> dict[str, Any]:
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise _wrong(name, "要填一组“键: 值”")
        return value

    def names(self, name: str) -> list[str]:
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise _wrong(name, "要填一列文字")
        return value


def _wrong(name: str, why: str) -> LinkError:
    return LinkError("LINK_OPTIONS", f"传输设置“{name}”{why}。请管理员在链路的“编辑”里改正。")


class Clock:
    """How a source writes its times, so that a watermark can be compared, set back and believed."""

    def __init__(self, written: str = ISO, zone: str = BEIJING) -> None:
        self._written = written
        try:
            self._zone: tzinfo = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise _wrong("watermark.zone", "不是时区名，如 Asia/Shanghai") from error

    @classmethod
    def of(cls, watermark: Mapping[str, Any]) -> Clock:
        """From the option `watermark`."""
        return cls(str(watermark.get("format", ISO)), str(watermark.get("zone", BEIJING)))

    def read(self, text: str) -> datetime | None:
        """Aware moment of a text; None when it is no time."""
        try:
            found = datetime.fromisoformat(text) if self._written == ISO else datetime.strptime(text, self._written)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=self._zone)

    def write(self, moment: datetime) -> str:
        """The moment as the source writes it."""
        local = moment.astimezone(self._zone)
        return local.isoformat() if self._written == ISO else local.strftime(self._written)

    def since(self, watermark: str, overlap_s: int) -> str:
        """What is asked for: the watermark less the overlap; unchanged when it is no time."""
        moment = self.read(watermark) if watermark else None
        return self.write(moment - timedelta(seconds=overlap_s)) if moment else watermark

    def latest(self, texts: Sequence[str]) -> str:
        """The latest of the texts that are times, as it was written; "" when none is."""
        found = [(moment, text) for text in texts if (moment := self.read(text))]
        return max(found)[1] if found else ""

    def reached(self, latest: str, watermark: str, now: datetime) -> str:
        """How far it has been read: the later of the two, never later than now."""
        best = self.latest([text for text in (latest, watermark) if text]) or watermark
        return self.write(now) if self._ahead(best, now) else best

    def off_by(self, latest: str, since: str, now: datetime) -> timedelta | None:
        """How far the times of a reading are wrong: ahead of ours, or all before what was asked for; None when neither."""
        if ahead := self._ahead(latest, now):
            return ahead
        found, asked = (self.read(text) if text else None for text in (latest, since))
        return found - asked if found and asked and asked - found > CLOCK_BEHIND else None

    def _ahead(self, text: str, now: datetime) -> timedelta | None:
        """How far a time of the source is ahead of ours, when that is more than clocks may differ."""
        moment = self.read(text) if text else None
        return moment - now if moment and moment - now > CLOCK_TOLERANCE else None


def clock_doubt(off: timedelta) -> tuple[str, str]:
    """The doubt about a clock that is ahead (positive), or years behind."""
    if off > timedelta():
        return "CLOCK_AHEAD", (
            f"对方的时间比现在晚{_span(off)}，若照此推进，以后的变更会被漏掉。请联系对方校准时钟；若采用一次，数据入库，读取位置只推进到现在。"
        )
    return (
        "CLOCK_BEHIND",
        f"对方的时间比应有的早{_span(-off)}，可能是时钟错了。请联系对方核对；若采用一次，数据按所写的时间入库。",
    )


def _span(length: timedelta) -> str:
    days = length.days
    if days >= 365:
        return f" {days // 365} 年"
    return f" {days} 天" if days else f" {int(length.total_seconds() // 60)} 分钟"


def json_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """One object a line, keys in the order in which they came.

    Raises:
        LinkError: half a letter, which no encoding can hold.
    """
    try:
        return b"".join(orjson.dumps(row) + b"\n" for row in rows)
    except orjson.JSONEncodeError as error:
        raise LinkError("REPLY_TEXT", "内容里有残缺的 Unicode 字符，无法保存，本次未采用。请对方改正编码。") from error


def fingerprint_of(name: str, sha256: str) -> bytes:
    """How a file is told again: keyed hash of name and content."""
    return keyed_hash("link-file", f"{name}\x1f{sha256.lower()}".encode())
