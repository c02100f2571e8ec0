"""Links out: who is told what, by which contract, what was sent, and who holds which field of which record."""

import uuid

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import DisputeState, MessageState, PartnerTransport, Subject, Verb


@pghistory.track(pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent(level=pghistory.Statement))
class Partner(models.Model):
    """A department that is told what concerns it. Natural key: code.

    `source`: in whose name what it says back becomes a claim. `next_try_at`: after a failure nothing is tried before then.
    """

    code = models.SlugField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    transport = models.CharField(_("方式"), max_length=10, choices=PartnerTransport)
    url = models.CharField(_("推送地址"), max_length=200, blank=True)
    folder = models.CharField(_("摆渡目录"), max_length=200, blank=True)
    email = models.EmailField(_("邮箱"), blank=True)
    source = models.ForeignKey(
        "elements.Source", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("对应来源")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("责任人")
    )
    contact = models.CharField(_("对方联系人"), max_length=60, blank=True)
    is_active = models.BooleanField(_("启用"), default=True)
    is_test = models.BooleanField(_("测试伙伴"), default=False)
    failures = models.PositiveIntegerField(_("连续失败"), default=0)
    next_try_at = models.DateTimeField(_("下次尝试"), null=True)
    last_ok_at = models.DateTimeField(_("上次送达"), null=True)
    alerted_at = models.DateTimeField(_("已通知"), null=True)

    class Meta:
        verbose_name = _("交换伙伴")
        verbose_name_plural = _("交换伙伴")

    def __str__(self) -> str:
        return self.name


