"""Cuts personal numbers out of free text before anything outside the encrypted raw row stores it."""

from __future__ import annotations

import re
import unicodedata

# A citizen ID (15 or 18 places) or a mobile number, also when written with blanks or dashes between groups.
_SEPARATOR = r"[\s\-—_.]?"
_CITIZEN_ID = re.compile(
    rf"(?<![0-9A-Za-z])[1-9]\d{{5}}{_SEPARATOR}(?:(?:18|19|20)\d{{2}}{_SEPARATOR}\d{{4}}{_SEPARATOR}\d{{3}}[0-9Xx]|\d{{6}}{_SEPARATOR}\d{{3}})(?![0-9])"
)
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_SEPARATOR})?1[3-9]\d{_SEPARATOR}\d{{4}}{_SEPARATOR}\d{{4}}(?!\d)")
CUT_CITIZEN_ID = "〔证件号〕"
CUT_PHONE = "〔电话〕"


def scrub(text: str) -> str:
    """Returns `text` with every run that looks like a citizen ID or a mobile number replaced by a mark.

    Full-width digits count as digits. Text without such a run is returned unchanged, character by character.
    """
    if sum(map(str.isdigit, text)) < 11:
        return text
    # Width folding keeps the length, so that only the cut runs change.
    folded = "".join(unicodedata.normalize("NFKC", c) if c.isdigit() and not c.isascii() else c for c in text)
    if len(folded) != len(text):
        folded = text
    cut = _CITIZEN_ID.sub(CUT_CITIZEN_ID, folded)
    cut = _MOBILE.sub(CUT_PHONE, cut)
    return text if cut == folded else cut
