"""Relations between elements."""

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from elements.choices import RelationType
from elements.models.element import FOLD_GUARD, Element
from elements.models.source import Source

# Who asks what was reads the rows that went; all others are found by them.
_ENDED = models.Q(pgh_label="delete")


@pghistory.track(
    pghistory.InsertEvent(level=pghistory.Statement),
    pghistory.DeleteEvent(level=pghistory.Statement),
    meta={
        "indexes": [
            models.Index(fields=["subject", "type"], name="relation_was_subject"),
            models.Index(fields=["object"], condition=_ENDED, name="relation_was_object"),
        ]
    },
)
class Relation(models.Model):
    """One source's current claim that two elements are related; derived from the current claims of the subject.

    The period is what the source states; without one the relation holds as long as the source says so. When it last said
    so stands in its current claim.
    """

    subject = models.ForeignKey(
        Element, models.CASCADE, db_index=False, related_name="relations", verbose_name=_("要素")
    )
    type = models.CharField(_("关系"), max_length=12, choices=RelationType)
    object = models.ForeignKey(
        Element, models.CASCADE, db_index=False, related_name="inverse_relations", verbose_name=_("对方")
    )
    source = models.ForeignKey(Source, models.PROTECT, db_index=False, related_name="+", verbose_name=_("来源"))
    valid_from = models.DateField(_("起"), null=True)
    valid_to = models.DateField(_("止（不含）"), null=True)

    class Meta:
        verbose_name = _("关系")
        verbose_name_plural = _("关系")
        triggers = [FOLD_GUARD]
        constraints = [models.UniqueConstraint(fields=["subject", "type", "object", "source"], name="relation_once")]
        indexes = [models.Index(fields=["object", "type"], name="relation_object")]

    def __str__(self) -> str:
        return f"{self.get_type_display()} #{self.pk}"
