"""Addresses that a text states by code: the code alone, or at the end between 〔 and 〕. The code decides, nothing is parsed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from addresses.matching.result import Node, Resolution, Stated, Status
from addresses.models import StandardAddress

_CODE = r"[0-9A-Za-z][0-9A-Za-z_-]{4,39}"
_STATED = re.compile(rf"(?:.*〔)?({_CODE})〕|({_CODE})", re.DOTALL)
# As long as the column of a text.
_TEXT_LIMIT = 240


def stated_code(text: str) -> str | None:
    """What may be a code in a text; only the registry knows whether it is one."""
    folded = unicodedata.normalize("NFKC", text.strip()) if not text.isascii() else text.strip()
    found = _STATED.fullmatch(folded)
    return found and (found[1] or found[2])


def with_code(text: str, code: str) -> str:
    """A text that states its address by code and still says what the source wrote."""
    return f"{text[: _TEXT_LIMIT - len(code) - 2]}〔{code}〕" if text else code


def keys_of_stated_codes(texts: Iterable[str]) -> dict[str, str]:
    """Text → link key of the address whose code it states, in one query; texts that state none of ours are left out."""
    codes = {text: code for text in texts if (code := stated_code(text))}
    if not codes:
        return {}
    asked = {form for code in codes.values() for form in (code, code.upper())}
    keys = dict(StandardAddress.objects.filter(code__in=asked).values_list("code", "key"))
    found = {text: keys.get(code) or keys.get(code.upper()) for text, code in codes.items()}
    return {text: key for text, key in found.items() if key}


def resolution_by_code(node: Node) -> Resolution:
    """The answer for a text that states this node by code."""
    return Resolution(Status.EXACT, node, 1.0, node.level, node.level, stated=Stated(node, {}))
