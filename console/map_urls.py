"""URLs of the one map."""

from django.urls import path

from console.views import live, map_events
from console.views import map as views

app_name = "map"
urlpatterns = [
    path("", views.map_page, name="page"),
    # Before the layers of that view.
    path("tiles/events/<int:zoom>/<int:x>/<int:y>.mvt", map_events.tile, name="event-tile"),
    path("tiles/<str:layer>/<int:zoom>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("legend/", views.legend, name="legend"),
    path("events/legend/", map_events.legend, name="event-legend"),
    path("vehicles/", live.vehicles, name="vehicles"),
    path("vehicles/stream", live.vehicle_stream, name="vehicle-stream"),
    path("vehicles/<int:tracker_id>/", live.vehicle_card, name="vehicle-card"),
    path("areas/<str:kind>/", views.areas, name="areas"),
    path("base/", views.base, name="base"),
    path("features/", views.features, name="features"),
    path("filters/", views.filters, name="filters"),
    path("place/", views.place, name="place"),
]
