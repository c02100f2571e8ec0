"""Entering a new element by hand: the form, what is like it while one types, the receipt, taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from common import clock
from common.errors import Conflict, DomainError, NotAllowed
from console.register_page import (
    entry_fields,
    form_context,
    new_token,
    problems_of,
    read_entry,
    receipt_context,
)
from elements.kinds import KINDS
from elements.list_page import registry_named
from elements.registries import Registry
from elements.selectors.similar import similar_elements
from elements.services.registering import (
    Registration,
    may_register,
    register_element,
    registration_of,
    undo_registration,
)

LAST = "last_registration"


class RegisterView(LoginRequiredMixin, View):
    """GET: the empty form of a registry. POST: saves and goes to the receipt; refused, the form with what is wrong."""

    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = writable(name, request.user)
        return _form(request, registry, status=200)

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = writable(name, request.user)
        entry = read_entry(registry, request.POST)
        if entry.problems:
            return _form(request, registry, status=400, data=request.POST, problems=entry.problems)
        try:
            registration = register_element(
                registry=registry.name, values=entry.values, token=request.POST.get("token", ""), actor=request.user,
                now=clock.now(),
            )  # fmt: skip
        except Conflict as error:
            return _conflict(request, registry, error)
        except DomainError as error:
            if error.status != 400:
                raise
            more = {"error": None if error.extra.get("fields") else error, "problems": problems_of(error)}
            return _form(request, registry, status=400, data=request.POST, **more)
        return _saved(request, registration)


class SimilarView(LoginRequiredMixin, View):
    """POST the form as it is → fragment: visible elements that it may be about. Nothing is stored; no number in a URL."""

    def post(self, request: HttpRequest, name: str) -> HttpResponse:
        registry = writable(name, request.user)
        values = read_entry(registry, request.POST).values
        found = similar_elements(kind=KINDS[registry.kind], values=values, user=request.user, today=clock.today())
        context = {"similar": found, "is_asked": bool(values), "has_same": any(one.is_same for one in found)}
        return render(request, "console/register_similar.html", context)


class RegisteredView(LoginRequiredMixin, View):
    """GET: what one registered oneself, with the way to take it back."""

    def get(self, request: HttpRequest, registration_id: int) -> HttpResponse:
        context = receipt_context(registration_of(batch_id=registration_id, actor=request.user), request.user)
        request.navigation_path = reverse("elements:list", args=[context["registry"].name])
        return render(request, "console/registered.html", context)


class UndoRegistrationView(LoginRequiredMixin, View):
    """POST: takes an own registration of the last day back."""

    def post(self, request: HttpRequest, registration_id: int) -> HttpResponse:
        undo_registration(batch_id=registration_id, actor=request.user, now=clock.now())
        if request.session.get(LAST, {}).get("batch") == registration_id:
            del request.session[LAST]
        messages.success(request, _("已撤销这次登记。"))
        return HttpResponseRedirect(reverse("console:registered", args=[registration_id]))


def writable(name: str, user: Any) -> Registry:
    """The registry, for who may enter things into it.

    Raises:
        NotVisible: nothing is entered into it by hand.
        NotAllowed: the user may not.
    """
    registry = registry_named(name)
    entry_fields(registry)
    if not may_register(user):
        raise NotAllowed
    return registry


def _form(request: HttpRequest, registry: Registry, *, status: int, **more: Any) -> HttpResponse:
    request.navigation_path = reverse("elements:list", args=[registry.name])
    context = form_context(registry, request.user, **more)
    return render(request, "console/register.html", context, status=status)


def _conflict(request: HttpRequest, registry: Registry, error: Conflict) -> HttpResponse:
    """There already, or sent before: the form stays, under a new number, with the way to what is there.

    Raises:
        Conflict: one that another try may settle.
    """
    if error.code not in {"REGISTER_EXISTS", "REGISTER_FORM_USED"}:
        raise error
    links = {"element": "console:element", "registration": "console:registered"}
    there = next(reverse(links[key], args=[pk]) for key, pk in error.extra.items() if key in links)
    more = {"error": error, "there_url": there, "token": new_token()}
    return _form(request, registry, status=error.status, data=request.POST, **more)


def _saved(request: HttpRequest, registration: Registration) -> HttpResponse:
    """The same answer whatever became of the claim; the receipt shows what the writer may see."""
    url = reverse("console:registered", args=[registration.batch.pk])
    if registration.is_repeated:
        messages.info(request, _("这份登记单已经提交过，没有重复登记。"))
        return HttpResponseRedirect(url)
    request.session[LAST] = {"element": registration.element_id, "batch": registration.batch.pk}
    return HttpResponseRedirect(f"{url}?saved=1")
