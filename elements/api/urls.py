"""URLs of the element API."""

from django.urls import path

from elements.api.duplicates import DuplicateJudgeView, DuplicateListView, MergeCreateView, MergeUndoView
from elements.api.photos import PhotoListView
from elements.api.views import ElementListView

app_name = "elements-api"
urlpatterns = [
    path("elements/<slug:registry>/", ElementListView.as_view(), name="list"),
    path("duplicates/", DuplicateListView.as_view(), name="duplicates"),
    path("duplicates/judge/", DuplicateJudgeView.as_view(), name="duplicates-judge"),
    path("merges/", MergeCreateView.as_view(), name="merges"),
    path("merges/<int:merge_id>/undo/", MergeUndoView.as_view(), name="merge-undo"),
    path("elements/<int:element_id>/photos/", PhotoListView.as_view(), name="photos"),
]
