"""What stands above the town: our county, its province and prefecture, or another division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from addresses.matching.places import ANCESTOR, COUNTY, OUTSIDE
from addresses.matching.segment import NameToken
from addresses.parsing.tokens import NUMBER_SHAPES, SILENT_SHAPES, Fault, Shape, Token

PREFECTURE_PREFIX = "烟台"


@dataclass(slots=True)
class Administrative:
    """Findings above the town.

    `outside` is the path of other divisions that the text begins with. `is_county_open` says that the text names the
    prefecture but not the county, so that the place may lie in any of its counties.
    """

    outside: list[str] = field(default_factory=list)
    has_county: bool = False
    is_county_open: bool = False
    faults: list[Fault] = field(default_factory=list)

    @property
    def outside_name(self) -> str:
        """The other county with the divisions above it, as far as the text gives them."""
        return "".join(dict.fromkeys(self.outside))


def _foreign_name(token: Token) -> str:
    """The other division that a token means or could mean."""
    return token.surface.outside_name if isinstance(token, NameToken) and token.surface is not None else ""


def _is_foreign_before_foreign(tokens: Sequence[Token], position: int) -> bool:
    """河北 before 石家庄市 is the province, not our village."""
    if position + 1 >= len(tokens) or not _foreign_name(tokens[position]):
        return False
    after = tokens[position + 1]
    return isinstance(after, NameToken) and after.surface is not None and after.surface.admin == OUTSIDE


def read_administrative(tokens: Sequence[Token]) -> Administrative:
    """Reads the divisions of the leading run and finds those that stand where they may not."""
    found = Administrative()
    is_leading = True
    after_number = False
    for position, token in enumerate(tokens):
        if is_leading and token.shape is Shape.NAME and _is_foreign_before_foreign(tokens, position):
            found.outside.append(_foreign_name(token))
        elif isinstance(token, NameToken) and token.surface is not None and token.surface.admin:
            surface = token.surface
            if surface.admin == OUTSIDE:
                if is_leading:
                    found.outside.append(surface.outside_name)
                else:
                    found.faults.append(Fault("other_county", surface.outside_name))
            elif after_number:
                found.faults.append(Fault("second_place", surface.text))
            elif surface.admin == COUNTY:
                found.has_county = True
            elif surface.admin == ANCESTOR and surface.text.startswith(PREFECTURE_PREFIX):
                found.is_county_open = True
        elif token.shape not in SILENT_SHAPES:
            is_leading = False
            after_number = after_number or token.shape in NUMBER_SHAPES
    if found.has_county:
        found.is_county_open = False
        found.faults += [Fault("other_county", name) for name in dict.fromkeys(found.outside)]
        found.outside = []
    return found
