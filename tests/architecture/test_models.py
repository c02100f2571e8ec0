"""Rules of the code that no tool checks: docstrings, `__str__`, history, length of files, back doors."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = (
    "common", "addresses", "accounts", "elements", "events", "tagging", "duty", "analytics", "exchange", "console", "laizhou",
)  # fmt: skip
MAX_LINES = 400
LONG_FILES: dict[str, str] = {}  # path → why it may be longer
PERSONAL_FIELDS = {"name", "label", "citizen_id", "phone", "file_no", "plate_number", "vin", "owner_name", "value"}

# Every model either keeps its history by triggers, or says here why it has none.
TRACKED = {
    "accounts.Post", "addresses.Area", "addresses.Division", "addresses.StandardAddress", "elements.DriverLicence", "elements.Element",
    "elements.FieldPolicy", "elements.Person", "elements.Relation", "elements.Unit", "elements.Vehicle", "elements.House",
    "elements.Road", "elements.Facility", "elements.Danger", "elements.NoGoRule", "elements.NoGoPermit",
    "duty.InspectionPlan", "duty.WorkOrder", "exchange.Partner", "tagging.Rule", "tagging.Scheme", "tagging.Tag",
    "analytics.IndicatorTarget", "analytics.ReportTemplate",
}  # fmt: skip
KINDS = ("Person", "Vehicle", "Unit", "House", "Road", "Facility")
WORKING = "working table, made again from the landing rows"
WITHOUT_HISTORY = {
    "accounts.ApiToken": "issued, used and revoked at are columns; issue is audited",
    "accounts.BlockVisit": "a convenience of its user",
    "accounts.User": "changes are audited; what counts, posts, is tracked",
    "addresses.AddressChange": "done and undone at are columns",
    "addresses.AddressChangeItem": "written once, is history",
    "addresses.AddressDecision": "decided and undone at are columns",
    "addresses.Calibration": "a new row each time",
    "addresses.PickerSite": "changes are audited",
    "addresses.AddressName": "has a period of its own; a name is replaced, not rewritten",
    "addresses.AddressText": "derived by the engine, with the version that made it",
    "addresses.AreaBorder": "is history",
    "addresses.BorderMove": "state and times are columns",
    "addresses.BorderMoveItem": "part of its move, written once",
    "addresses.IndexVersion": "a counter",
    "addresses.LayerVersion": "a counter",
    "addresses.MapCell": "derived from map features",
    "addresses.MapFeature": "derived from elements and addresses",
    "addresses.TileDelta": "a queue",
    "analytics.RiskMeasure": "the plan stays by a trigger; what was told about it is audited",
    "analytics.RiskSheet": "stays by a trigger once signed; a new assessment is a new edition",
    "common.AuditRow": "is history",
    "common.ChangeReader": "a counter",
    "common.ChangeRow": "is history",
    "common.Job": "state and times are columns",
    "common.PlatformTrouble": "what is watched now; letters and log tell the past",
    "duty.Inspection": "written once",
    "duty.WorkOrderPhoto": "written once",
    "duty.WorkOrderStep": "append-only, is history",
    "elements.BulkCorrection": "state and times are columns",
    "elements.DuplicatePair": "who decided when are columns; what was decided is a Merge",
    "elements.ExpectedCount": "loaded again from its source, with its date",
    "elements.Merge": "decided and undone at are columns",
    "elements.MergeLineage": "written once",
    "elements.Photo": "removed_at is a column",
    "elements.ClaimBatch": "state and times are columns",
    "elements.ClaimLog": "append-only, is history",
    "elements.ClaimSupport": "withdrawn_at is a column",
    "elements.ElementAddress": "derived from the claims and the tracked details",
    "elements.ElementKey": "has a period and a time of its own",
    "elements.Finding": "opened and closed at are columns",
    "elements.SavedFilter": "a convenience of its owner",
    "elements.SavedSearch": "gone after twelve hours; searches are audited",
    "elements.Source": "changes are audited by field in the admin",
    "events.Accident": "made from its versions, which are its history",
    "events.AccidentParty": "made from its versions, which are its history",
    "events.Capture": "written once",
    "events.EventFinding": "opened and closed at are columns",
    "events.EventKey": "a number and where it leads",
    "events.EventVersion": "is history",
    "events.Incident": "made from its versions, which are its history",
    "events.LastPosition": "the newest of the positions, which are its history",
    "events.Position": "written once",
    "events.Tracker": "a name; whose it is follows from the periods of plates",
    "events.Violation": "made from its versions, which are its history",
    "exchange.Connector": "changes are audited; what it read are its runs",
    "exchange.ConnectorRun": "state and times are columns",
    "exchange.Contract": "a new row each version",
    "exchange.Disclosure": "is history",
    "exchange.Dispute": "state and times are columns",
    "exchange.LandingBatch": "state and times are columns",
    "exchange.LandingRow": "outcome and support are columns; mends are rows of their own",
    "exchange.OutboxMessage": "state and times are columns",
    "exchange.PartnerKey": "has a period of its own",
    "exchange.PartnerNonce": "used once, swept",
    "exchange.PartnerRecord": "a number of somebody else",
    "exchange.Mapping": "a convenience; the batch keeps the mapping it used",
    "exchange.Upload": "written once",
}
WITHOUT_HISTORY |= {
    "tagging.Alert": "its steps and recipients are its history",
    "tagging.AlertMute": "set and lifted at are columns",
    "tagging.AlertRecipient": "sent, delivered and seen at are columns",
    "tagging.AlertStep": "written once, is history",
    "tagging.Assignment": "since and until are columns; another tag is another row",
    "tagging.Grade": "since and until are columns; another grade is another row",
    "tagging.GradeOverride": "asked and decided at are columns",
    "tagging.Outcome": "written once, is history",
    "tagging.OutcomeEffect": "each outcome keeps what it did",
    "tagging.RuleRun": "written once, is history",
    "tagging.RuleVersion": "is history",
    "tagging.SchemeVersion": "is history",
}
WITHOUT_HISTORY |= {
    "analytics.DayCount": "counted again from the events",
    "analytics.HotSpot": "written once",
    "analytics.HotSpotRun": "written once; which one is official is audited",
    "analytics.IndicatorSnapshot": "is history",
    "analytics.Report": "who did what when are columns; a new edition is a new row",
    "analytics.StaleDay": "a queue",
    "analytics.Subscription": "begun, sent and ended at are columns",
}
WITHOUT_HISTORY |= {f"elements.{kind}Claim": "rebuilt from the claim log" for kind in KINDS}
WITHOUT_HISTORY |= {
    f"events.{kind}Stage": WORKING for kind in ("Accident", "Party", "Violation", "Incident", "Capture")
}
WITHOUT_HISTORY |= {f"elements.{kind}{stage}": WORKING for kind in KINDS for stage in ("Stage", "Plan")}


def own_models() -> list[type[Model]]:
    """Our models; the event tables that pghistory derives from tracked ones are not written by hand."""
    models = [model for name in APPS if apps.is_installed(name) for model in apps.get_app_config(name).get_models()]
    return [model for model in models if not hasattr(model, "pgh_tracked_model")]


def sources(*parts: str) -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and (not parts or any(part in path.parts for part in parts)):
                yield path


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("model", own_models(), ids=lambda m: m._meta.label)
def test_model_explains_itself(model: type[Model]) -> None:
    text = model.__dict__.get("__doc__") or ""
    assert len(text) >= 12 and not text.startswith(f"{model.__name__}("), (
        "the docstring must say what the real thing is"
    )
    assert model.__str__ is not Model.__str__, "give it a __str__"


ELEMENT_TABLES = (
    "elements.Element",
    "elements.DriverLicence",
    *(f"elements.{kind}" for kind in KINDS),
)


@pytest.mark.parametrize("label", [*ELEMENT_TABLES, "elements.ElementKey", "elements.ClaimLog", "elements.PersonClaim"])
def test_str_of_element_data_shows_no_personal_value(label: str) -> None:
    model = next(model for model in own_models() if model._meta.label == label)
    names = {f.name for f in model._meta.concrete_fields} & PERSONAL_FIELDS
    filled = {
        name: b"secret" if model._meta.get_field(name).get_internal_type() == "BinaryField" else "secret"
        for name in names
    }
    assert names or label in {"elements.ClaimLog"}
    thing = model(pk=7, **filled)
    for field, value in (("kind", "PERSON"), ("scheme", 1)):
        if hasattr(thing, field):
            setattr(thing, field, value)
    assert "secret" not in str(thing) and "7" in str(thing)


def test_every_model_is_tracked_or_says_why_not() -> None:
    labels = {model._meta.label for model in own_models()}
    assert not TRACKED & set(WITHOUT_HISTORY)
    assert labels == TRACKED | set(WITHOUT_HISTORY)
    with_events = {
        model.pgh_tracked_model._meta.label
        for model in apps.get_models()
        if getattr(model, "pgh_tracked_model", None) is not None
    }
    assert with_events & labels == TRACKED


def test_files_are_short() -> None:
    long = {relative(path) for path in sources() if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES}
    assert long == set(LONG_FILES)


def test_no_back_door_between_apps() -> None:
    found = [relative(path) for path in sources() if re.search(r"\bget_model\(", path.read_text(encoding="utf-8"))]
    assert found == []


def test_domain_code_knows_no_http() -> None:
    pattern = re.compile(r"^\s*(?:from|import) django\.http", re.MULTILINE)
    found = [
        relative(p) for p in sources("parsing", "matching", "rules") if pattern.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []
    assert sum(1 for _ in sources("parsing", "matching")) > 10


def test_product_code_does_not_print() -> None:
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert found == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    assert [relative(path) for path in sources() if path.name in {"utils.py", "helpers.py"}] == []
