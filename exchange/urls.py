"""URLs of the import: pages under /exchange/, the API under /api/v1/imports."""

from django.urls import include, path

from exchange.views.batch import BatchView, ProgressView
from exchange.views.lists import BatchListView, SourceListView
from exchange.views.steps import ApplyView, CancelView, MendFileView, MendView, PlanView, ReprocessView, UndoView
from exchange.views.upload import ImportView, TemplateView

app_name = "exchange"
urlpatterns = [
    path("exchange/import/", ImportView.as_view(), name="import"),
    path("exchange/templates/<slug:kind>.<slug:extension>", TemplateView.as_view(), name="template"),
    path("exchange/batches/", BatchListView.as_view(), name="list"),
    path("exchange/batches/<int:batch_id>/", BatchView.as_view(), name="batch"),
    path("exchange/batches/<int:batch_id>/progress/", ProgressView.as_view(), name="progress"),
    path("exchange/batches/<int:batch_id>/plan/", PlanView.as_view(), name="plan"),
    path("exchange/batches/<int:batch_id>/apply/", ApplyView.as_view(), name="apply"),
    path("exchange/batches/<int:batch_id>/reprocess/", ReprocessView.as_view(), name="reprocess"),
    path("exchange/batches/<int:batch_id>/undo/", UndoView.as_view(), name="undo"),
    path("exchange/batches/<int:batch_id>/cancel/", CancelView.as_view(), name="cancel"),
    path("exchange/batches/<int:batch_id>/mend/", MendView.as_view(), name="mend"),
    path("exchange/batches/<int:batch_id>/mend-file/", MendFileView.as_view(), name="mend-file"),
    path("exchange/sources/", SourceListView.as_view(), name="sources"),
    path("api/v1/", include("exchange.api.urls")),
]
