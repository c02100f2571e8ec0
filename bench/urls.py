"""The platform's URLs and, beside them, those of the peers."""

from django.urls import include, path

from bench.peers.nested_serializer import NestedElementList
from bench.peers.vector_tiles import VectorTileView

urlpatterns = [
    path("", include("laizhou.urls")),
    path("bench/elements/", NestedElementList.as_view()),
    path("bench/tiles/<int:z>/<int:x>/<int:y>", VectorTileView.as_view()),
]
