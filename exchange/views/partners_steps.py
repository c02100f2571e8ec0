"""What is done about partners: each a POST that one service carries out, and back to the tab it came from."""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from accounts.models import User
from common import clock
from common.errors import DomainError, NotVisible
from exchange.choices import Subject
from exchange.contracts import SUBJECTS
from exchange.forms_partners import ContractForm, PartnerForm, SignatureForm
from exchange.models import Contract, Partner
from exchange.selectors import partners
from exchange.selectors.partners_preview import sample_document
from exchange.selectors.partners_signature import explain, signed_text
from exchange.services import contracts_service, disputes, partner_keys, recall
from exchange.services.delivery_email import collect_messages
from exchange.services.delivery_http import push
from exchange.services.delivery_results import Delivered
from exchange.views.acts import ActView
from exchange.views.partners_page import page_context


class _PartnerActView(ActView[Partner]):
    """An act on a partner; it leads back to the tab that it came from, with what is to be said."""

    tab = "overview"

    def find(self, code: str, user: User) -> Partner:
        return partners.visible_partner(code, user)

    def refused(self, request: HttpRequest, thing: Partner, error: DomainError) -> HttpResponse:
        messages.error(request, error.message)
        return self._to_tab(thing)

    def done(self, request: HttpRequest, thing: Partner, said: str) -> HttpResponse:
        messages.success(request, said)
        return self._to_tab(thing)

    def _to_tab(self, partner: Partner) -> HttpResponse:
        return HttpResponseRedirect(reverse("exchange:partner", args=[partner.code]) + f"?tab={self.tab}")


