"""URLs of blocks, coverage and the borders of areas."""

from django.urls import path

from console.views.block import BlockApiView, BlockListView, BlockPlacesView, BlockSeenView, BlockView
from console.views.border_outline import OutlineOfFileView, SectionsView
from console.views.borders import (
    AreaCheckView,
    BorderDocumentView,
    BorderEffectsView,
    BorderMovesView,
    BorderMoveView,
    BorderNewView,
    BorderProgressView,
    BorderStepView,
    NeighboursView,
)
from console.views.coverage import CoverageApiView, CoverageView, ExpectedCountsView
from console.views.places import AreaListView

urlpatterns = [
    path("blocks/", BlockListView.as_view(), name="blocks"),
    path("blocks/<str:code>/", BlockView.as_view(), name="block"),
    path("blocks/<str:code>/places/", BlockPlacesView.as_view(), name="block-places"),
    path("blocks/<str:code>/seen/", BlockSeenView.as_view(), name="block-seen"),
    path("api/v1/blocks/<str:code>/", BlockApiView.as_view(), name="block-api"),
    path("coverage/", CoverageView.as_view(), name="coverage"),
    path("coverage/expected/", ExpectedCountsView.as_view(), name="expected-counts"),
    path("api/v1/coverage/", CoverageApiView.as_view(), name="coverage-api"),
    path("areas/check/", AreaCheckView.as_view(), name="area-check"),
    path("areas/moves/", BorderMovesView.as_view(), name="border-moves"),
    path("areas/moves/new/", BorderNewView.as_view(), name="border-new"),
    path("areas/moves/neighbours/", NeighboursView.as_view(), name="border-neighbours"),
    path("areas/moves/sections/", SectionsView.as_view(), name="border-sections"),
    path("areas/moves/outline/", OutlineOfFileView.as_view(), name="border-outline"),
    path("areas/moves/<int:move_id>/", BorderMoveView.as_view(), name="border-move"),
    path("areas/moves/<int:move_id>/progress/", BorderProgressView.as_view(), name="border-move-progress"),
    path("areas/moves/<int:move_id>/effects/", BorderEffectsView.as_view(), name="border-move-effects"),
    path("areas/moves/<int:move_id>/borders/", BorderDocumentView.as_view(), name="border-move-borders"),
    path("areas/moves/<int:move_id>/<slug:step>/", BorderStepView.as_view(), name="border-move-step"),
    path("registry/areas/", AreaListView.as_view(), name="areas"),
]
