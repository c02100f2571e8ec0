"""Looks at what a file is and has the child write it anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from common.closed_child import ChildDied, ask_child
from common.errors import DomainError
from elements.photo_notes import Note

WALL_SECONDS = 30
MAX_BYTES = 20 * 2**20
_SAVE_AS_JPEG = "请另存为 JPG 后再上传。"
_HEIC = "这是 HEIC/HEIF 照片，暂不支持。请在手机“设置—相机—格式”中选“兼容性最佳”后重拍，或先在相册里导出为 JPG 再上传。"
# Signature → why it is none of ours; looked at in this order.
_REFUSED = (
    (b"GIF8", f"这是 GIF 动图，不是照片。{_SAVE_AS_JPEG}"),
    (b"%PDF", "这是 PDF 文件。请把其中的照片导出为 JPG 后再上传。"),
    (b"PK\x03\x04", "这是压缩包或 Office 文件。请先解压，再上传其中的照片。"),
    (b"Rar!", "这是压缩包。请先解压，再上传其中的照片。"),
    (b"7z\xbc\xaf", "这是压缩包。请先解压，再上传其中的照片。"),
    (b"\x1f\x8b", "这是压缩包。请先解压，再上传其中的照片。"),
    (b"BM", f"这是 BMP 图片。{_SAVE_AS_JPEG}"),
    (b"II*\x00", f"这是 TIFF 图片或相机原始文件。{_SAVE_AS_JPEG}"),
    (b"MM\x00*", f"这是 TIFF 图片或相机原始文件。{_SAVE_AS_JPEG}"),
    (b"<", "这是 SVG 图形或网页，不是照片。请截图或另存为 PNG 后再上传。"),
    (b"\xd0\xcf\x11\xe0", "这是旧版 Office 文件。请把其中的照片另存为 JPG 后再上传。"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as the platform encoded it; the position is the camera's, in degrees."""

    jpeg: bytes
    thumb: bytes
    width_px: int
    height_px: int
    taken_at: datetime | None
    position: tuple[float, float] | None


def check_picture_file(data: bytes) -> None:
    """By content, never by name.

    Raises:
        DomainError: empty, too large, or none of the formats; the message names the cure.
    """
    if not data:
        raise DomainError("PHOTO_EMPTY", "文件是空的（0 字节），请重新选择照片。")
    if len(data) > MAX_BYTES:
        raise DomainError("PHOTO_TOO_LARGE", f"照片超过 {MAX_BYTES // 2**20} MB。请缩小后再上传。")
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return
    if data[4:8] == b"ftyp":
        is_still = data[8:12] in _HEIC_BRANDS
        raise DomainError("PHOTO_KIND", _HEIC if is_still else "这是视频，不是照片。请截取画面另存为 JPG 后再上传。")
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, message in _REFUSED:
        if start.startswith(signature):
            raise DomainError("PHOTO_KIND", message)
    raise DomainError("PHOTO_KIND", "认不出这个文件。只接受 JPG、PNG、WebP 照片，请另存为 JPG 后再上传。")


def write_picture_anew(data: bytes, *, turn_deg: int = 0) -> Picture:
    """The picture as our own JPEG, turned clockwise by `turn_deg` (0, 90, 180, 270).

    Raises:
        DomainError: what `check_picture_file` and the child refuse, or that the child did not live to say.
    """
    check_picture_file(data)
    return _picture_of("elements.pictures", str(turn_deg), data)


def draw_notes_on(data: bytes, notes: Sequence[Note]) -> Picture:
    """A picture of ours with the notes drawn into it, as our own JPEG. Words travel on standard input, which no one else reads.

    Raises:
        DomainError: as `write_picture_anew`, or there is no font for a text.
    """
    check_picture_file(data)
    return _picture_of("elements.picture_notes", "", orjson.dumps(list(notes)) + b"\n" + data)


def _picture_of(module: str, argument: str, data: bytes) -> Picture:
    try:
        answer = ask_child(
            module=module, argument=argument, data=data, wall_seconds=WALL_SECONDS,
            environment={"MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
    except ChildDied as error:
        raise _unreadable() from error
    line, _, rest = answer.partition(b"\n")
    head = orjson.loads(line)
    if "refused" in head:
        raise DomainError(head["refused"], head["message"])
    return Picture(
        jpeg=rest[: head["picture_bytes"]],
        thumb=rest[head["picture_bytes"] :],
        width_px=head["width_px"],
        height_px=head["height_px"],
        taken_at=datetime.fromisoformat(head["taken_at"]) if head["taken_at"] else None,
        position=(head["lon"], head["lat"]) if head["lon"] is not None else None,
    )


def _unreadable() -> DomainError:
    return DomainError("PHOTO_DAMAGED", "照片文件损坏，或大得无法处理。请重新拍摄，或缩小后再上传。")
