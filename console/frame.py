"""What every page of the frame needs: navigation, area switch, person, banner.

Everything is made when a template asks for it, so that error pages without a frame touch no database.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from common.scope import NOTHING, Right, Scope
from console.demo_state import demo_as_of
from console.selectors.today import role_label
from elements.list_page import OPEN
from elements.registries import REGISTRIES
from elements.selectors.areas import areas_of_scope
from events.list_kinds import EVENT_LISTS
from exchange.selectors.partners import may_see_partners, sees_all_partners

# Pages whose rows an area narrows; elsewhere the switch leads to the first of them.
_AREA_PATHS = (
    "/registry/", "/map/", "/duplicates/", "/merges/", "/coverage/", "/events/", "/grades/list/", "/dashboard/",
)  # fmt: skip


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor; see `docs/subsystems/front-end.md` for the shapes."""
    return {
        "environment_banner": _banner(),
        "may_search": SimpleLazyObject(lambda: Right.READ in _scope(request).rights),
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "area_choices": SimpleLazyObject(lambda: _area_choices(request)),
        "sees_partners": SimpleLazyObject(
            lambda: sees_all_partners(_user(request)) if _sees_partners(request) else False
        ),
        "person_name": SimpleLazyObject(lambda: str(_user(request) or "")),
        "person_role": SimpleLazyObject(lambda: _role(request)),
    }


def _banner() -> str:
    """The operator's text; with the demonstration, the day to which its data speaks."""
    as_of = demo_as_of()
    if not settings.ENVIRONMENT_BANNER or as_of is None:
        return settings.ENVIRONMENT_BANNER
    return _("%(text)s，统计截至 %(day)s") % {"text": settings.ENVIRONMENT_BANNER, "day": as_of.isoformat()}


def _user(request: HttpRequest) -> Any:
    """The signed-in user, or None: also when nobody asked yet, or the database does not answer."""
    try:
        user = getattr(request, "user", None)
        return user if user is not None and user.is_authenticated else None
    except DatabaseError:
        return None


def _scope(request: HttpRequest) -> Scope:
    user = _user(request)
    try:
        return user.scope if user else NOTHING
    except DatabaseError:
        return NOTHING


def _role(request: HttpRequest) -> str:
    user = _user(request)
    try:
        return role_label(user) if user else ""
    except DatabaseError:
        return ""


def _link(label: str, name: str, *args: Any, path: str, key: str = "", prefix: bool = False) -> dict[str, Any] | None:
    """A link of the navigation, or None where its page is not installed."""
    try:
        url = reverse(name, args=args)
    except NoReverseMatch:
        return None
    active = path.startswith(url) if prefix or url != "/" else path == url
    return {"label": label, "url": url, "active": active, "key": key}


def _group(label: str, icon: str, links: list[dict[str, Any] | None], *, alone: bool = False) -> dict[str, Any] | None:
    items = [link for link in links if link]
    if not items:
        return None
    active = any(item["active"] for item in items)
    first = items[0]
    key = first["key"] if alone else ""
    return {
        "label": label, "icon": icon, "url": first["url"], "active": active, "items": [] if alone else items, "key": key,
    }  # fmt: skip