class PartnerEditView(LoginRequiredMixin, View):
    """GET, POST: a new partner, or the address and names of one."""

    def get(self, request: HttpRequest, code: str = "") -> HttpResponse:
        partner_keys.require_configure(request.user)
        return self._shown(request, PartnerForm(instance=self._partner(request, code)))

    def post(self, request: HttpRequest, code: str = "") -> HttpResponse:
        partner_keys.require_configure(request.user)
        form = PartnerForm(request.POST, instance=self._partner(request, code))
        if not form.is_valid():
            return self._shown(request, form, status=400)
        try:
            partner = contracts_service.save_partner(
                partner=form.instance, actor=request.user, now=clock.now(), changed=form.changed_data
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return self._shown(request, form, status=error.status)
        messages.success(request, _("已保存。"))
        return HttpResponseRedirect(reverse("exchange:partner", args=[partner.code]))

    def _partner(self, request: HttpRequest, code: str) -> Partner:
        return partners.visible_partner(code, request.user) if code else Partner()

    def _shown(self, request: HttpRequest, form: PartnerForm, status: int = 200) -> HttpResponse:
        request.navigation_path = reverse("exchange:partners")  # type: ignore[attr-defined]
        title = _("修改伙伴") if form.instance.pk else _("新增伙伴")
        crumbs = [{"label": _("交换伙伴"), "url": reverse("exchange:partners")}]
        return render(
            request, "exchange/partner_form.html", {"page_title": title, "breadcrumbs": crumbs, "form": form}, status=status
        )  # fmt: skip


class ContractNewView(LoginRequiredMixin, View):
    """GET, POST: a new version of the contract on `subject`, beginning from the one before."""

    def get(self, request: HttpRequest, code: str, subject: str) -> HttpResponse:
        partner, before = self._subject(request, code, subject)
        return self._shown(request, partner, subject, ContractForm(subject=subject, before=before))

    def post(self, request: HttpRequest, code: str, subject: str) -> HttpResponse:
        partner, before = self._subject(request, code, subject)
        form = ContractForm(request.POST, subject=subject, before=before)
        if not form.is_valid():
            return self._shown(request, partner, subject, form, status=400)
        try:
            made = contracts_service.create_version(
                partner=partner, subject=subject, actor=request.user, now=clock.now(), **form.values()
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return self._shown(request, partner, subject, form, status=error.status)
        messages.success(request, _("约定第 %(version)s 版已生效。") % {"version": made.version})
        return HttpResponseRedirect(reverse("exchange:partner", args=[partner.code]) + "?tab=contracts")

    def _subject(self, request: HttpRequest, code: str, subject: str) -> tuple[Partner, Contract | None]:
        partner = partners.visible_partner(code, request.user)
        partner_keys.require_configure(request.user)
        if subject not in SUBJECTS:
            raise NotVisible
        return partner, Contract.objects.filter(partner=partner, subject=subject).order_by("-version").first()

    def _shown(
        self, request: HttpRequest, partner: Partner, subject: str, form: ContractForm, status: int = 200
    ) -> HttpResponse:
        request.navigation_path = reverse("exchange:partners")  # type: ignore[attr-defined]
        context = {
            "page_title": _("%(subject)s：新的约定") % {"subject": Subject(subject).label},
            "breadcrumbs": [
                {"label": _("交换伙伴"), "url": reverse("exchange:partners")},
                {"label": partner.name, "url": reverse("exchange:partner", args=[partner.code]) + "?tab=contracts"},
            ],
            "form": form,
            "partner": partner,
        }
        return render(request, "exchange/partner_contract.html", context, status=status)


class ContractEndView(_PartnerActView):
    """POST `reason`: ends a contract now."""

    tab = "contracts"

    def act(self, request: HttpRequest, thing: Partner, contract_id: int = 0, **_ids: Any) -> str:
        contracts_service.end_contract(
            partner=thing, contract_id=contract_id, reason=request.POST.get("reason", ""), actor=request.user,
            now=clock.now(),
        )  # fmt: skip
        return _("约定已终止：不再提供新内容，对方已持有的仍会更正和召回。")


class TryNowView(_PartnerActView):
    """POST: the next try at once."""

    def act(self, request: HttpRequest, thing: Partner, **_ids: Any) -> str:
        recall.try_now(partner=thing, actor=request.user, now=clock.now())
        return _("几秒后再试一次。")


class MessageResendView(_PartnerActView):
    """POST: a parked message goes again."""

    tab = "messages"

    def act(self, request: HttpRequest, thing: Partner, message_id: int = 0, **_ids: Any) -> str:
        recall.resend(partner=thing, message_id=message_id, actor=request.user, now=clock.now())
        return _("已重新排队，几秒后发送。")


class MessageResendAllView(_PartnerActView):
    """POST: every parked message goes again."""

    tab = "messages"

    def act(self, request: HttpRequest, thing: Partner, **_ids: Any) -> str:
        count = recall.resend_all(partner=thing, actor=request.user, now=clock.now())
        return _("%(count)s 条死信已重新排队。") % {"count": count}


class MessageGiveUpView(_PartnerActView):
    """POST `reason`: a parked message is not sent."""

    tab = "messages"

    def act(self, request: HttpRequest, thing: Partner, message_id: int = 0, **_ids: Any) -> str:
        recall.give_up(
            partner=thing, message_id=message_id, reason=request.POST.get("reason", ""), actor=request.user,
            now=clock.now(),
        )  # fmt: skip
        return _("已放弃这条消息，同一记录的后续变化照常发送。")


class RecallView(_PartnerActView):
    """POST `subject`, `record`, `reason`: asks every partner that holds the record to delete it."""

    tab = "ledger"

    def act(self, request: HttpRequest, thing: Partner, **_ids: Any) -> str:
        subject, record = request.POST.get("subject", ""), request.POST.get("record", "")
        if subject not in SUBJECTS or not record.isdigit() or int(record) > 2**62:
            raise DomainError("RECORD_MISSING", "请选择内容并填写记录编号（数字）。")
        count = recall.recall_record(
            subject=subject, subject_id=int(record), reason=request.POST.get("reason", ""), actor=request.user,
            now=clock.now(),
        )  # fmt: skip
        return _("已请 %(count)s 家持有这条记录的伙伴删除。") % {"count": count}


class DisputeDecideView(_PartnerActView):
    """POST `decision` (accept, refuse), `answer`: decides an open dispute."""

    tab = "disputes"

    def act(self, request: HttpRequest, thing: Partner, dispute_id: int = 0, **_ids: Any) -> str:
        disputes.decide_dispute(
            partner=thing, dispute_id=dispute_id, is_accepted=request.POST.get("decision") == "accept",
            answer=request.POST.get("answer", ""), actor=request.user, now=clock.now(),
        )  # fmt: skip
        return _("已答复，对方会随下一条消息收到，也可以来查询。")


class KeyNewView(LoginRequiredMixin, View):
    """POST: a new key. Its secret stands on this one answer and nowhere else."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        partner = partners.visible_partner(code, request.user)
        key, secret = partner_keys.create_key(partner=partner, actor=request.user, now=clock.now())
        context = page_context(request, partner, "keys", new_key=key, new_secret=secret)
        response = render(request, "exchange/partner.html", context)
        response["Cache-Control"] = "no-store"
        return response


class KeyEndView(_PartnerActView):
    """POST: ends a key at once."""

    tab = "keys"

    def act(self, request: HttpRequest, thing: Partner, key_id: str = "", **_ids: Any) -> str:
        partner_keys.end_key(partner=thing, key_id=key_id, actor=request.user, now=clock.now())
        return _("密钥已停用。")


class SignatureCheckView(LoginRequiredMixin, View):
    """POST: says which step of a signature differs; nothing is accepted or kept."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        partner = partners.visible_partner(code, request.user)
        form = SignatureForm(request.POST)
        context: dict[str, Any] = {"check": form}
        if form.is_valid():
            now = clock.now()
            given = form.given()
            context |= {
                "check_steps": explain(given, dict(partner_keys.valid_keys(partner, now)), now),
                "signed_lines": signed_text(given),
            }
        return render(request, "exchange/partner.html", page_context(request, partner, "guide", **context))


class TestPushView(_PartnerActView):
    """POST: sends a test partner a sample with invented values, signed like any message, and says what it answered."""

    tab = "guide"

    def act(self, request: HttpRequest, thing: Partner, **_ids: Any) -> str:
        partner_keys.require_configure(request.user)
        if not thing.is_test:
            raise DomainError("NOT_A_TEST", "试验报文只能发给测试伙伴。")
        now = clock.now()
        subject = request.POST.get("subject") or Subject.VIOLATION
        if subject not in SUBJECTS:
            raise NotVisible
        document = sample_document(subject, list(SUBJECTS[subject].fields), contract=None, sent_at=now)
        document |= {"message_id": f"test-{secrets.token_hex(8)}", "is_test": True}
        answer = push(thing.url, partner_keys.valid_keys(thing, now), orjson.dumps(document))
        if not isinstance(answer, Delivered):
            raise DomainError(answer.code, answer.message)
        return _("对方已收下试验报文，回执：%(receipt)s") % {"receipt": answer.receipt or _("没有")}


class CollectView(LoginRequiredMixin, View):
    """POST: the partner's liaison reads what waits; it is noted as told."""

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        partner = partners.visible_partner(code, request.user)
        found = collect_messages(partner=partner, actor=request.user, now=clock.now())
        shown = [
            {
                "rendered": one,
                "fields": _worded(one.contract.subject, one.fields),
                "verb": one.message.get_verb_display(),
            }
            for one in found
        ]
        response = render(request, "exchange/partner.html", page_context(request, partner, "collect", collected=shown))
        response["Cache-Control"] = "no-store"
        return response


def _worded(subject: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """{label, value} of what was told, as it was told."""
    spec = SUBJECTS[subject]
    return [
        {
            "label": str(spec.fields[name].label),
            "value": " ".join(map(str, value.values())) if isinstance(value, dict) else value,
        }
        for name, value in fields.items()
    ]
