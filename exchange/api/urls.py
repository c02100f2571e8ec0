"""URLs of the import API, inside the namespace "exchange"."""

from django.urls import path

from exchange.api.partner_views import PartnerDisputeListView, PartnerDisputeView, PartnerReceiptView
from exchange.api.views import (
    ImportActionView,
    ImportDetailView,
    ImportListView,
    ImportRejectsView,
    ImportRowsView,
)

urlpatterns = [
    path("imports", ImportListView.as_view(), name="api-imports"),
    path("imports/<int:batch_id>", ImportDetailView.as_view(), name="api-import"),
    path("imports/<int:batch_id>/rows", ImportRowsView.as_view(), name="api-rows"),
    path("imports/<int:batch_id>/rejects", ImportRejectsView.as_view(), name="api-rejects"),
    path("imports/<int:batch_id>/plan", ImportActionView.as_view(action="plan"), name="api-plan"),
    path("imports/<int:batch_id>/import", ImportActionView.as_view(action="import"), name="api-apply"),
    path("imports/<int:batch_id>/reprocess", ImportActionView.as_view(action="reprocess"), name="api-reprocess"),
    path("imports/<int:batch_id>/undo", ImportActionView.as_view(action="undo"), name="api-undo"),
    path("partners/receipts", PartnerReceiptView.as_view(), name="api-partner-receipts"),
    path("partners/disputes", PartnerDisputeListView.as_view(), name="api-partner-disputes"),
    path("partners/disputes/<str:dispute_number>", PartnerDisputeView.as_view(), name="api-partner-dispute"),
]
