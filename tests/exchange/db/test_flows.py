"""Collected, verified, exchanged: counted from batches, the founding delivery of a register apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from elements.models import Source
from exchange.models import LandingBatch, Upload
from exchange.selectors.batches import filtered_batches
from exchange.selectors.flows import flow_figures
from tests.factories.users import make_user

pytestmark = pytest.mark.usefixtures("city")


def batch(source: str, month: int, received: int, *, state: str = "IMPORTED", to_review: int = 0) -> LandingBatch:
    number = LandingBatch.objects.count()
    upload = Upload.objects.create(
        content_hash=number.to_bytes(16),
        name="file",
        size_bytes=1,
        path="x",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    counts = {
        "received": received, "created": received - to_review, "updated": 0, "unchanged": 0, "to_review": to_review,
        "rejected": 0,
    }  # fmt: skip
    day = datetime(2026, month, 5, tzinfo=UTC)
    return LandingBatch.objects.create(
        upload=upload, source=Source.objects.get(code=source), kind="PERSON", state=state, counts=counts, observed_at=day,
        created_at=day,
    )  # fmt: skip


def test_each_flow_by_month_and_the_first_delivery_is_no_exchange():
    brigade = make_user("brigade", "BRIGADE")
    batch("TMRI_DRIVER", 8, 500)
    later = batch("TMRI_DRIVER", 9, 40, to_review=3)
    batch("TMRI_DRIVER", 9, 9, state="UNDONE")
    batch("VILLAGE_NOTEBOOK", 9, 20)
    batch("VILLAGE_NOTEBOOK", 9, 30)
    batch("FIELD", 10, 7)

    figures = [(f.flow, f.month, f.batches, f.received, f.accepted, f.to_review) for f in flow_figures(brigade)]

    assert figures == [
        ("VERIFIED", date(2026, 10, 1), 1, 7, 7, 0),
        ("COLLECTED", date(2026, 9, 1), 2, 50, 50, 0),
        ("EXCHANGED", date(2026, 9, 1), 1, 40, 37, 3),
    ]
    assert list(filtered_batches(brigade, {"flow": "EXCHANGED"})) == [later]
