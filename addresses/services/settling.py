"""What people decided about address texts, brought onto the texts themselves: one statement for any number of them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from addresses.choices import DecisionState, ResolveStatus, Verdict

# Faults that people cause; the engine never says them.
OPERATORS_DISAGREE = "operators_disagree"
# From shallow to deep, as `level_wanted` and `level_reached` name them; the room carries the floor.
LEVEL_NAMES = ["town", "village", "road", "number", "estate", "building", "unit", "floor", "room"]
# Key of the advisory lock between decisions (alone) and the storing of new texts (shared).
_LOCK = 7_370_683


def await_decisions() -> None:
    """Until the end of the transaction no decision is made; many writers may hold this at once.

    Without it a new text and a decision about its equals that come at the same moment would miss each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK])


def hold_decisions() -> None:
    """Until the end of the transaction nobody else decides or stores texts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def settle_texts(normalised: Sequence[str]) -> list[int]:
    """Brings the texts in line with the decisions that hold for them; the engine's explanation stays beside them.

    A link is `partial` when the text says more than the address reaches. Where operators disagree the text waits for
    review. An address that was merged answers with the one that replaced it; one out of force binds nothing.

    Returns:
        Ids of the texts that changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH ruling AS (
                SELECT DISTINCT ON (d.normalised) d.normalised, d.id, d.verdict, d.state, d.county,
                       d.state = %(conflict)s AS is_conflict, s.id AS address_id, s.town_id, s.level
                FROM addresses_addressdecision d
                LEFT JOIN addresses_standardaddress o ON o.id = d.address_id
                LEFT JOIN addresses_standardaddress s ON s.id = coalesce(o.replaced_by_id, o.id) AND s.state = 'ACTIVE'
                WHERE d.normalised = ANY(%(normalised)s) AND d.state IN (%(standing)s, %(conflict)s)
                  AND (d.verdict <> %(link)s OR s.id IS NOT NULL OR d.state = %(conflict)s)
                ORDER BY d.normalised, d.id
            ), wanted AS (
                SELECT t.id, r.is_conflict, r.verdict, r.town_id,
                       CASE WHEN r.is_conflict THEN NULL ELSE r.address_id END AS address_id,
                       CASE WHEN r.is_conflict THEN %(review)s
                            WHEN r.verdict = %(not_address)s THEN %(none)s
                            WHEN r.verdict = %(elsewhere)s THEN %(outside)s
                            WHEN t.level_wanted = '' THEN CASE WHEN r.level >= 4 THEN %(exact)s ELSE %(partial)s END
                            WHEN array_position(%(levels)s::text[], t.level_wanted) <= array_position(%(levels)s::text[], reached.name)
                                THEN %(exact)s
                            ELSE %(partial)s END AS status,
                       CASE WHEN r.is_conflict OR r.address_id IS NULL THEN '' ELSE reached.name END AS level_reached,
                       t.explanation || jsonb_build_object(
                           'decision', jsonb_build_object('id', r.id, 'verdict', r.verdict, 'state', r.state),
                           'outside', CASE WHEN r.verdict = %(elsewhere)s AND NOT r.is_conflict THEN r.county
                                           ELSE coalesce(t.explanation ->> 'outside', '') END,
                           'faults', engine.faults || CASE WHEN r.is_conflict
                               THEN jsonb_build_array(jsonb_build_object('code', %(disagree)s, 'text', ''))
                               ELSE '[]'::jsonb END) AS explanation
                FROM ruling r
                JOIN addresses_addresstext t ON t.normalised = r.normalised
                CROSS JOIN LATERAL (SELECT coalesce((%(by_number)s::text[])[r.level], '') AS name) reached
                CROSS JOIN LATERAL (
                    SELECT coalesce(jsonb_agg(f ORDER BY n), '[]'::jsonb) AS faults
                    FROM jsonb_array_elements(coalesce(t.explanation -> 'faults', '[]'::jsonb)) WITH ORDINALITY x(f, n)
                    WHERE f ->> 'code' <> %(disagree)s) engine
            )
            UPDATE addresses_addresstext t
            SET is_decided = true, status = w.status, address_id = w.address_id, level_reached = w.level_reached,
                confidence = CASE WHEN w.is_conflict THEN 0 ELSE 1 END, explanation = w.explanation,
                town_id = CASE WHEN w.is_conflict THEN t.town_id WHEN w.verdict = %(link)s THEN w.town_id
                               WHEN w.verdict = %(not_address)s THEN t.town_id END,
                resolved_at = clock_timestamp()
            FROM wanted w
            WHERE t.id = w.id AND (NOT t.is_decided OR t.status <> w.status
                                   OR t.address_id IS DISTINCT FROM w.address_id OR t.explanation <> w.explanation)
            RETURNING t.id""",
            {
                "normalised": list(normalised), "levels": LEVEL_NAMES,
                "by_number": [name for name in LEVEL_NAMES if name != "floor"], "standing": DecisionState.STANDING.value,
                "conflict": DecisionState.CONFLICT.value, "link": Verdict.LINK.value,
                "not_address": Verdict.NOT_ADDRESS.value, "elsewhere": Verdict.OUTSIDE.value,
                "review": ResolveStatus.REVIEW.value, "none": ResolveStatus.NONE.value,
                "outside": ResolveStatus.OUTSIDE.value, "exact": ResolveStatus.EXACT.value,
                "partial": ResolveStatus.PARTIAL.value, "disagree": OPERATORS_DISAGREE,
            },
        )  # fmt: skip
        return sorted(row[0] for row in cursor.fetchall())
