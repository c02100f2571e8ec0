"""A school whose vehicles are overdue, graded, and sheets about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from addresses.models import Area
from analytics.models import RiskSheet
from analytics.reports import risk_sheets as services
from analytics.reports.risk_sheets import Planned
from analytics.selectors import risk_sheets as reading
from common import clock
from elements.choices import KeyScheme
from elements.models import Element
from tagging.models import Scheme
from tagging.services.scheme_shipping import load_schemes
from tests.factories.claims import claim, element_with, submit
from tests.factories.grades import run
from tests.factories.numbers import plate, uscc, vin


def late_school(late: int = 3, grid: int = 0) -> Element:
    """So many overdue vehicles of a school, five points each: from ten on it is 关注, from twenty on 重点."""
    submit("MARKET", "UNIT", claim(1, uscc=uscc(7), name="试验小学", state="存续", grid=grid))
    owner = {"type": "OWNED_BY", "kind": "UNIT", "scheme": int(KeyScheme.USCC), "value": uscc(7), "label": "试验小学"}
    over = timezone.localdate() - timedelta(days=90)
    submit(
        "TMRI_VEHICLE", "VEHICLE",
        *(
            claim(1, vin=vin(70 + n), plate_number=plate(70 + n), plate_type="02", inspection_valid_to=over, state="A", grid=grid, relations=[owner])
            for n in range(late)
        ),
    )  # fmt: skip
    load_schemes(now=clock.now())
    run(Scheme.objects.get(code="KEY_UNIT"))
    return element_with(KeyScheme.USCC, uscc(7))


def completed(sheet: RiskSheet, user: Any, **more: Any) -> RiskSheet:
    """A draft with all that a signature needs."""
    today = clock.today()
    values = {
        "conclusion": "车辆逾期未检验集中。", "review_on": today + timedelta(90), "revision": sheet.revision,
        "measures": [Planned("约谈负责人", reading.posts_for(sheet)[-1], today + timedelta(10))],
    }  # fmt: skip
    return services.save_sheet(sheet=sheet, actor=user, now=clock.now(), **values | more)


def signed_sheet(subject: Element | Area, users: dict[str, Any], **more: Any) -> RiskSheet:
    """Drafted and completed by the analyst, signed by the brigade."""
    writer = users["analyst"]
    sheet = services.draft_sheet(subject=subject, actor=writer, now=clock.now())
    completed(sheet, writer, **more)
    services.submit_sheet(sheet=sheet, actor=writer, now=clock.now())
    return services.sign_sheet(sheet=sheet, actor=users["brigade"], now=clock.now())
