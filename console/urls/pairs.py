"""URLs of likely duplicates and merges."""

from django.urls import path

from console.views.duplicates import (
    DuplicateListView,
    DuplicateView,
    JudgeView,
    SearchDuplicatesView,
    SearchProgressView,
    UndoJudgementView,
)
from console.views.merge_new import MergeNewView, MergePlacesView, MergePreviewView, MergeSearchView
from console.views.merges import MergeListView, MergeView, UndoMergeView

urlpatterns = [
    path("duplicates/", DuplicateListView.as_view(), name="duplicates"),
    path("duplicates/judge/", JudgeView.as_view(), name="duplicate-judge"),
    path("duplicates/undo/", UndoJudgementView.as_view(), name="duplicate-undo"),
    path("duplicates/search/", SearchDuplicatesView.as_view(), name="duplicate-search"),
    path("duplicates/progress/", SearchProgressView.as_view(), name="duplicate-progress"),
    path("duplicates/<int:pair_id>/", DuplicateView.as_view(), name="duplicate"),
    path("merges/", MergeListView.as_view(), name="merges"),
    path("merges/new/", MergeNewView.as_view(), name="merge-new"),
    path("merges/preview/", MergePreviewView.as_view(), name="merge-preview"),
    path("merges/places/", MergePlacesView.as_view(), name="merge-places"),
    path("merges/search/", MergeSearchView.as_view(), name="merge-search"),
    path("merges/<int:merge_id>/", MergeView.as_view(), name="merge"),
    path("merges/<int:merge_id>/undo/", UndoMergeView.as_view(), name="merge-undo"),
]
