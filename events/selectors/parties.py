"""Events by who was in them: vehicles, persons, roads, and the enterprises whose vehicles they were at the time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import DateTimeField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate

from elements.choices import ElementKind, RelationType
from elements.models import Relation
from events.models import Accident, AccidentParty

# Kinds of things that events name.
NAMED_KINDS = (ElementKind.VEHICLE, ElementKind.PERSON, ElementKind.UNIT, ElementKind.ROAD)
_COLUMNS = {ElementKind.VEHICLE: "vehicle_id", ElementKind.PERSON: "person_id", ElementKind.ROAD: "road_id"}
# Ids, or a statement that gives them.
Ids = QuerySet[Any] | Iterable[int]


def events_of(queryset: QuerySet[Any], kind: str, ids: Ids) -> QuerySet[Any]:
    """Events that name one of the things of a kind; in an accident, vehicles and persons are those of the parties that stand.

    An enterprise is named by a vehicle that it owned on the day: what a source said without a period holds at any time.
    """
    if queryset.model is Accident and kind != ElementKind.ROAD:
        parties = events_of(AccidentParty.objects.standing().filter(accident_id__isnull=False), kind, ids)
        return queryset.filter(pk__in=parties.values("accident_id"))
    if kind == ElementKind.UNIT:
        owned = Relation.objects.filter(type=RelationType.OWNED_BY, object_id__in=ids)
        # The first condition narrows by index, the second by the day.
        return queryset.filter(vehicle_id__in=owned.values("subject_id")).filter(Exists(_on_the_day(owned)))
    column = _COLUMNS[ElementKind(kind)]
    is_named = any(column == field.attname for field in queryset.model._meta.concrete_fields)
    return queryset.filter(**{f"{column}__in": ids}) if is_named else queryset.none()


def _on_the_day(owned: QuerySet[Relation]) -> QuerySet[Relation]:
    day = TruncDate(ExpressionWrapper(OuterRef("occurred_at"), output_field=DateTimeField()))
    return owned.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=day),
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        subject_id=OuterRef("vehicle_id"),
    )
