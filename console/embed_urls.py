"""URLs of the address picker that other systems embed."""

from django.urls import path

from console.views.embed import ChildrenView, GroundView, PickerView, SuggestView

app_name = "embed"
urlpatterns = [
    path("address/<slug:key>/", PickerView.as_view(), name="address"),
    path("address/<slug:key>/suggest/", SuggestView.as_view(), name="suggest"),
    path("address/<slug:key>/children/", ChildrenView.as_view(), name="children"),
    path("address/<slug:key>/ground/", GroundView.as_view(), name="ground"),
]
