"""Models of analysis."""

from analytics.models.count import DayCount, StaleDay
from analytics.models.hot_spot import HotSpot, HotSpotRun
from analytics.models.indicator import IndicatorSnapshot, IndicatorTarget
from analytics.models.report import Report, ReportTemplate, Subscription
from analytics.models.risk import RiskMeasure, RiskSheet

__all__ = [
    "DayCount",
    "HotSpot",
    "HotSpotRun",
    "IndicatorSnapshot",
    "IndicatorTarget",
    "Report",
    "ReportTemplate",
    "RiskMeasure",
    "RiskSheet",
    "StaleDay",
    "Subscription",
]
