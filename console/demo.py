"""The demonstration: a generated city that enters by the users' own path, files through the import."""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path

from django.conf import settings
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from addresses.models import Division, StandardAddress
from addresses.services.areas import load_areas
from addresses.services.map_features import fold_tile_deltas
from addresses.services.names import load_names
from addresses.services.registry import load_addresses
from common import clock, jobs
from common.models import Job
from console.city.build import DEFAULT_ADDRESSES, DEFAULT_ELEMENTS, build_city, last_month_end
from console.demo_analysis import play_analysis
from console.demo_jobs import run_here
from console.demo_scenes import play_scenes
from console.demo_state import demo_as_of, demo_folder, marker
from elements.models import Source
from elements.services.sections import CUT_ROADS
from exchange.importers.mapping import DISMISSED, UNDECIDED
from exchange.models import LandingBatch
from exchange.services import landing

SEED = 1
Tell = Callable[[str], None]


def load_demo(
    tell: Tell,
    *,
    seed: int = SEED,
    as_of: date | None = None,
    addresses: int = DEFAULT_ADDRESSES,
    elements: int = DEFAULT_ELEMENTS,
) -> None:
    """Generates and loads the city once; a second call finds everything there. A killed call is taken up again."""
    as_of = demo_as_of() or as_of or last_month_end(clock.today())
    city = demo_folder()
    if not (city / "agency" / "manifest.toml").exists():
        tell(f"城市生成：种子 {seed}，截至 {as_of}")
        draft = city.with_name("city.part")
        shutil.rmtree(draft, ignore_errors=True)
        build_city(seed=seed, as_of=as_of, out=draft, addresses=addresses, elements=elements, tell=tell)
        shutil.rmtree(city.with_name("city-truth"), ignore_errors=True)
        draft.with_name("city.part-truth").rename(city.with_name("city-truth"))
        draft.rename(city)
    load_places(city, tell)
    call_command("make_demo_accounts", force=True)
    owner = User.objects.get(username="brigade")
    manifest = tomllib.loads((city / "agency" / "manifest.toml").read_text(encoding="utf-8"))
    for entry in manifest["file"]:
        import_file(city / entry["path"], entry, owner, tell)
    # No worker runs yet when the demo is prepared without serving it.
    for job_id in Job.objects.filter(kind=CUT_ROADS, state=Job.State.QUEUED).values_list("pk", flat=True):
        jobs.run(job_id)
        tell(f"路段：{Job.objects.get(pk=job_id).counts.get('sections', 0):,}")
    play_scenes(city, as_of, tell)
    play_analysis(as_of, tell)
    while fold_tile_deltas():
        pass
    shutil.copyfile(city / "base.geojson", Path(settings.MEDIA_ROOT) / "base.geojson")
    marker().write_text(json.dumps({"seed": seed, "as_of": str(manifest["as_of"])}), encoding="utf-8")


def load_places(city: Path, tell: Tell) -> None:
    """Areas, names and the registry, unless they are there."""
    made = load_areas(city / "areas.geojson")
    tell(f"责任区：新增 {made:,}")
    with (city / "divisions_points.csv").open(encoding="utf-8") as stream:
        points = {row["code"]: Point(float(row["lon"]), float(row["lat"]), srid=4326) for row in csv.DictReader(stream)}
    missing = list(Division.objects.filter(code__in=points, point__isnull=True))
    for division in missing:
        division.point = points[division.code]
    Division.objects.bulk_update(missing, ["point"], batch_size=500)
    report = load_names(city / "names.csv", "generated")
    tell(f"地名：新增 {report.created:,}")
    if not StandardAddress.objects.filter(level__gt=2).exists():
        report = load_addresses(city / "addresses.csv", lambda done, text: tell(f"标准地址：{text} {done:,}"))
        tell(f"标准地址：新增 {report.created:,}")


def import_file(path: Path, entry: dict, owner: User, tell: Tell) -> None:
    """One agency file by the way of the import page: upload, suggested mapping, dry run, import.

    Columns that no field is known for are dismissed, as a clerk would do.
    """
    source = Source.objects.get(code=entry["source"])
    done = LandingBatch.objects.filter(
        source=source, upload__name=path.name, state="IMPORTED", claim_batch__state="APPLIED"
    )
    if done.exists() or LandingBatch.objects.filter(source=source, upload__name=path.name, state="UNDONE").exists():
        return
    observed_at = timezone.make_aware(datetime.combine(entry["observed_on"], time()))
    batch = LandingBatch.objects.filter(source=source, upload__name=path.name).order_by("-pk").first()
    if batch is None or batch.state == "MAPPING":
        batch = landing.receive_file(
            data=path.read_bytes(), name=path.name, source=source, kind_code=entry["kind"], observed_at=observed_at,
            actor=owner, now=clock.now(),
        )  # fmt: skip
    if batch.state in {"MAPPING", "FAILED"}:
        columns = {header: field if field != UNDECIDED else DISMISSED for header, field in batch.columns.items()}
        batch = landing.start_planning(batch=batch, columns=columns, datum="WGS84", actor=owner)
    if batch.state == "PLANNING":
        _finish(batch)
    if batch.state == "PLANNED":
        batch = landing.start_import(batch=batch, actor=owner)
    if batch.state == "IMPORTING":
        _finish(batch)
    counts = batch.counts
    tell(
        f"{entry['title']}：{counts['received']:,} 行 = 新增 {counts['created']:,} + 更新 {counts['updated']:,}"
        f" + 无变化 {counts['unchanged']:,} + 待核对 {counts['to_review']:,} + 无法读取 {counts['rejected']:,}"
    )


def _finish(batch: LandingBatch) -> None:
    """Runs the batch's job; see `run_here` for what it raises."""
    run_here(batch.job_id)
    batch.refresh_from_db()
