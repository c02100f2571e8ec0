"""Two administrators submit changes of the same grid at the same moment: one of them is told to wait."""

from __future__ import annotations

from threading import Barrier, Thread

from django.db import connection

from addresses.models import BorderMove
from addresses.services.borders import schedule_move
from common.errors import DomainError
from tests.factories.borders import NOW, box, move_piece
from tests.factories.places import SmallCity
from tests.factories.users import make_users


def test_of_two_changes_submitted_at_once_one_is_refused(committed_city: SmallCity) -> None:
    admin = make_users(committed_city)["admin"]
    moves = [
        move_piece(committed_city, box(1.6, 2), 1, 2, actor=admin),
        move_piece(committed_city, box(1, 1.2), 1, 0, actor=admin),
    ]
    start, told = Barrier(2), []

    def submit(move: BorderMove) -> None:
        start.wait()
        try:
            told.append(schedule_move(move_id=move.pk, actor=admin, now=NOW).state)
        except DomainError as error:
            told.append(error.code)
        finally:
            connection.close()

    threads = [Thread(target=submit, args=[move]) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["BORDER_MOVE_BUSY", "SCHEDULED"]
    assert sorted(BorderMove.objects.values_list("state", flat=True)) == ["DRAFT", "SCHEDULED"]
