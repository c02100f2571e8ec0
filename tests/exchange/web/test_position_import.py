"""A file of positions on the import pages: mapping, preview, result, undo."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from events.models import Position
from exchange.models import LandingBatch
from tests.exchange.web.conftest import decided
from tests.exchange.web.import_files import run_job
from tests.factories.numbers import plate
from tests.factories.positions import fix, position_file, yesterday


def test_positions_go_in_by_the_pages_and_out_again(signed_in):
    client = signed_in("brigade")
    rows = [fix(1, yesterday()), fix(2, yesterday()), fix(1, yesterday(), lon="0", lat="0")]
    file = SimpleUploadedFile("定位.csv", position_file(rows))
    client.post(reverse("exchange:import"), {"file": file, "kind": "POSITION", "source": "TRANSPORT", "datum": "WGS84"})
    batch = LandingBatch.objects.latest("pk")
    page = reverse("exchange:batch", args=[batch.pk])
    mapping = client.get(page).content.decode()
    client.post(reverse("exchange:plan", args=[batch.pk]), decided(batch))
    run_job(batch)
    preview = client.get(page).content.decode()
    planned = Position.objects.count()
    client.post(reverse("exchange:apply", args=[batch.pk]))
    run_job(batch)
    result = client.get(page + "?outcome=TO_REVIEW")
    batch.refresh_from_db()

    assert plate(1) in mapping and "号牌颜色" in mapping
    assert "终端没有定位成功" in preview and planned == 0
    assert (batch.state, Position.objects.count()) == ("IMPORTED", 2)
    assert result.status_code == 200 and "0,0" in result.content.decode()
    # What went in lies in the tracks; only what did not is listed.
    whole = client.get(page)
    assert [(one["key"], one["count"]) for one in whole.context["tabs"]] == [
        ("all", "1"),
        ("to_review", "1"),
        ("rejected", "0"),
    ]
    assert (len(whole.context["rows"]), whole.context["count_text"]) == (1, "共 1 行")
    assert [one["value"] for one in whole.context["tiles"]] == ["3", "2", "0", "0", "1", "0"]
    assert "重新处理" not in result.content.decode()
    client.post(reverse("exchange:undo", args=[batch.pk]))
    run_job(batch)
    assert (client.get(page).status_code, Position.objects.count()) == (200, 0)
