"""What a reader without the right sees of a personal value. Source: the customer's masking defaults."""

from __future__ import annotations


def mask_citizen_id(value: str) -> str:
    """370683********0015: division and last four stay."""
    return f"{value[:6]}********{value[-4:]}" if len(value) >= 15 else "*" * len(value)


def mask_phone(value: str) -> str:
    """138****5678."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 10 else "****"


def mask_file_number(value: str) -> str:
    """3706******56."""
    return f"{value[:4]}******{value[-2:]}" if len(value) >= 8 else "****"


def mask_name(value: str) -> str:
    """张*; a unit's name is public and is not masked by this."""
    return f"{value[:1]}*" if value else ""


def mask_plate(value: str) -> str:
    """鲁F***45."""
    return f"{value[:2]}***{value[-2:]}" if len(value) >= 6 else "***"


MASKS = {"citizen_id": mask_citizen_id, "phone": mask_phone, "file_no": mask_file_number}
