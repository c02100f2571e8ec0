"""The vendored front-end is what the manifest says, asks no other machine and fits the strict CSP."""

import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.sha256"
MAX_VENDOR_BYTES = 15 * 2**20
SOURCE_MAP = re.compile(rb"sourceMappingURL=")
OUTSIDE_REQUEST = re.compile(rb"(?:@import\s+(?:url\()?|url\()\s*[\"']?(?:https?:)?//")
ICON_IN_TEMPLATE = re.compile(r"""includes/icon\.html["']\s+with\s+name=["']([a-z0-9-]+)["']""")
STYLE_OR_HANDLER = re.compile(r"<[^>]*\s(?:style|on[a-z]+|hx-on[:a-z-]*)=", re.IGNORECASE)
INLINE_BLOCK = re.compile(r"<(script|style)(?![^>]*\bsrc=)(?![^>]*\bnonce=)[^>]*>", re.IGNORECASE)
STATIC_REFERENCE = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
MODULE_IMPORT = re.compile(r"""^import\s[^;]*?from\s+["']([^"']+)["']""", re.MULTILINE)


def manifest_entries(text: str) -> dict[str, str]:
    """Reads `sha256sum` lines.

    Returns:
        Path under static/ → hexadecimal sha256.
    """
    pairs = (line.split("  ", 1) for line in text.splitlines() if line)
    return {path: digest for digest, path in pairs}


def differences(entries: dict[str, str], static: Path, written: list[Path]) -> set[str]:
    """Names every file that is missing, changed, or present but not listed.

    Args:
        entries: Path under static/ → expected sha256.
        static: The static folder.
        written: The files that bin/vendor wrote there.
    """
    found = {path.relative_to(static).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in written}
    return {path for path in entries.keys() | found.keys() if entries.get(path) != found.get(path)}


def vendored_files() -> list[Path]:
    """Everything bin/vendor writes, without the manifest itself; our own css and js are no part of it."""
    folders = (VENDOR, STATIC / "leaflet")
    paths = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path != MANIFEST]
    return [*paths, STATIC / "icons.svg"]


def templates() -> list[Path]:
    """All templates of the project, the page frame and the apps alike."""
    folders = [ROOT / "templates", *ROOT.glob("*/templates")]
    return sorted(
        path for folder in folders for path in folder.rglob("*.html") if not {".venv", "node_modules"} & set(path.parts)
    )


def test_every_vendored_file_is_as_the_manifest_says() -> None:
    entries = manifest_entries(MANIFEST.read_text(encoding="utf-8"))

    assert len(entries) > 100
    assert differences(entries, STATIC, vendored_files()) == set()


def test_the_comparison_finds_a_changed_a_missing_and_an_added_file(tmp_path: Path) -> None:
    names = ("kept.js", "changed.js", "missing.js")
    entries = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    (tmp_path / "kept.js").write_text("kept.js", encoding="utf-8")
    (tmp_path / "changed.js").write_text("other", encoding="utf-8")
    (tmp_path / "added.js").write_text("added", encoding="utf-8")

    assert differences(entries, tmp_path, list(tmp_path.iterdir())) == {
        "changed.js",
        "missing.js",
        "added.js",
    }


def test_vendored_files_ask_no_other_machine() -> None:
    for path in [*VENDOR.rglob("*.css"), *VENDOR.rglob("*.js"), *(STATIC / "css").glob("*.css")]:
        content = path.read_bytes()
        assert not SOURCE_MAP.search(content), path
        assert not OUTSIDE_REQUEST.search(content), path


def test_every_library_keeps_a_licence_and_the_whole_stays_small() -> None:
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert list(folder.glob("LICENSE*")), folder
    assert sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()) < MAX_VENDOR_BYTES


def test_versions_are_exact_and_the_folders_carry_them() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    for name, version in package["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, entry in package["vendor"]["libraries"].items():
        assert (VENDOR / f"{entry['folder']}-{package['dependencies'][name]}").is_dir(), name
    assert all("resolved" not in entry for entry in lock["packages"].values())
    assert all(entry.get("integrity") for path, entry in lock["packages"].items() if path)


def test_leaflet_of_the_admin_is_the_vendored_one() -> None:
    vendored = next(VENDOR.glob("leaflet-*"))
    assert (STATIC / "leaflet" / "leaflet.js").read_bytes() == (vendored / "leaflet.js").read_bytes()
    assert (STATIC / "leaflet" / "leaflet.css").read_bytes() == (vendored / "leaflet.css").read_bytes()


def test_every_icon_in_a_template_is_in_the_sprite() -> None:
    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', sprite))
    named = {name for path in templates() for name in ICON_IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))}
    assert named
    assert named <= drawn


def test_static_files_named_by_templates_and_modules_exist() -> None:
    for path in templates():
        for name in STATIC_REFERENCE.findall(path.read_text(encoding="utf-8")):
            if not name.startswith(("admin/", "leaflet/", "gis/")):
                assert (STATIC / name).is_file(), f"{path}: {name}"
    for path in (STATIC / "js").rglob("*.js"):
        for name in MODULE_IMPORT.findall(path.read_text(encoding="utf-8")):
            assert (path.parent / name).resolve().is_file(), f"{path}: {name}"


def test_templates_carry_nothing_the_content_security_policy_refuses() -> None:
    for path in templates():
        text = path.read_text(encoding="utf-8")
        assert not STYLE_OR_HANDLER.search(text), path
        assert not INLINE_BLOCK.search(text), path


def test_the_patterns_of_the_policy_find_what_they_look_for() -> None:
    assert STYLE_OR_HANDLER.search('<p class="a" style="color: red">')
    assert STYLE_OR_HANDLER.search('<button onclick="go()">')
    assert STYLE_OR_HANDLER.search('<button hx-on:click="go()">')
    assert INLINE_BLOCK.search("<script>go()</script>")
    assert not INLINE_BLOCK.search('<script nonce="x">go()</script>')
    assert OUTSIDE_REQUEST.search(b"@import url(//elsewhere/font.css)")