_KEYS = {
    "drivers": "d", "vehicles": "v", "houses": "h", "units": "u", "sections": "r", "facilities": "f", "dangers": "y", "persons": "p",
}  # fmt: skip


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    rights = _scope(request).rights
    # The page of a thing belongs to the list of such things: its view says to which.
    path = getattr(request, "navigation_path", request.path)
    groups = [_group(_("今日"), "home", [_link(_("今日"), "console:today", path=path, key="t")], alone=True)]
    if Right.READ in rights:
        groups.append(_group(_("一张图"), "map-2", [_link(_("一张图"), "map:page", path=path, key="m")], alone=True))
        blocks = [
            _link(_("块数据"), "console:blocks", path=path, key="b"),
            _link(_("覆盖率"), "console:coverage", path=path),
        ]
        groups.append(_group(_("块数据"), "polygon", blocks))
        registries = [
            _link(str(r.label), "elements:list", r.name, path=path, key=_KEYS.get(r.name, ""))
            for r in REGISTRIES.values()
        ]
        registries += [
            _link(pgettext("list", "标准地址"), "console:addresses", path=path, key="a"),
            _link(pgettext("list", "责任区"), "console:areas", path=path),
            _link(_("禁行规定"), "console:no-go", path=path),
            _link(_("台账"), "console:ledgers", path=path) if Right.EXPORT in rights else None,
        ]
        groups.append(_group(_("登记"), "list-details", registries))
        events = [_link(str(one.label), one.url_name, path=path) for one in EVENT_LISTS.values()]
        events.append(_link(_("事件疑点"), "console:event-findings", path=path))
        groups.append(_group(_("事件"), "calendar", events))
        checks = [
            _link(_("地址待核"), "console:address-texts", path=path),
            _link(_("地址裁定"), "console:address-decisions", path=path),
            _link(_("地址解析"), "console:address-check", path=path),
            _link(_("疑似重复"), "console:duplicates", path=path),
            _link(_("批量更正"), "console:bulk-list", path=path) if Right.CORRECT in rights else None,
        ]
        groups.append(_group(_("核对"), "circle-check", checks))
        tags = [
            _link(_("预警"), "tagging:alerts", path=path, key="l"),
            _link(_("标签"), "tagging:tags", path=path),
            _link(_("规则"), "tagging:rules", path=path),
            _link(_("分级"), "tagging:grades", path=path),
        ]
        groups.append(_group(_("标签"), "tags", tags))
        duties = [
            _link(_("工单"), "duty:orders", path=path, key="w"),
            _link(_("巡检"), "duty:inspections", path=path, key="x"),
        ]
        groups.append(_group(_("勤务"), "clipboard-check", duties))
        analysis = [
            _link(_("看板"), "console:dashboard", path=path, key="k"),
            _link(_("事故分析"), "analytics:overview", "accidents", path=path),
            _link(_("违法分析"), "analytics:overview", "violations", path=path),
            _link(_("多次涉事"), "analytics:chains", path=path),
            _link(_("多发点段"), "analytics:hot-spots", path=path),
            _link(pgettext("list", "指标"), "analytics:indicators", path=path),
            _link(_("报告"), "analytics:reports", path=path),
            _link(_("风险评估"), "analytics:risk-sheets", path=path),
        ]
        groups.append(_group(_("研判"), "chart-bar", analysis))
    partners = _link(_("交换伙伴"), "exchange:partners", path=path, prefix=True) if _sees_partners(request) else None
    if Right.IMPORT in rights:
        links = [
            _link(_("导入"), "exchange:import", path=path, key="i"),
            _link(_("批量解析"), "console:address-batch", path=path),
            _link(_("批次"), "exchange:list", path=path),
            _link(_("来源"), "exchange:sources", path=path),
            _link(_("接入链路"), "exchange:links", path=path),
            partners,
        ]
        groups.append(_group(_("交换"), "arrows-exchange", links))
    else:
        groups.append(_group(_("交换"), "arrows-exchange", [partners]))
    if Right.CONFIGURE in rights:
        links = [
            _link(_("系统设置"), "admin:index", path=path, key="s"),
            _link(_("接入链路"), "exchange:links", path=path) if Right.IMPORT not in rights else None,
            _link(_("边界调整"), "console:border-moves", path=path),
            _link(_("责任区检查"), "console:area-check", path=path),
        ]
        groups.append(_group(_("系统"), "settings", links))
    return [group for group in groups if group]


def _sees_partners(request: HttpRequest) -> bool:
    user = _user(request)
    try:
        return user is not None and may_see_partners(user)
    except DatabaseError:
        return False


def _area_choices(request: HttpRequest) -> list[dict[str, Any]]:
    """Squadrons and districts of the scope; empty where there is nothing to choose."""
    try:
        areas = areas_of_scope(_scope(request))
    except DatabaseError:
        return []
    if len(areas) < 2:
        return []
    asked = request.GET.get("area", "")
    base = request.path if request.path.startswith(_AREA_PATHS) or request.path == "/" else reverse("console:today")
    keeps = request.GET.copy() if base == request.path else request.GET.__class__(mutable=True)
    for name in ("cursor", OPEN):
        keeps.pop(name, None)

    def url(area: str) -> str:
        keeps.pop("area", None)
        if area:
            keeps["area"] = area
        # Without any parameter a list would open with the reader's usual filter again.
        return f"{base}?{keeps.urlencode()}" if keeps else f"{base}?area="

    whole = {"pk": "", "name": _("全部辖区"), "depth": 0}
    return [
        {"label": area["name"], "url": url(str(area["pk"])), "active": asked == str(area["pk"]), "depth": area["depth"]}
        for area in (whole, *areas)
    ]
