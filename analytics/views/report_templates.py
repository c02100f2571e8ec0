"""Templates of reports and their shells; subscriptions, also ended by the link of a letter."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from analytics.report_forms import ShellForm, SubscriptionForm
from analytics.reports.files import FORMATS
from analytics.reports.paper import FIELD_NAMES
from analytics.reports.render_docx import own_shell
from analytics.reports.shells import drop_shell, keep_shell
from analytics.selectors import reports as reading
from analytics.services import report_mail
from analytics.views.reports import framed
from common import clock
from common.errors import DomainError, NotAllowed


class TemplatesView(LoginRequiredMixin, View):
    """GET: templates with their blocks and shells. POST /reports/templates/<code>/: `file` or `drop`."""

    def get(self, request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not reading.templates(user).exists() and not reading.may_write(user):
            raise NotAllowed
        return self.shown(request)

    def shown(self, request: HttpRequest, *, refusal: str = "", at: str = "", status: int = 200) -> HttpResponse:
        user: Any = request.user
        context = framed(request, _("报告模板")) | {
            "templates": list(reading.templates(user)), "may_manage": reading.may_manage(user), "refusal": refusal,
            "refused_at": at, "fields": FIELD_NAMES,
        }  # fmt: skip
        return render(request, "analytics/report_templates.html", context, status=status)


class ShellView(LoginRequiredMixin, View):
    """GET /reports/templates/<code>/shell/: the shell in use. POST: another one, or back to the platform's."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        template = reading.visible_template(code, request.user)  # type: ignore[arg-type]
        data = template.shell.open("rb").read() if template.shell else own_shell()
        response = HttpResponse(data, content_type=FORMATS["docx"])
        response.headers["Content-Disposition"] = f'attachment; filename="{template.code}.docx"'
        return response

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        template = reading.visible_template(code, request.user)  # type: ignore[arg-type]
        common: dict[str, Any] = {"template": template, "actor": request.user, "now": clock.now()}
        try:
            if "drop" in request.POST:
                drop_shell(**common)
                messages.success(request, _("已恢复为平台自带的公文模板"))
                return HttpResponseRedirect(reverse("analytics:report-templates"))
            form = ShellForm(request.POST, request.FILES)
            if not form.is_valid():
                raise DomainError("SHELL_UNREADABLE", "请选择一个 .docx 文件。")
            keep_shell(data=form.cleaned_data["file"].read(), **common)
        except DomainError as error:
            if isinstance(error, NotAllowed):
                raise
            return TemplatesView().shown(request, refusal=error.message, at=code, status=error.status)
        messages.success(request, _("公文模板已换上，之后下载的 DOCX 都用它"))
        return HttpResponseRedirect(reverse("analytics:report-templates"))


class SubscriptionsView(LoginRequiredMixin, View):
    """GET: own subscriptions, everybody's for who keeps the templates. POST: subscribes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not reading.templates(request.user).exists():  # type: ignore[arg-type]
            raise NotAllowed
        return self._shown(request, SubscriptionForm(user=request.user))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SubscriptionForm(request.POST, user=request.user)
        if not form.is_valid():
            return self._shown(request, form, status=400)
        try:
            report_mail.subscribe(**form.cleaned_data, actor=request.user, now=clock.now())
        except DomainError as error:
            form.add_error(None, error.message)
            return self._shown(request, form, status=error.status)
        messages.success(request, _("已订阅：到期后平台会发邮件给您"))
        return HttpResponseRedirect(reverse("analytics:report-subscriptions"))

    def _shown(self, request: HttpRequest, form: SubscriptionForm, *, status: int = 200) -> HttpResponse:
        user: Any = request.user
        context = framed(request, _("报告订阅")) | {
            "form": form, "own": reading.own_subscriptions(user), "email": user.email,
            "others": [one for one in reading.all_subscriptions(user) if one.user_id != user.pk],
        }  # fmt: skip
        return render(request, "analytics/report_subscriptions.html", context, status=status)


class SubscriptionEndView(LoginRequiredMixin, View):
    """POST /reports/subscriptions/<id>/end/."""

    def post(self, request: HttpRequest, subscription_id: int) -> HttpResponse:
        report_mail.unsubscribe(subscription_id=subscription_id, actor=request.user, now=clock.now())  # type: ignore[arg-type]
        messages.success(request, _("已退订"))
        return HttpResponseRedirect(reverse("analytics:report-subscriptions"))


class UnsubscribeView(View):
    """GET /reports/unsubscribe/<token>/: asks, since mail programs follow links by themselves. POST: ends it. No signing in."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._shown(request, report_mail.subscription_of(token))

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._shown(request, report_mail.unsubscribe_by_link(token=token, now=clock.now()))

    def _shown(self, request: HttpRequest, subscription: Any) -> HttpResponse:
        context = {"name": subscription.template.name, "is_ended": subscription.ended_at is not None}
        return render(request, "analytics/report_unsubscribe.html", context)
