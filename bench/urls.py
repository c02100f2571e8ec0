"""The platform's URLs and, beside them, those of the peers that are installed."""

from importlib.util import find_spec

from django.urls import include, path

from bench.peers.nested_serializer import NestedElementList

urlpatterns = [path("", include("laizhou.urls")), path("bench/elements/", NestedElementList.as_view())]

if find_spec("vectortiles"):
    from bench.peers.vector_tiles import VectorTileView

    urlpatterns.append(path("bench/tiles/<int:z>/<int:x>/<int:y>", VectorTileView.as_view()))
