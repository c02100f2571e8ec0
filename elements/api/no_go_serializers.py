"""What the API of no-go rules takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from elements.choices import DayKind
from elements.forms_no_go import LATITUDES, LONGITUDES
from elements.models import NoGoRule

_BIGGEST_ID = 2**63 - 1


class RuleSerializer(serializers.ModelSerializer):
    """A rule; `version` goes back with its end. Minutes from midnight, both null: all day; `valid_to` is the first day without it."""

    version = serializers.IntegerField(read_only=True)
    permit_count = serializers.IntegerField(read_only=True, help_text="Permits that hold today.")
    road_id = serializers.IntegerField(allow_null=True, read_only=True)
    road_label = serializers.SerializerMethodField()
    geometry = serializers.SerializerMethodField(
        help_text="GeoJSON of the area; null for a rule of a road, and without `geometry=1`."
    )
    days = serializers.ChoiceField(choices=[(one.value, one.value) for one in DayKind], read_only=True)

    class Meta:
        model = NoGoRule
        fields = (
            "id", "name", "notice", "road_id", "road_label", "days", "from_minute", "to_minute", "vehicle_types",
            "use_natures", "is_permit_possible", "valid_from", "valid_to", "version", "permit_count", "geometry",
        )  # fmt: skip

    def get_road_label(self, rule: NoGoRule) -> str:
        return rule.road.label if rule.road is not None else ""

    def get_geometry(self, rule: NoGoRule) -> dict[str, Any] | None:
        if not self.context.get("with_geometry") or rule.area is None:
            return None
        return {"type": "MultiPolygon", "coordinates": rule.area.coords}


class RulePageSerializer(serializers.Serializer):
    """One page of rules; `count` stops at 10,000 and then `more_than` is true."""

    results = RuleSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class VehicleSerializer(serializers.Serializer):
    """A vehicle; the label is masked as on the pages."""

    id = serializers.IntegerField()
    label = serializers.CharField(allow_blank=True)


class PermitSerializer(serializers.Serializer):
    """A permit of one vehicle; `valid_to` is the first day on which it is void."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    rule_id = serializers.IntegerField()
    vehicle = VehicleSerializer()
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()


class PermitPageSerializer(RulePageSerializer):
    """One page of permits."""

    results = PermitSerializer(many=True)  # type: ignore[assignment]


class NewPermitSerializer(serializers.Serializer):
    """A permit to put down; the plate stands in the body, never in an address."""

    number = serializers.CharField(max_length=40)
    plate = serializers.CharField(max_length=10)
    valid_from = serializers.DateField()
    valid_to = serializers.DateField()


class ReasonSerializer(serializers.Serializer):
    """Why."""

    reason = serializers.CharField(max_length=200)


class WithdrawalSerializer(serializers.Serializer):
    """A permit that was withdrawn; `ends_on` null: it had not begun and is gone."""

    permit_id = serializers.IntegerField()
    number = serializers.CharField()
    rule_id = serializers.IntegerField()
    ends_on = serializers.DateField(allow_null=True)


class EndSerializer(ReasonSerializer):
    """The end of a rule: the first day without it, and the `version` that the writer has seen."""

    ends_on = serializers.DateField()
    version = serializers.IntegerField(min_value=1, max_value=_BIGGEST_ID)


class EndingSerializer(serializers.Serializer):
    """What ends with a rule; `hidden_count` are permits of vehicles outside the scope."""

    ends_on = serializers.DateField()
    permits = PermitSerializer(many=True)
    hidden_count = serializers.IntegerField()


class CheckSerializer(serializers.Serializer):
    """A vehicle, a place (a road, or both coordinates in WGS84) and a time; no time is now."""

    plate = serializers.CharField(max_length=10)
    road_id = serializers.IntegerField(
        min_value=1, max_value=_BIGGEST_ID, required=False, allow_null=True, default=None
    )
    lon = serializers.FloatField(
        min_value=LONGITUDES[0], max_value=LONGITUDES[1], required=False, allow_null=True, default=None
    )
    lat = serializers.FloatField(
        min_value=LATITUDES[0], max_value=LATITUDES[1], required=False, allow_null=True, default=None
    )
    at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        if (values["lon"] is None) != (values["lat"] is None):
            raise serializers.ValidationError({"lon": "经度和纬度须成对填写。"})
        return values


class _ReasonOfRule(serializers.Serializer):
    is_met = serializers.BooleanField()
    text = serializers.CharField()


class VerdictSerializer(serializers.Serializer):
    """What one rule at the place says; with a permit it does not forbid."""

    rule_id = serializers.IntegerField()
    rule_name = serializers.CharField()
    applies = serializers.BooleanField()
    is_forbidden = serializers.BooleanField()
    permit_number = serializers.CharField(allow_null=True)
    reasons = _ReasonOfRule(many=True)


class AnswerSerializer(serializers.Serializer):
    """Whether the vehicle may go there then, with every rule at the place."""

    vehicle = VehicleSerializer()
    at = serializers.DateTimeField()
    is_forbidden = serializers.BooleanField()
    verdicts = VerdictSerializer(many=True)
