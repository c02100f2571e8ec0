"""What the API of rules takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tagging.selectors.laboratory import Hit


class RuleVersionSerializer(serializers.Serializer):
    """A version; `body` is the condition, `sentence` the same in words."""

    number = serializers.IntegerField()
    state = serializers.CharField()
    body = serializers.JSONField()
    sentence = serializers.CharField()
    note = serializers.CharField()
    hits = serializers.IntegerField(allow_null=True)


class RuleRowSerializer(serializers.Serializer):
    """A rule; `hits` are the things inside the reader's scope that bear its tag now."""

    code = serializers.CharField()
    title = serializers.CharField()
    tag = serializers.CharField()
    kind = serializers.CharField()
    sentence = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    is_active = serializers.BooleanField()
    failure = serializers.CharField()
    hits = serializers.IntegerField()
    last_run_at = serializers.DateTimeField(allow_null=True)


class TagRuleSerializer(RuleRowSerializer):
    """A rule with its versions, the newest first."""

    versions = RuleVersionSerializer(many=True)


class TagRulePageSerializer(serializers.Serializer):
    """One page of rules; `count` stops at 10,000 and then `more_than` is true."""

    results = RuleRowSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField()
    more_than = serializers.BooleanField()


class BodySerializer(serializers.Serializer):
    """A rule as JSON: `{"kind": …, "where": …}`."""

    body = serializers.JSONField()


class StepSerializer(serializers.Serializer):
    """Why a step is taken."""

    note = serializers.CharField(max_length=200, allow_blank=True, default="")


class SentenceSerializer(serializers.Serializer):
    """What a body says."""

    sentence = serializers.CharField()


class _TownSerializer(serializers.Serializer):
    town = serializers.CharField()
    count = serializers.IntegerField()


class _PartSerializer(serializers.Serializer):
    text = serializers.CharField()
    is_met = serializers.BooleanField()
    actual = serializers.CharField()


class _HitSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    label = serializers.CharField()
    block = serializers.CharField()
    parts = _PartSerializer(many=True)


class PreviewSerializer(serializers.Serializer):
    """Whom a body hits now, out of how many of the kind."""

    count = serializers.IntegerField()
    total = serializers.IntegerField()
    seconds = serializers.FloatField()
    towns = _TownSerializer(many=True)
    first = _HitSerializer(many=True)


def rule_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `rule_list.rows` as the API gives it; why a rule fails is told to who writes rules."""
    rule = row["rule"]
    return {
        "code": rule.code, "title": rule.title, "tag": rule.tag.code, "kind": rule.tag.kind, "sentence": row["sentence"],
        "version": row["number"], "is_active": rule.is_active, "failure": rule.failure, "hits": row["hits"],
        "last_run_at": row["last_run_at"],
    }  # fmt: skip


def version_json(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `rule_page.versions_of` as the API gives it."""
    one = row["version"]
    return {
        "number": one.number, "state": one.state, "body": one.body, "sentence": row["sentence"], "note": one.note,
        "hits": one.hits,
    }  # fmt: skip


def hit_json(hit: Hit) -> dict[str, Any]:
    """One thing of a preview."""
    parts = [{"text": one.text, "is_met": one.is_met, "actual": one.actual} for one in hit.parts]
    return {"id": hit.element.pk, "label": hit.label, "block": hit.block, "parts": parts}
