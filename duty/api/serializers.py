"""What the API of duty takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from duty.choices import OrderCause
from duty.models import WorkOrder
from duty.services.steps import ReceivedPhoto


class OrderSerializer(serializers.ModelSerializer):
    """A work order; `version` goes back with the next step."""

    class Meta:
        model = WorkOrder
        fields = (
            "number", "facility_id", "cause", "state", "fault", "owner_department", "due_on", "reported_at", "closed_at",
            "returned_count", "version",
        )  # fmt: skip


class OrderPageSerializer(serializers.Serializer):
    """One page of orders; `count` stops at 10,000 and then `more_than` is true."""

    results = OrderSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class _WithPhotos(serializers.Serializer):
    photos = serializers.ListField(child=serializers.FileField(), required=False, max_length=6)

    def validate_photos(self, files: list[Any]) -> list[ReceivedPhoto]:
        return [ReceivedPhoto(one.read(), one.name) for one in files]


class ReportSerializer(_WithPhotos):
    """A report of a fault or danger; the same `request_id` again answers with the first order."""

    facility_id = serializers.IntegerField(min_value=1, max_value=2**62)
    cause = serializers.ChoiceField(OrderCause.choices)
    fault = serializers.CharField(max_length=240)
    request_id = serializers.UUIDField()
    is_missing = serializers.BooleanField(default=False)


class VersionSerializer(serializers.Serializer):
    """A step that needs no text."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = serializers.CharField(max_length=240, allow_blank=True, default="")


class DispatchSerializer(VersionSerializer):
    """To whom, by when."""

    owner_department = serializers.CharField(max_length=120)
    due_on = serializers.DateField()


class RepairSerializer(VersionSerializer, _WithPhotos):
    """What was done, with pictures (multipart)."""

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"photos": [], **values}


STEPS: dict[str, type[VersionSerializer]] = {
    "dispatch": DispatchSerializer,
    "repair": RepairSerializer,
    "check": VersionSerializer,
    "return": VersionSerializer,
    "reject": VersionSerializer,
}


class DueSerializer(serializers.Serializer):
    """A facility whose inspection is due; `last_on` null = never inspected."""

    id = serializers.IntegerField()
    label = serializers.CharField()
    type = serializers.CharField()
    block = serializers.CharField()
    district = serializers.CharField()
    last_on = serializers.DateField(allow_null=True)
    every_days = serializers.IntegerField()
    due_on = serializers.DateField()
    overdue_days = serializers.IntegerField()


class DuePageSerializer(OrderPageSerializer):
    """One page of facilities."""

    results = DueSerializer(many=True)  # type: ignore[assignment]
