"""What becomes of tags, grades and alerts when two elements are merged."""

from __future__ import annotations

from elements.services.merges import leave_behind

# What rules and schemes gave stays behind and ends: the one that is kept is judged anew, and so is the other when it comes back.
_STAYS = {
    "tagging_assignment": """r.rule_id IS NOT NULL OR (r.until IS NULL AND EXISTS (
        SELECT 1 FROM tagging_assignment o WHERE o.element_id = %(keep)s AND o.tag_id = r.tag_id AND o.rule_id IS NULL
        AND o.until IS NULL))""",
    "tagging_grade": "true",
    "tagging_alert": "true",
    "tagging_gradeoverride": """r.state IN ('REQUESTED', 'APPROVED') AND EXISTS (
        SELECT 1 FROM tagging_gradeoverride o WHERE o.element_id = %(keep)s AND o.scheme_id = r.scheme_id
        AND o.state IN ('REQUESTED', 'APPROVED'))""",
}


def register() -> None:
    """Called once, when the app is ready."""
    for table, condition in _STAYS.items():
        leave_behind(table, condition)
