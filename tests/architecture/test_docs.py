"""Documents: decisions are numbered and complete, the glossary names things that exist, links lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
HEADINGS = ["## Context", "## Decision", "## Consequences"]
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home)/")
GLOSSARY_ROW = re.compile(r"^\| (?!术语|---)(.+) \|$", re.MULTILINE)
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for app in (
        "common",
        "accounts",
        "addresses",
        "elements",
        "events",
        "tagging",
        "duty",
        "analytics",
        "exchange",
        "console",
    )
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)


def test_decisions_are_numbered_without_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda p: p.stem)
def test_decision_has_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.name[:4]}. ")
    assert [line for line in text.splitlines() if line.startswith("## ")] == HEADINGS
    assert len(text.splitlines()) < 80


def test_glossary_rows_have_four_cells_and_name_existing_identifiers() -> None:
    rows = [row.split(" | ") for row in GLOSSARY_ROW.findall((DOCS / "glossary.md").read_text(encoding="utf-8"))]
    assert len(rows) >= 70
    assert {len(row) for row in rows} == {4}
    names = [name for _, identifiers, *_ in rows for name in re.findall(r"`([A-Za-z_.]+)\*?`", identifiers)]
    missing = [name for name in names if not re.search(rf"\b{name.rsplit('.', 1)[-1]}", CODE)]
    assert len(names) >= 70
    assert missing == []


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda p: p.relative_to(DOCS).as_posix())
def test_document_names_no_path_of_a_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not MACHINE_PATH.search(text)


@pytest.mark.parametrize("path", [DOCS / "architecture.md", *DECISIONS], ids=lambda p: p.stem)
def test_files_named_in_a_document_exist(path: Path) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[a-z_.]+\.(?:py|css|toml|md))`", path.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists() and not (DOCS / name).exists()]
    assert missing == []