class PartnerKey(models.Model):
    """A signing key shared with a partner; two overlap while one takes over from the other. Natural key: key id."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="keys", verbose_name=_("伙伴"))
    key_id = models.CharField(_("密钥编号"), max_length=40, unique=True)
    secret = models.BinaryField(_("密钥（加密）"))
    valid_from = models.DateTimeField(_("起"))
    valid_to = models.DateTimeField(_("止"), null=True)
    created_by = models.BigIntegerField(_("创建人"), null=True)

    class Meta:
        verbose_name = _("签名密钥")
        verbose_name_plural = _("签名密钥")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="partner_key_period",
                violation_error_message=_("密钥的止期必须晚于起期。"),
            )
        ]

    def __str__(self) -> str:
        return self.key_id


class PartnerNonce(models.Model):
    """A nonce that a partner has used: the same signature does not count twice. Swept when it is too old to be valid."""

    partner = models.ForeignKey(Partner, models.CASCADE, db_index=False, related_name="+", verbose_name=_("伙伴"))
    nonce = models.CharField(_("随机数"), max_length=64)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("已用随机数")
        verbose_name_plural = _("已用随机数")
        constraints = [models.UniqueConstraint(fields=["partner", "nonce"], name="partner_nonce_once")]
        indexes = [models.Index(fields=["at"], name="partner_nonce_at")]

    def __str__(self) -> str:
        return f"{self.partner_id}"


class Contract(models.Model):
    """What a partner may be told: which records, which fields, for what purpose, on what legal basis, until when.

    A change is a new version; the old one stays with its end. Nothing leaves outside a contract in force. `selection` names
    the records (`exchange/contracts.py`).
    """

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="contracts", verbose_name=_("伙伴"))
    subject = models.CharField(_("内容"), max_length=10, choices=Subject)
    version = models.PositiveSmallIntegerField(_("版本"))
    selection = models.CharField(_("范围"), max_length=40)
    fields = ArrayField(models.CharField(max_length=40), verbose_name=_("字段"))
    purpose = models.CharField(_("用途"), max_length=200)
    legal_basis = models.CharField(_("法律依据"), max_length=300)
    valid_from = models.DateField(_("起"))
    valid_to = models.DateField(_("止（不含）"))
    signed_by = models.CharField(_("签署人"), max_length=60)
    created_at = models.DateTimeField(_("创建时间"))
    created_by = models.BigIntegerField(_("创建人"), null=True)
    ended_at = models.DateTimeField(_("提前终止"), null=True)
    ended_by = models.BigIntegerField(_("终止人"), null=True)

    class Meta:
        verbose_name = _("共享约定")
        verbose_name_plural = _("共享约定")
        constraints = [
            models.UniqueConstraint(fields=["partner", "subject", "version"], name="contract_version"),
            models.UniqueConstraint(
                fields=["partner", "subject"], condition=Q(ended_at__isnull=True), name="contract_in_force"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gt=F("valid_from")),
                name="contract_period",
                violation_error_message=_("约定的止期必须晚于起期。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} {self.get_subject_display()} v{self.version}"


class OutboxMessage(models.Model):
    """Something that a partner is to be told about one record. `uid` is the stable id by which the partner tells it again.

    What is said is written when it is sent, from the record as it is then: a record waits at most once for a partner.
    """

    uid = models.UUIDField(_("消息编号"), default=uuid.uuid4, unique=True)
    partner = models.ForeignKey(
        Partner, models.PROTECT, db_index=False, related_name="messages", verbose_name=_("伙伴")
    )
    contract = models.ForeignKey(Contract, models.PROTECT, db_index=False, related_name="+", verbose_name=_("约定"))
    subject = models.CharField(_("内容"), max_length=10, choices=Subject)
    subject_id = models.BigIntegerField(_("记录"))
    verb = models.CharField(_("动作"), max_length=10, choices=Verb)
    state = models.CharField(_("状态"), max_length=12, choices=MessageState, default=MessageState.PENDING)
    created_at = models.DateTimeField(_("产生时间"))
    due_at = models.DateTimeField(_("发送时间"))
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    error_code = models.CharField(_("错误代码"), max_length=40, blank=True)
    error_message = models.CharField(_("错误"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("送达时间"), null=True)
    acknowledged_at = models.DateTimeField(_("签收时间"), null=True)
    receipt = models.CharField(_("回执编号"), max_length=80, blank=True)
    parcel = models.CharField(_("文件"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("待发消息")
        verbose_name_plural = _("待发消息")
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "subject", "subject_id"],
                condition=Q(state=MessageState.PENDING),
                name="outbox_waits_once",
            )
        ]
        indexes = [
            models.Index(fields=["partner", "due_at", "id"], condition=Q(state="PENDING"), name="outbox_due"),
            models.Index(fields=["partner", "-id"], name="outbox_partner"),
            models.Index(fields=["subject", "subject_id"], name="outbox_subject"),
            models.Index(fields=["partner", "parcel"], condition=~Q(parcel=""), name="outbox_parcel"),
            models.Index(fields=["created_at"], name="outbox_day"),
            # What the partner list counts: few of millions.
            models.Index(
                fields=["partner", "state"],
                include=["sent_at", "created_at", "due_at"],
                condition=Q(state__in=["PENDING", "DEAD", "SENT"]),
                name="outbox_open",
            ),
            models.Index(
                fields=["partner", "-acknowledged_at"],
                condition=Q(acknowledged_at__isnull=False),
                name="outbox_receipt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uid}"


class Disclosure(models.Model):
    """The recipient ledger: a partner was told a field of a record, when, in which message; no value, only its keyed hash.

    `superseded_at`: a later message told it anew. `recalled_at`: the partner was asked to delete it.
    """

    partner = models.ForeignKey(Partner, models.PROTECT, db_index=False, related_name="+", verbose_name=_("伙伴"))
    message = models.ForeignKey(
        OutboxMessage, models.PROTECT, db_index=False, related_name="disclosures", verbose_name=_("消息")
    )
    subject = models.CharField(_("内容"), max_length=10, choices=Subject)
    subject_id = models.BigIntegerField(_("记录"))
    field = models.CharField(_("字段"), max_length=40)
    value_hash = models.BinaryField(_("内容摘要"), max_length=16)
    disclosed_at = models.DateTimeField(_("提供时间"))
    acknowledged_at = models.DateTimeField(_("签收时间"), null=True)
    superseded_at = models.DateTimeField(_("被更新"), null=True)
    recalled_at = models.DateTimeField(_("召回时间"), null=True)

    class Meta:
        verbose_name = _("提供记录")
        verbose_name_plural = _("提供记录")
        constraints = [models.UniqueConstraint(fields=["message", "field"], name="disclosure_once")]
        indexes = [
            models.Index(fields=["subject", "subject_id", "partner"], name="disclosure_record"),
            models.Index(fields=["partner", "-disclosed_at"], name="disclosure_partner"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.subject_id} {self.field}"


class PartnerRecord(models.Model):
    """The number that a partner gave to a record of ours. Natural key: partner and record."""

    partner = models.ForeignKey(Partner, models.CASCADE, db_index=False, related_name="+", verbose_name=_("伙伴"))
    subject = models.CharField(_("内容"), max_length=10, choices=Subject)
    subject_id = models.BigIntegerField(_("记录"))
    number = models.CharField(_("对方编号"), max_length=80)
    updated_at = models.DateTimeField(_("更新时间"))

    class Meta:
        verbose_name = _("对方编号")
        verbose_name_plural = _("对方编号")
        constraints = [models.UniqueConstraint(fields=["partner", "subject", "subject_id"], name="partner_record_once")]

    def __str__(self) -> str:
        return f"{self.subject} #{self.subject_id}"


class Dispute(models.Model):
    """A partner says that a field of a record that it was told is wrong. What it says is kept sealed; it becomes a claim.

    Natural key: partner and the number that it gave.
    """

    partner = models.ForeignKey(
        Partner, models.PROTECT, db_index=False, related_name="disputes", verbose_name=_("伙伴")
    )
    number = models.CharField(_("对方单号"), max_length=80)
    message = models.ForeignKey(
        OutboxMessage, models.PROTECT, null=True, db_index=False, related_name="+", verbose_name=_("消息")
    )
    subject = models.CharField(_("内容"), max_length=10, choices=Subject)
    subject_id = models.BigIntegerField(_("记录"))
    field = models.CharField(_("字段"), max_length=40)
    stated = models.BinaryField(_("对方所述（加密）"))
    reason = models.CharField(_("理由"), max_length=300)
    received_at = models.DateTimeField(_("收到时间"))
    state = models.CharField(_("状态"), max_length=10, choices=DisputeState, default=DisputeState.OPEN)
    claim_batch = models.ForeignKey(
        "elements.ClaimBatch", models.PROTECT, null=True, related_name="+", verbose_name=_("声明批次")
    )
    answer = models.CharField(_("答复"), max_length=200, blank=True)
    decided_at = models.DateTimeField(_("处理时间"), null=True)
    decided_by = models.BigIntegerField(_("处理人"), null=True)

    class Meta:
        verbose_name = _("异议")
        verbose_name_plural = _("异议")
        constraints = [models.UniqueConstraint(fields=["partner", "number"], name="dispute_once")]
        indexes = [models.Index(fields=["subject", "subject_id"], name="dispute_record")]

    def __str__(self) -> str:
        return f"{self.partner} {self.number}"
