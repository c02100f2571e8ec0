"""An act on something that has a code: one POST, one service; what the service refuses is said where it was asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.views import View

from accounts.models import User
from common.errors import DomainError

Thing = TypeVar("Thing")


class ActView(LoginRequiredMixin, View, ABC, Generic[Thing]):
    """POST: does it and leads back. What the user may not do or see stays an error of its own."""

    def post(self, request: HttpRequest, code: str, **ids: Any) -> HttpResponse:
        thing = self.find(code, request.user)
        try:
            said = self.act(request, thing, **ids)
        except DomainError as error:
            if error.status in {403, 404}:
                raise
            return self.refused(request, thing, error)
        return self.done(request, thing, said)

    @abstractmethod
    def find(self, code: str, user: User) -> Thing:
        """What the act is about, if the user may see it."""

    @abstractmethod
    def act(self, request: HttpRequest, thing: Thing, **ids: Any) -> str:
        """Does it; returns what to say."""

    @abstractmethod
    def refused(self, request: HttpRequest, thing: Thing, error: DomainError) -> HttpResponse:
        """The answer when the service refused."""

    @abstractmethod
    def done(self, request: HttpRequest, thing: Thing, said: str) -> HttpResponse:
        """The answer when it is done."""
