"""Shapes of the address API."""

from rest_framework import serializers

MAX_TEXTS = 10_000


class TextsSerializer(serializers.Serializer):
    texts = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=20_000, trim_whitespace=False), max_length=MAX_TEXTS
    )
    strict = serializers.BooleanField(default=False)


class ResolvedSerializer(serializers.Serializer):
    status = serializers.CharField()
    code = serializers.CharField(allow_null=True)
    components = serializers.DictField(child=serializers.CharField(), allow_null=True)
    confidence = serializers.FloatField()
    level_wanted = serializers.CharField(allow_null=True)
    level_reached = serializers.CharField(allow_null=True)
    candidates = serializers.ListField(child=serializers.DictField())
    faults = serializers.ListField(child=serializers.DictField())


class AcceptedSerializer(serializers.Serializer):
    row = serializers.IntegerField()
    status = serializers.CharField()
    code = serializers.CharField()
    full_text = serializers.CharField()
    level = serializers.CharField()


class CodeTextSerializer(serializers.Serializer):
    code = serializers.CharField()
    full_text = serializers.CharField()


class RefusedSerializer(serializers.Serializer):
    row = serializers.IntegerField()
    status = serializers.CharField()
    status_label = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    message = serializers.CharField()
    candidates = CodeTextSerializer(many=True)


class ResultsSerializer(serializers.Serializer):
    """`results` without, `accepted` and `refused` with `strict`."""

    results = ResolvedSerializer(many=True, required=False)
    accepted = AcceptedSerializer(many=True, required=False)
    refused = RefusedSerializer(many=True, required=False)


class SuggestionSerializer(serializers.Serializer):
    code = serializers.CharField()
    full_text = serializers.CharField()
    level = serializers.CharField()
    has_children = serializers.BooleanField()
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)


class SuggestionsSerializer(serializers.Serializer):
    results = SuggestionSerializer(many=True)


class NearAddressSerializer(serializers.Serializer):
    code = serializers.CharField()
    full_text = serializers.CharField()
    level = serializers.CharField()
    lon = serializers.FloatField()
    lat = serializers.FloatField()
    distance_m = serializers.FloatField()


class CodeNameSerializer(serializers.Serializer):
    code = serializers.CharField()
    name = serializers.CharField()


class AreaSerializer(CodeNameSerializer):
    kind = serializers.CharField()


class NearestSerializer(serializers.Serializer):
    lon = serializers.FloatField()
    lat = serializers.FloatField()
    is_inside = serializers.BooleanField()
    message = serializers.CharField(allow_blank=True)
    address = NearAddressSerializer(allow_null=True)
    areas = AreaSerializer(many=True)


class SuccessorSerializer(CodeTextSerializer):
    state = serializers.CharField()


class PastAddressSerializer(SuccessorSerializer):
    is_provisional = serializers.BooleanField()


class AddressSerializer(CodeTextSerializer):
    level = serializers.CharField()
    components = serializers.DictField(child=serializers.CharField())
    state = serializers.CharField()
    is_provisional = serializers.BooleanField()
    parent = serializers.CharField(allow_null=True)
    twin_of = serializers.CharField(allow_null=True)
    lon = serializers.FloatField(allow_null=True)
    lat = serializers.FloatField(allow_null=True)
    block = CodeNameSerializer(allow_null=True)
    district = CodeNameSerializer(allow_null=True)
    replaced_by = SuccessorSerializer(many=True)
    at = serializers.DateField(required=False)
    then = PastAddressSerializer(required=False)
    not_known = serializers.ListField(child=serializers.CharField(), required=False)
