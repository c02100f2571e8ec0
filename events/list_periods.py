"""Spans of time that lists of events offer by name; days are those of the clock on the wall."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Period(models.TextChoices):
    TODAY = "today", _("今日")
    WEEK = "week", _("本周")
    LAST30 = "last30", _("近 30 天")
    MONTH = "month", _("本月")
    YEAR = "year", _("今年")


def first_day(period: str, today: date) -> date:
    """The day with which a period that lasts up to now begins; a week begins on Monday, 30 days count today."""
    return {
        Period.TODAY: today,
        Period.WEEK: today - timedelta(days=today.weekday()),
        Period.LAST30: today - timedelta(days=29),
        Period.MONTH: today.replace(day=1),
        Period.YEAR: today.replace(month=1, day=1),
    }[Period(period)]


def begin_of(day: date) -> datetime:
    """The first moment of a day."""
    return timezone.make_aware(datetime.combine(day, time.min))
