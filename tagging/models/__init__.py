"""Tags, rules, grades, alerts."""

from tagging.models.alert import Alert, AlertMute, AlertRecipient, AlertStep
from tagging.models.assignment import Assignment, Outcome, OutcomeEffect
from tagging.models.grading import Grade, GradeOverride, Scheme, SchemeVersion
from tagging.models.rule import Rule, RuleRun, RuleVersion
from tagging.models.tag import Tag

__all__ = [
    "Alert",
    "AlertMute",
    "AlertRecipient",
    "AlertStep",
    "Assignment",
    "Grade",
    "GradeOverride",
    "Outcome",
    "OutcomeEffect",
    "Rule",
    "RuleRun",
    "RuleVersion",
    "Scheme",
    "SchemeVersion",
    "Tag",
]
