"""Pages of signing in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from accounts.forms import SignInForm
from common import clock
from common.audit import record_audit


class SignInView(LoginView):
    """The login page, URL name `login`: password, one-time code where the account has one, lock-out.

    A locked pair of account and address gets status 429 with the cure in the form; every success is audited.
    """

    authentication_form = SignInForm
    template_name = "registration/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        record_audit(
            actor_id=user.pk, verb="SIGNED_IN", subject_table="accounts_user", subject_id=user.pk, now=clock.now()
        )
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error("__all__", code="locked_out"):
            response.status_code = 429
        return response
