"""Cases that show what the platform does, found in the data as they stand: each by one scoped statement.

Nothing here knows what the demonstration planted; in a real city the same questions find the real cases.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.urls import reverse

from addresses.choices import AddressLevel
from common.scope import Actor, Right
from console.selectors.tour_case import Case, element_case, first_row
from console.selectors.tour_flows import impossible_pair, moving_vehicles, told_anew, told_to_three
from elements.choices import KeyScheme, RelationType

# Uses of buses: long-distance, city and tourist lines. Source: GA/T 16.3.
_BUS_USES = ["B", "C", "E"]
MIN_FLEET = 3


def cases(user: Actor, today: date, now: datetime) -> list[Case]:
    """The telling cases inside the user's scope; a card without a case is left out."""
    if Right.READ not in user.scope.rights or user.scope.sees_nothing:
        return []
    found = [finder(user, today) for finder in _FINDERS] + [finder(user, now) for finder in _OF_FLOWS]
    return [case for case in found if case is not None]


def _reissued_plate(user: Actor, today: date) -> Case | None:
    """A plate whose period at another vehicle has ended.

    A new holder that was first registered no earlier comes first: where both vehicles have been registered for years, the
    plate may as well stand in a wrong row (号牌异常).
    """
    row = first_row(
        """SELECT e.id, e.kind, e.label, k.valid_from FROM elements_elementkey old
           JOIN elements_elementkey k ON k.scheme = old.scheme AND k.value = old.value AND k.element_id <> old.element_id
            AND k.valid_from = old.valid_to
           JOIN elements_element e ON e.id = k.element_id
           LEFT JOIN elements_vehicle v ON v.element_id = e.id
           WHERE old.scheme = %(plate)s AND old.valid_to IS NOT NULL AND k.valid_to IS NULL AND {within}
             AND e.is_owned AND NOT e.is_withdrawn AND e.merged_into_id IS NULL
           ORDER BY coalesce(v.first_registered_on >= old.valid_to, false) DESC, k.valid_from DESC, e.id LIMIT 1""",
        user,
        plate=int(KeyScheme.PLATE),
    )
    return element_case("reissued_plate", row, user, since=row[3]) if row else None


def _three_sources(user: Actor, today: date) -> Case | None:
    """A person whom three sources call by three names."""
    row = first_row(
        """SELECT e.id, e.kind, e.label, count(DISTINCT c.name) FROM elements_element e
           JOIN elements_personclaim c ON c.element_id = e.id AND c.rank = 0
           WHERE e.kind = 'PERSON' AND e.conflicts @> ARRAY['name']::varchar[] AND NOT e.is_withdrawn AND {within}
           GROUP BY e.id HAVING count(DISTINCT c.name) >= 3 ORDER BY count(DISTINCT c.name) DESC, e.id LIMIT 1""",
        user,
    )
    return element_case("three_sources", row, user, "values", names=row[3]) if row else None


def _full_building(user: Actor, today: date) -> Case | None:
    """The building in whose rooms most households live."""
    row = first_row(
        """SELECT b.code, b.full_text, count(DISTINCT r.id), count(DISTINCT o.subject_id)
           FROM elements_relation o
           JOIN elements_element e ON e.id = o.object_id AND e.kind = 'HOUSE' AND {within}
           JOIN elements_elementaddress a ON a.element_id = e.id
           JOIN addresses_addresstext t ON t.id = a.text_id AND t.status IN ('exact', 'partial')
           JOIN addresses_standardaddress r ON r.id = t.address_id AND r.level = %(room)s
           JOIN addresses_standardaddress p ON p.id = r.parent_id
           JOIN addresses_standardaddress b ON b.id = CASE WHEN p.level = %(unit)s THEN p.parent_id ELSE p.id END
           WHERE o.type = %(lives)s
           GROUP BY b.id ORDER BY 3 DESC, b.id LIMIT 1""",
        user,
        room=int(AddressLevel.ROOM),
        unit=int(AddressLevel.UNIT),
        lives=RelationType.LIVES_IN.value,
    )
    if row is None:
        return None
    return Case(
        "full_building", row[1], reverse("console:building", args=[row[0]]), {"households": row[2], "persons": row[3]}
    )


def _overdue_fleet(user: Actor, today: date) -> Case | None:
    """The firm with most passenger vehicles, none of which has a valid inspection."""
    row = first_row(
        """SELECT e.id, e.kind, e.label, count(DISTINCT o.subject_id) FROM elements_relation o
           JOIN elements_element e ON e.id = o.object_id AND e.kind = 'UNIT' AND NOT e.is_withdrawn AND {within}
           JOIN elements_vehicle v ON v.element_id = o.subject_id
           JOIN elements_element s ON s.id = o.subject_id AND NOT s.is_withdrawn AND s.merged_into_id IS NULL
           WHERE o.type = %(owned)s AND v.use_nature = ANY(%(uses)s)
           GROUP BY e.id HAVING count(DISTINCT o.subject_id) >= %(least)s AND bool_and(v.inspection_valid_to < %(today)s)
           ORDER BY 4 DESC, e.id LIMIT 1""",
        user,
        owned=RelationType.OWNED_BY.value,
        uses=_BUS_USES,
        least=MIN_FLEET,
        today=today,
    )
    return element_case("overdue_bus_fleet", row, user, "relations", vehicles=row[3]) if row else None


def _broken_signal(user: Actor, today: date) -> Case | None:
    """A traffic signal that is out of order: 01 and 2 of the code tables."""
    row = first_row(
        """SELECT e.id, e.kind, e.label FROM elements_element e JOIN elements_facility f ON f.element_id = e.id
           WHERE e.kind = 'FACILITY' AND f.facility_type = '01' AND f.state = '2' AND NOT e.is_withdrawn
             AND e.merged_into_id IS NULL AND e.point IS NOT NULL AND {within}
           ORDER BY e.id LIMIT 1""",
        user,
    )
    return element_case("broken_signal", row, user, "upkeep") if row else None


_FINDERS: tuple[Callable[[Actor, date], Case | None], ...] = (
    _reissued_plate, _three_sources, _full_building, _overdue_fleet, _broken_signal,
)  # fmt: skip
_OF_FLOWS: tuple[Callable[[Actor, datetime], Case | None], ...] = (
    told_anew, impossible_pair, moving_vehicles, told_to_three,
)  # fmt: skip
