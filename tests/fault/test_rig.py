"""The rig itself: what is killed comes up again with what it had acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection

from accounts.models import User
from tests.factories.users import make_users
from tests.fault.rig import Rig


@pytest.mark.deep
def test_killed_parts_come_up_with_what_they_had(committed_city, own_media: Path, tmp_path: Path) -> None:
    make_users(committed_city)
    with Rig(connection.settings_dict, own_media, tmp_path) as rig:
        rig.start()
        with rig.cluster.connect() as outside:
            (users,) = outside.execute("SELECT count(*) FROM accounts_user").fetchone()
            assert (users, outside.execute("SHOW fsync").fetchone()) == (User.objects.count(), ("on",))
            outside.execute("CREATE TABLE kept (number int)")
            outside.execute("INSERT INTO kept VALUES (7)")
        with rig.redis.connect() as queue:
            queue.set("kept", "7")
        for name, target in rig.targets.items():
            target.kill()
            assert not rig.answers() or name == "worker", name
            target.start()
        with rig.cluster.connect() as outside, rig.redis.connect() as queue:
            assert outside.execute("SELECT number FROM kept").fetchone() == (7,)
            assert queue.get("kept") == b"7"
        assert rig.answers()
        assert [target.kills for target in rig.targets.values()] == [1, 1, 1, 1]
        rig.redis.kill()
        rig.redis.wipe()
        rig.redis.start()
        with rig.redis.connect() as queue:
            assert queue.get("kept") is None
