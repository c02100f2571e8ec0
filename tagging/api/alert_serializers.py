"""What the API of alerts takes and gives."""

from __future__ import annotations

from rest_framework import serializers

from tagging.services.alert_answers import MUTE_DAYS, MUTE_ELEMENT, MUTE_TAG, MUTE_TAG_HERE


class AlertSerializer(serializers.Serializer):
    """An alert as the reader may see it; `version` goes back with the next step."""

    id = serializers.IntegerField(source="alert.pk")
    title = serializers.CharField(source="alert.title")
    label = serializers.CharField()
    text = serializers.CharField(source="alert.text")
    element_id = serializers.IntegerField(source="alert.element_id")
    tag_id = serializers.IntegerField(source="alert.tag_id", allow_null=True)
    level = serializers.IntegerField(source="alert.level")
    state = serializers.CharField(source="alert.state")
    block = serializers.CharField()
    district = serializers.CharField()
    count = serializers.IntegerField(source="alert.count")
    first_at = serializers.DateTimeField(source="alert.first_at")
    last_at = serializers.DateTimeField(source="alert.last_at")
    due_at = serializers.DateTimeField(source="alert.due_at", allow_null=True)
    rung = serializers.IntegerField(source="alert.rung")
    is_unseen = serializers.BooleanField()
    version = serializers.IntegerField(source="alert.version")


class AlertPageSerializer(serializers.Serializer):
    """One page of alerts; `count` stops at 10,000 and then `more_than` is true."""

    results = AlertSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class AlertStepSerializer(serializers.Serializer):
    """A step: `note` for all but accept, `outcome` for close, `what` and `days` for mute."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = serializers.CharField(max_length=200, allow_blank=True, default="")
    outcome = serializers.CharField(max_length=20, allow_blank=True, default="")
    what = serializers.ChoiceField([MUTE_ELEMENT, MUTE_TAG_HERE, MUTE_TAG], required=False)
    days = serializers.ChoiceField(MUTE_DAYS, required=False)
