"""Errors that a person caused and can cure; one handler for the API and one for pages shows them."""

from __future__ import annotations

import errno
from typing import Any

# What the system says when a disk, a quota or a limit of size is used up.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DomainError(Exception):
    """An anticipated refusal.

    Attributes:
        code: stable UPPER_SNAKE identifier, for machines and tests.
        message: Chinese sentence that names what is wrong and the cure.
        extra: facts for the reader (row, column, limit …); never personal data.
        status: HTTP status at the edges.
    """

    status = 400

    def __init__(self, code: str, message: str, extra: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.extra = extra or {}

    @property
    def body(self) -> dict[str, Any]:
        """What a machine is answered, whichever edge it came to."""
        return {"code": self.code, "message": self.message, "extra": self.extra}


class NotVisible(DomainError):
    """The thing does not exist for this user; the same answer whether or not it exists at all."""

    status = 404

    def __init__(self) -> None:
        super().__init__("NOT_FOUND", "没有找到，或不在您的管辖范围内。")


class NotAllowed(DomainError):
    """The user's posts do not carry this right."""

    status = 403

    def __init__(self, message: str = "您的岗位没有这项权限，请联系大队管理员。") -> None:
        super().__init__("NOT_ALLOWED", message)


class Conflict(DomainError):
    """Somebody else changed the thing, or the key was used for something else."""

    status = 409


class Unavailable(DomainError):
    """The platform cannot do it now and can later; nobody did anything wrong.

    Attributes:
        retry_after_s: when it is worth trying again.
    """

    status = 503
    retry_after_s = 10


class DatabaseBusy(Unavailable):
    """The database does not answer in time, or refuses for a reason that passes."""

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_BUSY", "系统繁忙：数据库暂时没有应答。请稍后重试；刚才提交过内容的，请先刷新页面看是否已经生效。"
        )


class StorageFull(Unavailable):
    """There is no room on the disk: nothing of it was kept."""

    status = 507
    retry_after_s = 60

    def __init__(self) -> None:
        super().__init__("STORAGE_FULL", "服务器磁盘空间不足，这次的内容没有保存。请联系管理员清理空间，之后重新提交。")
