"""URLs of the event API."""

from django.urls import path

from events.api.views import EventListView, EventView

app_name = "events-api"
urlpatterns = [
    path("events/<slug:kind>/", EventListView.as_view(), name="list"),
    path("events/<slug:kind>/<int:event_id>/", EventView.as_view(), name="event"),
]
