"""Trust 7 for work orders: a process killed between an order and what it says about the facility."""

from __future__ import annotations

import os
import signal as signals
import subprocess
import sys
from datetime import timedelta

from django.db import connection

from duty.models import WorkOrder
from duty.services import settlement
from elements.models import ClaimBatch
from tests.factories.claims import NOW
from tests.factories.upkeep import facility, facility_of, request
from tests.factories.users import make_users

LATER = NOW + timedelta(minutes=10)
# The child reports a fault and stops for good where its order is committed and its claim is not made yet.
_CHILD = """
import sys, time
from datetime import datetime
from uuid import UUID
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from accounts.models import User
from duty.services import orders

def stop(order_id):
    print("committed", flush=True)
    time.sleep(60)

orders.settle_order = stop
orders.report_fault(
    facility_id=int(sys.argv[2]), cause="FAULT", fault="红灯不亮", request_id=UUID(sys.argv[4]),
    actor=User.objects.get(pk=int(sys.argv[3])), now=datetime.fromisoformat(sys.argv[5]),
)
"""


def test_a_process_killed_between_order_and_claim_is_made_good_by_the_sweep(committed_city):
    officer = make_users(committed_city)["officer-1"]
    element = facility()
    arguments = [connection.settings_dict["NAME"], str(element.pk), str(officer.pk), str(request(1)), NOW.isoformat()]
    child = subprocess.Popen([sys.executable, "-c", _CHILD, *arguments], stdout=subprocess.PIPE, env=dict(os.environ))
    assert child.stdout is not None
    assert child.stdout.readline() == b"committed\n"
    child.send_signal(signals.SIGKILL)
    assert child.wait() == -signals.SIGKILL

    order = WorkOrder.objects.get()
    assert [entry["batch"] for entry in order.claim_batch_ids] == [None]
    assert facility_of(1).facility.state == "1"

    assert settlement.settle_open(before=LATER) == 1
    order.refresh_from_db()
    assert ClaimBatch.objects.get(pk=order.claim_batch_ids[0]["batch"]).state == ClaimBatch.State.APPLIED
    assert facility_of(1).facility.state == "2"
    assert settlement.settle_open(before=LATER) == 0
