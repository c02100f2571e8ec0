"""Texts that would run as script, markup or template where a page forgot to escape, planted wherever a text can come from."""

from __future__ import annotations

from django.urls import reverse

from accounts.models import User
from addresses.models import Area, Division, StandardAddress
from common import clock
from console.admin_site import admin_site
from elements.models import Element, SavedFilter
from elements.selectors.searches import save_search
from exchange.models import LandingBatch
from tests.factories.claims import claim, submit
from tests.factories.files import VEHICLE_HEADERS, bring_in, csv_file, plan, receive
from tests.factories.numbers import citizen_id, file_number, phone, plate, uscc, vin
from tests.trust.crawl import Route, routes
from tests.trust.url_classes import OVERRIDES

# Each would set `ran`. Short: names of filters hold 40 characters, brands fewer.
SCRIPT = '"><script>ran=1</script>'
IMAGE = "<img src=x onerror=ran=2>"
QUOTE = "'-(window.ran=3)-'"
TEMPLATE = "{{7|add:35}}${ran=4}"
LINK = "javascript:ran=5"
EVERY = SCRIPT + IMAGE + QUOTE + TEMPLATE + LINK
# Answers of these are files or JSON, not pages.
_NO_PAGES = (
    "openapi",
    "health",
    "map:tile",
    "-stream",
    "export",
    "mend-file",
    "template",
    "-api:",
    "api-",
)


def plant(own_text: str) -> None:
    """Payloads in labels, names, addresses, owners, brands, remarks, heads, file names, filters, areas, divisions, users.

    Args:
        own_text: an address that resolves, to carry payloads behind it.
    """
    submit(
        "TMRI_DRIVER", "PERSON",
        claim(1, citizen_id=citizen_id(1), file_no=file_number(1), name=SCRIPT, phone=phone(1), licence_classes="C1",
              household_address=IMAGE, grid=0),
        claim(1, citizen_id=citizen_id(2), file_no=file_number(2), name=QUOTE, licence_classes="C1", household_address=TEMPLATE, grid=0),
    )  # fmt: skip
    # The same person by another source: a conflict shows both values.
    submit("FIELD", "PERSON", claim(2, citizen_id=citizen_id(1), name=IMAGE, household_address=EVERY))
    submit("MARKET", "UNIT", claim(1, uscc=uscc(1), name=EVERY, state=TEMPLATE[:20], registered_address=LINK, grid=0))
    head = [*VEHICLE_HEADERS, SCRIPT, f"{IMAGE}{TEMPLATE}"]
    rest = [IMAGE, "A", f"{own_text}{SCRIPT}", SCRIPT, citizen_id(1), LINK, IMAGE, SCRIPT]
    files = [[head, [vin(n), plate(n), "02", *rest], ["无", "无", QUOTE, *rest]] for n in (1, 2, 3)]
    bring_in(csv_file(files[0]), name=f"名册{IMAGE}.csv")
    plan(receive(csv_file(files[1]), source="TRANSPORT", name=f"{SCRIPT.replace('/', '')}{QUOTE}.csv"))
    receive(csv_file(files[2]), source="FIELD", name=f"{TEMPLATE}.csv")
    _rename(SCRIPT)


def _rename(payload: str) -> None:
    """What the administrator or a loaded file calls places and people."""
    reader = User.objects.get(username="brigade")
    LandingBatch.objects.update(owner_id=reader.pk)
    for name in (SCRIPT, IMAGE):
        SavedFilter.objects.create(
            user_id=reader.pk, list_name="drivers", name=name, query="licence_class=C1", is_shared=True, created_at=clock.now()
        )  # fmt: skip
    User.objects.filter(username__in=("brigade", "officer-1")).update(display_name=payload)
    for area in Area.objects.filter(valid_to__isnull=True):
        Area.objects.filter(pk=area.pk).update(name=f"{area.code}{payload}")
    Division.objects.filter(name__startswith="文昌").update(name=payload)
    StandardAddress.objects.update(full_text=EVERY)


def pages(reader: User) -> list[str]:
    """Every page of the URLconf outside the admin, for the rows above, with the results of what somebody typed.

    The page of an element with its tabs for each of them, what else there is about one for the first of each kind.
    """
    elements = list(Element.objects.standing().order_by("pk").values_list("pk", flat=True))
    ids = {
        "element_id": list(
            Element.objects.standing().order_by("kind", "pk").distinct("kind").values_list("pk", flat=True)
        ),
        "batch_id": list(LandingBatch.objects.order_by("pk").values_list("pk", flat=True)),
        "filter_id": [],
        "token": [save_search(text=t, user=reader, now=clock.now()).token for t in (SCRIPT + IMAGE, QUOTE + TEMPLATE)],
    }
    found = [path for route in routes() if _is_page(route) for path in _paths(route, ids)]
    found += [f"/elements/{pk}/{tab}" for pk in elements for tab in ("", "?tab=values", "?tab=claims", "?tab=history")]
    found += [f"/registry/{name}/" for name in ("vehicles", "units", "persons")]
    found += [f"{path}?search={ids['token'][0]}" for path in ("/registry/drivers/", "/map/")]
    found += ["/search/?q=%22%3E%3Cscript%3Eran=1%3C/script%3E"]
    return list(dict.fromkeys(found))


def _is_page(route: Route) -> bool:
    is_left_out = route.name.startswith(("admin:", "set_language", "log")) or any(p in route.name for p in _NO_PAGES)
    return not is_left_out


def _paths(route: Route, ids: dict[str, list]) -> list[str]:
    for name, values in ids.items():
        if name in route.parameters and name not in OVERRIDES.get(route.name, {}):
            return [route.path({name: value}) for value in values]
    return [route.path({})]


def admin_pages() -> list[str]:
    """Lists of the admin, and the form of one thing of each, places first."""
    found = [reverse("admin:index")]
    for model in admin_site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        found.append(reverse(f"{name}_changelist"))
        if (thing := model._default_manager.order_by("-pk").first()) is not None:
            found.append(reverse(f"{name}_change", args=[thing.pk]))
    return found
