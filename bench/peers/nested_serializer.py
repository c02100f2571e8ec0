"""Django REST framework's own way to a page of vehicles: ModelSerializer, nested addresses and block, prefetched."""

from __future__ import annotations

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.renderers import JSONRenderer

from addresses.models import Area, StandardAddress
from elements.models import Element, ElementAddress, Vehicle


class _BlockSerializer(serializers.ModelSerializer):
    class Meta:
        model = Area
        fields = ("id", "code", "name")


class _StandardSerializer(serializers.ModelSerializer):
    class Meta:
        model = StandardAddress
        fields = ("code", "full_text")


class _AddressSerializer(serializers.ModelSerializer):
    text = serializers.CharField(source="text.text")
    status = serializers.CharField(source="text.status")
    standard = _StandardSerializer(source="text.address")

    class Meta:
        model = ElementAddress
        fields = ("role", "text", "status", "standard")


class _VehicleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Vehicle
        fields = (
            "vin",
            "plate_number",
            "plate_type",
            "vehicle_type",
            "use_nature",
            "state",
            "inspection_valid_to",
            "scrap_due_on",
            "owner_name",
        )


class _ElementSerializer(serializers.ModelSerializer):
    block = _BlockSerializer()
    vehicle = _VehicleSerializer()
    addresses = _AddressSerializer(many=True)

    class Meta:
        model = Element
        fields = ("id", "label", "place_quality", "conflicts", "updated_at", "block", "vehicle", "addresses")


class _Pages(LimitOffsetPagination):
    default_limit = 50


class NestedElementList(ListAPIView):
    """The rows of our list of vehicles in the same scope and order; the pages count every row, as is usual."""

    serializer_class = _ElementSerializer
    pagination_class = _Pages
    renderer_classes = [JSONRenderer]

    def get_queryset(self):
        addresses = ElementAddress.objects.select_related("text__address")
        return (
            Element.objects.visible_to(self.request.user)
            .standing()
            .filter(kind="VEHICLE")
            .select_related("block", "vehicle")
            # Polygons of blocks are not shown, and reading them would be a third of the page's time.
            .defer("block__geom")
            .prefetch_related(Prefetch("addresses", queryset=addresses))
            .order_by("label", "pk")
        )
