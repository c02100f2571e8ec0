"""django-vectortiles over the same dots with the same scope: every tile is made from the points."""

from __future__ import annotations

from vectortiles import VectorLayer
from vectortiles.views import MVTView

from addresses.choices import MapLayer
from addresses.models import MapFeature


class _Dots(VectorLayer):
    id = "points"
    tile_fields = ("kind", "subject_id")
    tile_buffer = 0

    def __init__(self, request) -> None:
        self._request = request

    def get_queryset(self):
        dots = MapFeature.objects.filter(layer=MapLayer.ELEMENT)
        scope = self._request.user.scope
        if not scope.all_blocks:
            dots = dots.filter(block_id__any=scope.block_ids)
        kinds = self._request.GET.get("kinds")
        return dots.filter(kind__in=kinds.split(",")) if kinds else dots


class VectorTileView(MVTView):
    """A tile of the reader's scope; `kinds` filters as ours does."""

    def get_layers(self):
        return [_Dots(self.request)]
