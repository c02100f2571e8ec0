"""A process that holds the names in memory knows a changed one at its next text."""

from __future__ import annotations

import threading

from django.db import connection

from addresses.models import AddressName
from addresses.services import resolution
from addresses.services.index_version import raise_index_version
from tests.factories.places import SmallCity

ALIAS = "老渔行大院"


def learn_alias(city: SmallCity) -> None:
    """From now on a name that was unknown means the first village."""
    village = city.villages[0]
    AddressName.objects.create(surface=ALIAS, kind="alias", level="village", town_id=village.code[:9], village=village)
    raise_index_version()


def test_a_worker_knows_a_changed_name_at_its_next_text(committed_city: SmallCity) -> None:
    text = f"莱州市文昌路街道{ALIAS}3号"
    assert resolution.resolve_rows([text])[0]["code"] is None
    held = resolution.load_index()

    def elsewhere() -> None:
        try:
            learn_alias(committed_city)
        finally:
            connection.close()

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join()

    # The same process, its index still in memory, without any restart.
    assert resolution._loaded is held
    assert resolution.resolve_rows([text])[0]["code"] == "LZ-0-3"
    assert resolution.load_index().version == held.version + 1
