"""Grades and schemes as machines read them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LevelSerializer(serializers.Serializer):
    """A level of a scheme."""

    code = serializers.CharField()
    name = serializers.CharField()
    colour = serializers.CharField()


class GradeSerializer(serializers.Serializer):
    """A standing grade: one row of the list, names masked as the reader's posts demand."""

    element_id = serializers.IntegerField(source="grade.element_id")
    label = serializers.CharField()
    scheme = serializers.CharField(source="grade.scheme.code")
    level = LevelSerializer()
    computed = LevelSerializer(help_text="What the score gives; differs from `level` where people set it.")
    is_set = serializers.BooleanField()
    score = serializers.DecimalField(source="grade.score", max_digits=9, decimal_places=4)
    reasons = serializers.ListField(child=serializers.CharField())
    block = serializers.CharField()
    district = serializers.CharField()
    squadron = serializers.CharField()
    since = serializers.DateTimeField(source="grade.since")


class GradePageSerializer(serializers.Serializer):
    """A page of grades."""

    results = GradeSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class SchemeSerializer(serializers.Serializer):
    """A scheme with the body of its version in force."""

    code = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    source = serializers.CharField()
    version = serializers.IntegerField(source="published.number", allow_null=True, default=None)
    body = serializers.JSONField(source="published.body", allow_null=True, default=None)
    failure = serializers.CharField()


class DraftSerializer(serializers.Serializer):
    """A draft: a whole body as `tagging.rules.scheme` reads it."""

    body: Any = serializers.JSONField()
    note = serializers.CharField(allow_blank=True, max_length=200, default="")
