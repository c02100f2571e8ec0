"""URLs of the boards: 看板 and 大屏."""

from django.urls import path

from console.views import wall
from console.views.dashboard import DashboardCoverageView, DashboardView

urlpatterns = [
    path("dashboard/", DashboardView.as_view(), name="dashboard"),
    path("dashboard/coverage/", DashboardCoverageView.as_view(), name="dashboard-coverage"),
    path("wall/", wall.WallView.as_view(), name="wall"),
    path("wall/panels/", wall.panels, name="wall-panels"),
    path("wall/stream", wall.stream, name="wall-stream"),
]
