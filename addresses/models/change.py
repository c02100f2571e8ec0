"""Changes of the registry: merged, split, renumbered, retired, certified."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from addresses.choices import AddressChangeKind, AddressChangeState
from addresses.models.address import StandardAddress


class AddressChange(models.Model):
    """One decision about standard addresses, done in one transaction; undone as a whole or not at all."""

    kind = models.CharField(_("种类"), max_length=10, choices=AddressChangeKind)
    reason = models.CharField(_("依据"), max_length=200)
    state = models.CharField(_("状态"), max_length=8, choices=AddressChangeState, default=AddressChangeState.DONE)
    counts = models.JSONField(_("影响"), default=dict)
    job_id = models.BigIntegerField(_("任务"), null=True)
    actor_id = models.BigIntegerField(_("操作人"), null=True)
    done_at = models.DateTimeField(_("时间"))
    undone_by = models.BigIntegerField(_("撤销人"), null=True)
    undone_at = models.DateTimeField(_("撤销时间"), null=True)

    class Meta:
        verbose_name = _("地址变更")
        verbose_name_plural = _("地址变更")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class AddressChangeItem(models.Model):
    """What one address was and became in a change; `before` is null for one that the change made."""

    change = models.ForeignKey(AddressChange, models.PROTECT, related_name="items", verbose_name=_("地址变更"))
    address = models.ForeignKey(StandardAddress, models.PROTECT, related_name="changes", verbose_name=_("标准地址"))
    before = models.JSONField(_("变更前"), null=True)
    after = models.JSONField(_("变更后"))

    class Meta:
        verbose_name = _("地址变更明细")
        verbose_name_plural = _("地址变更明细")
        constraints = [models.UniqueConstraint(fields=["change", "address"], name="address_change_item_once")]

    def __str__(self) -> str:
        return f"{self.change_id} {self.address_id}"
