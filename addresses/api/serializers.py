"""Shapes of the resolve endpoint."""

from rest_framework import serializers

MAX_TEXTS = 10_000


class TextsSerializer(serializers.Serializer):
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=20_000, trim_whitespace=False), max_length=MAX_TEXTS
    )


class ResolvedSerializer(serializers.Serializer):
    status = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    components = serializers.DictField(child=serializers.CharField(), allow_null=True)
    confidence = serializers.FloatField()
    level_wanted = serializers.CharField(allow_null=True)
    level_reached = serializers.CharField(allow_null=True)
    candidates = serializers.ListField(child=serializers.DictField())
    faults = serializers.ListField(child=serializers.DictField())


class ResultsSerializer(serializers.Serializer):
    results = ResolvedSerializer(many=True)
