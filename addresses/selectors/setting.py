"""Town or country: how an area's blocks are told apart."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from addresses.choices import AreaKind
from addresses.selectors.blocks import current_areas


class Setting(models.TextChoices):
    """Where a block lies; a pseudo-block lies nowhere."""

    URBAN = "urban", _("城区")
    RURAL = "rural", _("农村")
    UNPLACED = "unplaced", _("未落地")


def setting_of(*, is_urban: bool, is_pseudo: bool) -> Setting:
    """That of one block."""
    if is_pseudo:
        return Setting.UNPLACED
    return Setting.URBAN if is_urban else Setting.RURAL


def blocks_of_setting(setting: str, day: date) -> list[int]:
    """Ids of the blocks of `day` that lie so."""
    blocks = current_areas(day).filter(kind=AreaKind.GRID, is_pseudo=setting == Setting.UNPLACED)
    if setting != Setting.UNPLACED:
        blocks = blocks.filter(is_urban=setting == Setting.URBAN)
    return sorted(blocks.values_list("pk", flat=True))
