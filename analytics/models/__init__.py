"""Models of analysis."""

from analytics.models.count import DayCount, StaleDay
from analytics.models.hot_spot import HotSpot, HotSpotRun
from analytics.models.indicator import IndicatorSnapshot, IndicatorTarget
from analytics.models.report import Report, ReportTemplate, Subscription

__all__ = [
    "DayCount",
    "HotSpot",
    "HotSpotRun",
    "IndicatorSnapshot",
    "IndicatorTarget",
    "Report",
    "ReportTemplate",
    "StaleDay",
    "Subscription",
]
