"""What versions of rules and of grading schemes have in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tagging.choices import VersionState


class Version(models.Model):
    """One version of what two people publish: drafted by `author_id` (null: the platform), decided by somebody else.

    The body, which each kind has of its own, never changes once the version was submitted.
    """

    number = models.SmallIntegerField(_("版本号"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=VersionState, default=VersionState.DRAFT)
    author_id = models.BigIntegerField(_("起草人"), null=True)
    created_at = models.DateTimeField(_("起草时间"))
    submitted_at = models.DateTimeField(_("提交时间"), null=True)
    decided_by_id = models.BigIntegerField(_("审核人"), null=True)
    decided_at = models.DateTimeField(_("审核时间"), null=True)
    decision_note = models.CharField(_("审核意见"), max_length=200, blank=True)

    class Meta:
        abstract = True
