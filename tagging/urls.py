"""URLs of tags, rules, grades and alerts: pages under /alerts/, /tags/, /rules/, /grades/, the API under /api/v1/."""

from django.urls import path

from tagging.api import rules as rules_api
from tagging.api.alerts import AlertApiView, AlertStepApiView
from tagging.api.grades import GradeApiView, SchemeApiView, SchemeDraftApiView
from tagging.views import laboratory, rules, tags
from tagging.views.alerts import (
    AlertListView,
    AlertStepView,
    AlertsTodayView,
    AlertTimesView,
    AlertView,
    ElementAlertsView,
)
from tagging.views.grades import GradeListView, GradesView, OverrideRequestView, OverrideStepView
from tagging.views.notifications import MuteLiftView, NotificationsView, ReadView
from tagging.views.schemes import SchemeEditView, SchemeRunView, SchemeStepView, SchemeView
from tagging.views.simulations import SimulateView, SimulationCancelView, SimulationProgressView, SimulationView
from tagging.views.stream import news, stream

app_name = "tagging"
urlpatterns = [
    path("alerts/", AlertListView.as_view(), name="alerts"),
    path("alerts/today/", AlertsTodayView.as_view(), name="alerts-today"),
    path("alerts/times/", AlertTimesView.as_view(), name="alert-times"),
    path("alerts/stream", stream, name="alert-stream"),
    path("alerts/news/", news, name="alert-news"),
    path("alerts/notifications/", NotificationsView.as_view(), name="notifications"),
    path("alerts/notifications/read/", ReadView.as_view(), name="notifications-read"),
    path("alerts/mutes/<int:mute_id>/lift/", MuteLiftView.as_view(), name="mute-lift"),
    path("alerts/elements/<int:element_id>/", ElementAlertsView.as_view(), name="element-alerts"),
    path("alerts/<int:alert_id>/", AlertView.as_view(), name="alert"),
    path("alerts/<int:alert_id>/<slug:action>/", AlertStepView.as_view(), name="alert-step"),
    path("api/v1/alerts/", AlertApiView.as_view(), name="api-alerts"),
    path("api/v1/alerts/<int:alert_id>/<slug:action>/", AlertStepApiView.as_view(), name="api-alert-step"),
    path("tags/", tags.CatalogueView.as_view(), name="tags"),
    path("tags/elements/<int:element_id>/set/", tags.SetTagView.as_view(), name="tag-set"),
    path("tags/assignments/<int:assignment_id>/<slug:action>/", tags.TagStepView.as_view(), name="tag-step"),
    path("tags/<slug:code>/", tags.TagView.as_view(), name="tag"),
    path("rules/", rules.RuleListView.as_view(), name="rules"),
    path("rules/new/", rules.NewRuleView.as_view(), name="rule-new"),
    path("rules/<slug:code>/", rules.RuleView.as_view(), name="rule"),
    path("rules/<slug:code>/switch/", rules.SwitchView.as_view(), name="rule-switch"),
    path(
        "rules/<slug:code>/versions/<int:version_number>/<slug:action>/",
        rules.VersionStepView.as_view(),
        name="version-step",
    ),
    path("rules/<slug:code>/laboratory/", laboratory.LaboratoryView.as_view(), name="laboratory"),
    path("rules/<slug:code>/laboratory/draft/", laboratory.DraftView.as_view(), name="rule-draft"),
    path("rules/<slug:code>/laboratory/read/", laboratory.ReadView.as_view(), name="rule-read"),
    path("rules/<slug:code>/laboratory/preview/", laboratory.PreviewView.as_view(), name="rule-preview"),
    path("rules/<slug:code>/laboratory/difference/", laboratory.DifferenceView.as_view(), name="rule-difference"),
    path("rules/<slug:code>/backtests/", laboratory.BacktestsView.as_view(), name="backtests"),
    path("rules/<slug:code>/backtests/<int:job_id>/", laboratory.BacktestView.as_view(), name="backtest"),
    path(
        "rules/<slug:code>/backtests/<int:job_id>/progress/",
        laboratory.BacktestProgressView.as_view(),
        name="backtest-progress",
    ),
    path(
        "rules/<slug:code>/backtests/<int:job_id>/cancel/",
        laboratory.BacktestCancelView.as_view(),
        name="backtest-cancel",
    ),
    path("grades/", GradesView.as_view(), name="grades"),
    path("grades/list/", GradeListView.as_view(), name="grade-list"),
    path("grades/overrides/<int:override_id>/<slug:action>/", OverrideStepView.as_view(), name="override-step"),
    path("grades/elements/<int:element_id>/<slug:code>/", OverrideRequestView.as_view(), name="override-request"),
    path("grades/schemes/<slug:code>/", SchemeView.as_view(), name="scheme"),
    path("grades/schemes/<slug:code>/edit/", SchemeEditView.as_view(), name="scheme-edit"),
    path("grades/schemes/<slug:code>/simulate/", SimulateView.as_view(), name="scheme-simulate"),
    path("grades/schemes/<slug:code>/simulations/<int:job_id>/", SimulationView.as_view(), name="scheme-simulation"),
    path(
        "grades/schemes/<slug:code>/simulations/<int:job_id>/progress/",
        SimulationProgressView.as_view(),
        name="scheme-simulation-progress",
    ),
    path(
        "grades/schemes/<slug:code>/simulations/<int:job_id>/cancel/",
        SimulationCancelView.as_view(),
        name="scheme-simulation-cancel",
    ),
    path("grades/schemes/<slug:code>/run/", SchemeRunView.as_view(), name="scheme-run"),
    path(
        "grades/schemes/<slug:code>/versions/<int:version_number>/<slug:action>/",
        SchemeStepView.as_view(),
        name="scheme-step",
    ),
    path("api/v1/grades/", GradeApiView.as_view(), name="api-grades"),
    path("api/v1/grade-schemes/", SchemeApiView.as_view(), name="api-schemes"),
    path("api/v1/grade-schemes/<slug:code>/draft/", SchemeDraftApiView.as_view(), name="api-scheme-draft"),
    path("api/v1/rules/", rules_api.RulesApiView.as_view(), name="api-rules"),
    path("api/v1/rules/read/", rules_api.ReadApiView.as_view(), name="api-rule-read"),
    path("api/v1/rules/preview/", rules_api.PreviewApiView.as_view(), name="api-rule-preview"),
    path("api/v1/rules/<slug:code>/", rules_api.RuleApiView.as_view(), name="api-rule"),
    path(
        "api/v1/rules/<slug:code>/versions/<int:version_number>/<slug:action>/",
        rules_api.VersionStepApiView.as_view(),
        name="api-version-step",
    ),
]
