"""URLs of the import: pages under /exchange/, the API under /api/v1/imports."""

from django.urls import include, path

from exchange.views.batch import BatchView, ProgressView
from exchange.views.links import LinkActiveView, LinkDecideView, LinkEditView, LinkListView, LinkRunView, LinkView
from exchange.views.lists import BatchListView, SourceListView
from exchange.views.partners import MessagePreviewView, PartnerLedgerView, PartnerListView, PartnerView, ToldView
from exchange.views.partners_steps import (
    CollectView,
    ContractEndView,
    ContractNewView,
    DisputeDecideView,
    KeyEndView,
    KeyNewView,
    MessageGiveUpView,
    MessageResendAllView,
    MessageResendView,
    PartnerEditView,
    RecallView,
    SignatureCheckView,
    TestPushView,
    TryNowView,
)
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
    path("exchange/links/", LinkListView.as_view(), name="links"),
    path("exchange/links/new/", LinkEditView.as_view(), name="link-new"),
    path("exchange/links/<slug:code>/", LinkView.as_view(), name="link"),
    path("exchange/links/<slug:code>/edit/", LinkEditView.as_view(), name="link-edit"),
    path("exchange/links/<slug:code>/active/", LinkActiveView.as_view(), name="link-active"),
    path("exchange/links/<slug:code>/run/", LinkRunView.as_view(), name="link-run"),
    path("exchange/links/<slug:code>/runs/<int:run_id>/decide/", LinkDecideView.as_view(), name="link-decide"),
    path("exchange/told/<str:subject>/<int:record>/", ToldView.as_view(), name="told"),
    path("exchange/partners/", PartnerListView.as_view(), name="partners"),
    path("exchange/partners/new/", PartnerEditView.as_view(), name="partner-new"),
    path("exchange/partners/<slug:code>/", PartnerView.as_view(), name="partner"),
    path("exchange/partners/<slug:code>/edit/", PartnerEditView.as_view(), name="partner-edit"),
    path("exchange/partners/<slug:code>/ledger.csv", PartnerLedgerView.as_view(), name="partner-ledger"),
    path("exchange/partners/<slug:code>/recall/", RecallView.as_view(), name="partner-recall"),
    path(
        "exchange/partners/<slug:code>/contracts/new/<str:subject>/", ContractNewView.as_view(), name="partner-contract"
    ),
    path(
        "exchange/partners/<slug:code>/contracts/<int:contract_id>/end/",
        ContractEndView.as_view(),
        name="partner-contract-end",
    ),
    path("exchange/partners/<slug:code>/try/", TryNowView.as_view(), name="partner-try"),
    path("exchange/partners/<slug:code>/messages/resend/", MessageResendAllView.as_view(), name="partner-resend-all"),
    path(
        "exchange/partners/<slug:code>/messages/<int:message_id>/", MessagePreviewView.as_view(), name="partner-message"
    ),
    path(
        "exchange/partners/<slug:code>/messages/<int:message_id>/resend/",
        MessageResendView.as_view(),
        name="partner-resend",
    ),
    path(
        "exchange/partners/<slug:code>/messages/<int:message_id>/give-up/",
        MessageGiveUpView.as_view(),
        name="partner-give-up",
    ),
    path(
        "exchange/partners/<slug:code>/disputes/<int:dispute_id>/", DisputeDecideView.as_view(), name="partner-dispute"
    ),
    path("exchange/partners/<slug:code>/keys/", KeyNewView.as_view(), name="partner-key"),
    path("exchange/partners/<slug:code>/keys/<str:key_id>/end/", KeyEndView.as_view(), name="partner-key-end"),
    path("exchange/partners/<slug:code>/signature/", SignatureCheckView.as_view(), name="partner-signature"),
    path("exchange/partners/<slug:code>/test/", TestPushView.as_view(), name="partner-test"),
    path("exchange/partners/<slug:code>/collect/", CollectView.as_view(), name="partner-collect"),
    path("api/v1/", include("exchange.api.urls")),
]
