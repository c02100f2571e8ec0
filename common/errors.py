"""Errors that a person caused and can cure; one handler for the API and one for pages shows them."""

from __future__ import annotations

from typing import Any


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
