"""The page of any list that is no registry: rights, rows, head with sort links, chips, count, pager, refusals in words.

A list says what it is in class attributes, and where its rows come from in `filtered`, `order_of`, `read_page` and `rows`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from common.errors import DomainError, NotAllowed, NotVisible
from common.scope import Right
from elements import list_page
from elements.filters import Count, capped_count
from elements.models import SavedFilter
from elements.selectors.keyset_pages import RowPage
from elements.selectors.paging import Order
from elements.selectors.saved_filters import default_filter, with_saved_filter

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

NEWEST_FIRST = Order("-id", None, "pk", None)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list; a first click sorts upwards, or downwards with `is_best_first`; `hint` explains its head.

    One that `is_off` shows only to who turns it on; its cells are `hidden` in the template of the rows.
    """

    name: str
    label: StrOrPromise
    is_locked: bool = False
    is_numeric: bool = False
    is_sortable: bool = False
    is_best_first: bool = False
    hint: StrOrPromise = ""
    is_off: bool = False

    def as_head(self, order: Order, data: QueryDict) -> dict[str, Any]:
        """The column for `includes/list_head.html`; a second click turns the order round."""
        head = {
            "name": self.name, "label": self.label, "is_locked": self.is_locked, "is_numeric": self.is_numeric,
            "hint": self.hint, "is_off": self.is_off,
        }  # fmt: skip
        if not self.is_sortable:
            return head
        is_sorted = self.name == order.name.removeprefix("-")
        goes_down = not order.is_descending if is_sorted else self.is_best_first
        head["sort_url"] = list_page.with_parameters(data, sort=f"-{self.name}" if goes_down else self.name)
        if is_sorted:
            head["sorted"] = "descending" if order.is_descending else "ascending"
        return head


class ListView(LoginRequiredMixin, View, ABC):
    """GET: one list; filters, order and place stand in the URL.

    Attributes:
        usual_query: what it opens with when the URL asks for nothing; its chips can be taken away.
        clear_url: the list without any filter.
        count_words, capped_words: how many rows there are, and past the cap.
        extra: more of the context: texts of the empty list, `hidden_filter`.
        export: name of the list in `console:list-export`; "" = it is not taken out.
        keeps_filters: readers may keep its filters, by the name `kept_name` in `console/saved_lists.py`.
    """

    title: StrOrPromise = ""
    list_name = ""
    template_name = ""
    rows_template = ""
    columns: Sequence[ListColumn] = ()
    usual_query = ""
    clear_url = "?"
    count_words: StrOrPromise = gettext_lazy("共 %(count)s 条")
    capped_words: StrOrPromise = gettext_lazy("%(count)s 条")
    extra: dict[str, Any] = {}
    export = ""
    keeps_filters = False

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.keeps_filters and not request.GET and (saved := default_filter(request.user, self.kept_name)):  # type: ignore[arg-type]
            return HttpResponseRedirect(f"?filter={saved.pk}")
        context = self.frame(request)
        if not self.may_see(request.user):
            return render(request, self.template_name, context | {"state": "no_permission"}, status=403)
        try:
            context |= self.listed(request)
        except (NotAllowed, NotVisible):
            raise
        except DomainError as error:
            shown = {"code": error.code, "message": error.message, "retry_url": self.clear_url,
                     "next_step": _("点“重试”清空条件，从头再来。")}  # fmt: skip
            context |= {"state": "error", "error": shown}
            return render(request, self.template_name, context, status=error.status)
        return render(request, self.template_name, context)

    def may_see(self, user: Any) -> bool:
        """Whether the reader's posts carry the right to the list."""
        return Right.READ in user.scope.rights

    def frame(self, _request: HttpRequest) -> dict[str, Any]:
        """What the page shows around its rows, also when there are none."""
        return {
            "page_title": self.title, "list_name": self.list_name, "rows_template": self.rows_template,
            "filter_template": "includes/list_filters.html", "clear_url": self.clear_url, **self.extra,
        }  # fmt: skip

    def listed(self, request: HttpRequest) -> dict[str, Any]:
        """Rows and all that belongs to them.

        Raises:
            DomainError: a filter, order or cursor that cannot be.
        """
        data, user = self.query_of(request), request.user
        queryset, filterset = self.filtered(data, user)
        order, size = self.order_of(data.get("sort", "")), list_page.page_size_of(data)
        page = self.read_page(queryset, order=order, size=size, cursor=data.get("cursor", ""))
        if filterset is not None:
            list_page.prepare_form(filterset, user)
        return {
            "columns": [column.as_head(order, data) for column in self.columns],
            "rows": self.rows(page.rows, user),
            "pager": list_page.pager(page, data, size),  # type: ignore[arg-type]
            "count_text": self.count_text(queryset, page),
            "chips": list_page.chips(filterset, data, user) if filterset is not None else [],
            "filterset": filterset,
            "export_url": self.export_url(data, user),
            "export_is_table": True,
            **self._kept(data),
        }

    @property
    def kept_name(self) -> str:
        """The name under which filters of the list are kept."""
        return self.list_name

    @cached_property
    def asked(self) -> tuple[QueryDict, SavedFilter | None]:
        """What the URL asks for, with the kept filter that it names.

        Raises:
            NotVisible: no such filter, or somebody else's.
        """
        if not self.keeps_filters:
            return self.request.GET, None
        return with_saved_filter(self.request.GET, list_name=self.kept_name, user=self.request.user)  # type: ignore[arg-type]

    def _kept(self, data: QueryDict) -> dict[str, Any]:
        """What `includes/saved_filters.html` needs."""
        if not self.keeps_filters:
            return {}
        query = list_page.with_parameters(data, page_size=None, filter=None).removeprefix("?")
        return {"kept_name": self.kept_name, "saved": self.asked[1], "may_save": bool(query), "query": query}

    def query_of(self, request: HttpRequest) -> QueryDict:
        """The parameters of the list."""
        return self.asked[0] if request.GET else QueryDict(self.usual_query)

    @abstractmethod
    def filtered(self, data: QueryDict, user: Any) -> tuple[QuerySet[Any], Any]:
        """Rows of the scope that the query asks for, and the filter set (None = the list has no filters)."""

    def order_of(self, text: str) -> Order:
        """The order of rows that `sort=` asks for."""
        return NEWEST_FIRST

    @abstractmethod
    def read_page(self, queryset: QuerySet[Any], *, order: Order, size: int, cursor: str) -> RowPage[Any]:
        """One page."""

    def rows(self, found: Sequence[Any], _user: Any) -> Sequence[Any]:
        """What the template of the rows gets."""
        return found

    def count(self, queryset: QuerySet[Any]) -> Count:
        """How many rows there are; asked only when they do not all stand on the page."""
        return capped_count(queryset)

    def count_text(self, queryset: QuerySet[Any], page: RowPage[Any]) -> str:
        """The same in words."""
        count = Count(len(page.rows), False) if page.is_whole else self.count(queryset)
        return str(self.capped_words if count.is_capped else self.count_words) % {"count": count}

    def export_url(self, data: QueryDict, user: Any) -> str:
        """The file of the same rows, or "" for who may not take lists out."""
        return list_page.list_export_url(self.export, data, user) if self.export else ""
