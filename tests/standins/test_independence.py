"""The stand-ins are other agencies' programs: they share no code with the platform, and few packages."""

import ast
import sys
from pathlib import Path

import pytest

from tests.standins.processes import STANDINS

FILES = sorted(STANDINS.glob("*.py"))
OWN = {path.stem for path in FILES}
# module of ours → packages beyond the standard library that it may use
ALLOWED = {
    "business": {"psycopg"},
    "business_view": {"psycopg"},
    "farm": {"openpyxl"},
    "seed_from_city": {"openpyxl"},
}


def imported(source: str) -> set[str]:
    """First names of everything a source imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else (node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_stand_in_imports_nothing_of_the_product(path: Path):
    foreign = imported(path.read_text(encoding="utf-8")) - set(sys.stdlib_module_names) - OWN

    assert foreign == ALLOWED.get(path.stem, set())


def test_own_names_hide_neither_the_library_nor_the_product():
    root = STANDINS.parents[1]
    product = {path.name for path in root.iterdir() if (path / "__init__.py").exists()}

    assert len(FILES) > 20 and "elements" in product
    assert not OWN & (set(sys.stdlib_module_names) | product)


def test_the_check_sees_every_form_of_import():
    source = "import common.x\ndef f():\n    from elements.models import Person\n    from . import y\n"

    assert imported(source) == {"common", "elements", "."}
