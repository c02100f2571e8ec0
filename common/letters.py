"""Letters to who answers for a link, a partner or the platform: numbers and a link, never data."""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

logger = structlog.get_logger(__name__)
TIMEOUT_S = 10


def send_letter(*, subject: str, lines: Sequence[str], page: str, to: str, about: str) -> bool:
    """Sends one; False when the mail server would not take it.

    Args:
        page: path on this platform that the letter leads to.
        about: code of what it speaks of, for the log.
    """
    mail = get_connection(timeout=TIMEOUT_S) if "smtp" in settings.EMAIL_BACKEND else get_connection()
    letter = EmailMessage(
        subject=subject.replace("\n", " "),
        body="\n".join([*lines, "", f"查看：{settings.PUBLIC_URL.rstrip('/')}{page}"]), to=[to], connection=mail,
    )  # fmt: skip
    try:
        return bool(letter.send())
    except (OSError, SMTPException) as error:
        logger.warning("letter_not_sent", about=about, why=type(error).__name__)
        return False
