"""HTML to PDF. The fonts are the platform's own and are embedded; nothing is fetched but them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from django.conf import settings

from analytics.reports.fonts import Piece, face_css, family_list, pieces, pieces_of
from analytics.reports.paper import Paper, lines_of
from analytics.reports.render_html import html_of

_PAGE = """
@page { size: A4; margin: 25mm 22mm 22mm 24mm;
        @bottom-center { content: "— " counter(page) " —"; font-family: %(fonts)s; font-size: 10pt; } }
body { font-family: %(fonts)s; font-size: 12pt; margin: 0; }
.report-scroll { overflow: visible; }
.report-paper a { color: inherit; text-decoration: none; }
"""


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF."""
    from weasyprint import CSS, HTML

    # Both tell each of their steps; what goes wrong is raised.
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    html = html_of(paper)
    used = pieces_of("".join(lines_of(paper)) + html + "—0123456789")
    # Texts of a drawing do not take the font of the page around them, and no blank is allowed between names.
    names = family_list(used).replace(", ", ",")
    html = html.replace('<svg class="report-drawing"', f'<svg class="report-drawing" font-family="{names}"')
    fonts = _fonts_with(used)
    sheet = (Path(settings.BASE_DIR) / "static" / "css" / "report-paper.css").read_text(encoding="utf-8")
    own = _PAGE % {"fonts": family_list(used)}
    fetch = _fetcher()
    css = CSS(string=sheet + own, font_config=fonts, url_fetcher=fetch)
    source = f'<html lang="zh-Hans"><head><title>{paper.fields["期间"]}</title></head><body>{html}</body></html>'
    page = HTML(string=source, base_url=settings.PUBLIC_URL, url_fetcher=fetch)
    made: bytes = page.write_pdf(stylesheets=[css], font_config=fonts)
    return made


# Unpacking a piece takes as long as setting a page: a worker keeps those that it has read.
_kept: tuple[Any, set[Piece]] | None = None


def _fonts_with(used: list[Piece]) -> Any:
    """WeasyPrint's fonts of this process, with these pieces among them."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    global _kept
    fonts, read = _kept or (FontConfiguration(), set())
    if missing := [one for one in used if one not in read]:
        CSS(string=face_css(missing), font_config=fonts, url_fetcher=_fetcher())
    _kept = fonts, read | set(used)
    return fonts


def _fetcher() -> Any:
    """Reads files of the platform's font, and nothing else from anywhere: a report that asks for more is not made."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    allowed = {one.path.as_uri(): one.path for one in pieces()}

    class OwnFonts(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in allowed:
                raise FatalURLFetchingError(url)
            return URLFetcherResponse(url, allowed[url].read_bytes(), {"Content-Type": "font/woff2"})

    return OwnFonts()
