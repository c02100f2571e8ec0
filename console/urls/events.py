"""URLs of events; `kind` is the word of the list: accidents, violations, incidents, captures."""

from django.urls import path

from console.views.event import EventCardView, EventPlacesView, EventView
from console.views.events import (
    AccidentListView,
    CaptureListView,
    EventSearchView,
    IncidentListView,
    ViolationListView,
)
from console.views.findings import FindingListView, FindingSettleView, FindingView
from console.views.reveal import EventRevealView

urlpatterns = [
    path("events/accidents/", AccidentListView.as_view(), name="events-accidents"),
    path("events/violations/", ViolationListView.as_view(), name="events-violations"),
    path("events/incidents/", IncidentListView.as_view(), name="events-incidents"),
    path("events/captures/", CaptureListView.as_view(), name="events-captures"),
    path("events/findings/", FindingListView.as_view(), name="event-findings"),
    path("events/findings/<int:finding_id>/", FindingView.as_view(), name="event-finding"),
    path("events/findings/<int:finding_id>/settle/", FindingSettleView.as_view(), name="finding-settle"),
    path("events/<slug:name>/search/", EventSearchView.as_view(), name="events-search"),
    path("events/<slug:kind>/<int:event_id>/", EventView.as_view(), name="event"),
    path("events/<slug:kind>/<int:event_id>/card/", EventCardView.as_view(), name="event-card"),
    path("events/<slug:kind>/<int:event_id>/reveal/<slug:field>/", EventRevealView.as_view(), name="event-reveal"),
    path("events/<slug:kind>/<int:event_id>/places/", EventPlacesView.as_view(), name="event-places"),
]
