"""URLs of duty: pages under /duty/, the API under /api/v1/."""

from django.urls import path

from duty.api.views import DueApiView, StepApiView, WorkOrderApiView
from duty.views.facilities import DueListView, InspectView, ReportView, SimilarView
from duty.views.orders import OrderListView, OrderView, StepView

app_name = "duty"
urlpatterns = [
    path("duty/orders/", OrderListView.as_view(), name="orders"),
    path("duty/orders/<slug:number>/", OrderView.as_view(), name="order"),
    path("duty/orders/<slug:number>/<slug:action>/", StepView.as_view(), name="step"),
    path("duty/inspections/", DueListView.as_view(), name="inspections"),
    path("duty/elements/<int:element_id>/inspect/", InspectView.as_view(), name="inspect"),
    path("duty/elements/<int:element_id>/report/", ReportView.as_view(), name="report"),
    path("duty/elements/<int:element_id>/similar/", SimilarView.as_view(), name="similar"),
    path("api/v1/work-orders/", WorkOrderApiView.as_view(), name="api-orders"),
    path("api/v1/work-orders/<slug:number>/<slug:action>/", StepApiView.as_view(), name="api-step"),
    path("api/v1/inspections/due/", DueApiView.as_view(), name="api-due"),
]
