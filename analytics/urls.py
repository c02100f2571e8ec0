"""URLs of analysis: pages under /analysis/ and /reports/."""

from django.urls import path

from analytics.api.hot_spots import HotSpotApiView
from analytics.api.indicators import IndicatorApiView
from analytics.api.risk_sheets import RiskSheetApiView, RiskSheetListApiView
from analytics.views import (
    chains,
    hot_spots,
    indicators,
    overview,
    report_page,
    report_template_page,
    report_templates,
    reports,
    risk_sheet_page,
    risk_sheets,
)

app_name = "analytics"
urlpatterns = [
    path("analysis/chains/", chains.ChainsView.as_view(), name="chains"),
    path("analysis/<slug:name>/", overview.OverviewView.as_view(), name="overview"),
    path("analysis/<slug:name>/pivot.xlsx", overview.PivotView.as_view(), name="pivot"),
    path("hot-spots/", hot_spots.HotSpotsView.as_view(), name="hot-spots"),
    path("hot-spots/<int:spot_id>/", hot_spots.HotSpotView.as_view(), name="hot-spot"),
    path("hot-spots/<int:spot_id>/places/", hot_spots.HotSpotPlacesView.as_view(), name="hot-spot-places"),
    path("hot-spots/runs/<int:run_id>/places/", hot_spots.HotSpotRunPlacesView.as_view(), name="hot-spot-run-places"),
    path("hot-spots/runs/<int:run_id>/official/", hot_spots.HotSpotOfficialView.as_view(), name="hot-spot-official"),
    path("hot-spots/jobs/<int:job_id>/", hot_spots.HotSpotJobView.as_view(), name="hot-spot-job"),
    path("hot-spots/jobs/<int:job_id>/progress/", hot_spots.HotSpotProgressView.as_view(), name="hot-spot-progress"),
    path("hot-spots/jobs/<int:job_id>/cancel/", hot_spots.HotSpotCancelView.as_view(), name="hot-spot-cancel"),
    path("api/v1/hot-spots/", HotSpotApiView.as_view(), name="api-hot-spots"),
    path("indicators/", indicators.IndicatorsView.as_view(), name="indicators"),
    path("indicators/load/", indicators.LoadView.as_view(), name="indicator-load"),
    path("indicators/<slug:key>/rows/", indicators.IndicatorRowsView.as_view(), name="indicator-rows"),
    path("indicators/<slug:key>/target/", indicators.TargetView.as_view(), name="indicator-target"),
    path("api/v1/indicators/", IndicatorApiView.as_view(), name="api-indicators"),
    path("reports/", reports.ReportListView.as_view(), name="reports"),
    path("reports/new/", reports.NewReportView.as_view(), name="report-new"),
    path("reports/jobs/<int:job_id>/", reports.ReportJobView.as_view(), name="report-job"),
    path("reports/templates/", report_templates.TemplatesView.as_view(), name="report-templates"),
    path(
        "reports/templates/<slug:code>/edit/",
        report_template_page.TemplateEditView.as_view(),
        name="report-template-edit",
    ),
    path("reports/templates/<slug:code>/shell/", report_templates.ShellView.as_view(), name="report-shell"),
    path("reports/subscriptions/", report_templates.SubscriptionsView.as_view(), name="report-subscriptions"),
    path(
        "reports/subscriptions/<int:subscription_id>/end/",
        report_templates.SubscriptionEndView.as_view(),
        name="report-subscription-end",
    ),
    path("reports/unsubscribe/<str:token>/", report_templates.UnsubscribeView.as_view(), name="report-unsubscribe"),
    path("reports/<int:report_id>/", report_page.ReportView.as_view(), name="report"),
    path("reports/<int:report_id>/edit/", report_page.ReportEditView.as_view(), name="report-edit"),
    path("reports/<int:report_id>/file/<slug:kind>/", report_page.ReportFileView.as_view(), name="report-file"),
    path("reports/<int:report_id>/<slug:action>/", report_page.ReportStepView.as_view(), name="report-step"),
    path("risk-sheets/", risk_sheets.RiskSheetListView.as_view(), name="risk-sheets"),
    path("risk-sheets/new/", risk_sheets.NewRiskSheetView.as_view(), name="risk-sheet-new"),
    path("risk-sheets/<int:sheet_id>/", risk_sheet_page.RiskSheetView.as_view(), name="risk-sheet"),
    path("risk-sheets/<int:sheet_id>/file/", risk_sheet_page.RiskSheetFileView.as_view(), name="risk-sheet-file"),
    path(
        "risk-sheets/<int:sheet_id>/measures/<int:number>/",
        risk_sheet_page.RiskMeasureView.as_view(),
        name="risk-measure",
    ),
    path(
        "risk-sheets/<int:sheet_id>/<slug:action>/", risk_sheet_page.RiskSheetStepView.as_view(), name="risk-sheet-step"
    ),
    path("api/v1/risk-sheets/", RiskSheetListApiView.as_view(), name="api-risk-sheets"),
    path("api/v1/risk-sheets/<int:sheet_id>/", RiskSheetApiView.as_view(), name="api-risk-sheet"),
]
