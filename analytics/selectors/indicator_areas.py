"""The areas that figures are told of: the reader's blocks and all that lies above them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from addresses.choices import AreaKind
from addresses.models import Area
from addresses.selectors.setting import Setting, setting_of
from common.scope import Actor, Right


@dataclass(frozen=True, slots=True)
class Place:
    """A row of figures: an area, a setting, or all that the reader sees.

    Attributes:
        area_id: None of a setting and of the whole.
        blocks: those of its blocks that the reader sees, retired ones too where the reader sees everything.
        params: what narrows a list to it; empty = the whole.
    """

    name: str
    kind: str
    area_id: int | None
    blocks: frozenset[int]
    params: dict[str, str] = field(default_factory=dict)
    code: str = ""
    above: str = ""


@dataclass(frozen=True, slots=True)
class _Node:
    name: str
    code: str
    kind: str
    parent: int | None
    setting: Setting
    is_current: bool


class AreaTree:
    """Areas around the blocks of a reader, in the order of their codes: one query.

    An area of which the reader sees a part stands for this part, as in every list. Retired grids hang where they hung, so that
    old figures are found by who sees everything.
    """

    def __init__(self, user: Actor, day: date) -> None:
        self._nodes = _nodes(day)
        scope = user.scope
        grids = {pk for pk, node in self._nodes.items() if node.kind == AreaKind.GRID}
        if Right.READ not in scope.rights or scope.sees_nothing:
            self._own: set[int] = set()
        else:
            self._own = grids if scope.all_blocks else grids & set(scope.block_ids)
        self._blocks: dict[int, set[int]] = {}
        every: dict[int, set[int]] = {}
        for block in grids:
            for area in self.chain(block):
                if self._nodes[block].is_current:
                    every.setdefault(area, set()).add(block)
                if block in self._own:
                    self._blocks.setdefault(area, set()).add(block)
        self._whole = {pk for pk, blocks in self._blocks.items() if every.get(pk, set()) <= blocks}

    def chain(self, area_id: int | None) -> list[int]:
        """The area and what it lies in, from below."""
        found: list[int] = []
        while area_id is not None and area_id in self._nodes and area_id not in found:
            found.append(area_id)
            area_id = self._nodes[area_id].parent
        return found

    def fully_seen(self) -> list[int]:
        """Areas all of whose blocks the reader sees: what was stated of them as a whole is for him or her to see."""
        return sorted(self._whole)

    def is_pseudo(self, area_id: int) -> bool:
        return self._nodes[area_id].setting == Setting.UNPLACED and self._nodes[area_id].kind == AreaKind.GRID

    def children(self, area_id: int) -> list[int]:
        """Areas in force right below, as far as the reader sees of them."""
        return [pk for pk in self._blocks if self._nodes[pk].parent == area_id and self._nodes[pk].is_current]

    def tops(self) -> list[int]:
        """The highest areas that the reader sees wholly, pseudo-blocks left out."""
        return [pk for pk in self._whole if self._nodes[pk].parent not in self._whole and not self.is_pseudo(pk)]

    @property
    def top(self) -> int | None:
        """The one area that is all the reader sees; else the root of all."""
        tops = self.tops()
        if len(tops) == 1:
            return tops[0]
        return next((pk for pk in self._blocks if self._nodes[pk].parent is None), None)

    def whole(self, name: str) -> Place:
        """All that the reader sees."""
        return Place(name, "WHOLE", None, frozenset(self._own))

    def place(self, area_id: int) -> Place:
        node = self._nodes[area_id]
        above = self._nodes[node.parent].name if node.parent in self._nodes else ""
        params = {"area": str(area_id)}
        return Place(node.name, node.kind, area_id, frozenset(self._blocks[area_id]), params, node.code, above)

    def in_force(self) -> set[int]:
        """Blocks of the reader that are in force: what lists show of an area."""
        return {pk for pk in self._own if self._nodes[pk].is_current}

    def name_above(self, block_id: int, kind: str) -> str:
        """Name of the area of a kind that holds a block, whoever sees it; "" = there is none."""
        above = (self._nodes[pk] for pk in self.chain(block_id))
        return next((node.name for node in above if node.kind == kind), "")

    def sees(self, area_id: int) -> bool:
        return area_id in self._blocks and self._nodes[area_id].is_current

    def places(self, kind: str) -> list[Place]:
        """Areas of a kind; with squadrons come the pseudo-blocks of the city, which belong to none."""
        found = [pk for pk, node in self._nodes.items() if node.kind == kind and self.sees(pk)]
        if kind != AreaKind.GRID:
            found += [pk for pk in self.loose(kind) if self.sees(pk)]
        return [self.place(pk) for pk in found]

    def loose(self, kind: str) -> list[int]:
        """Grids that lie in no area of a kind."""
        return [
            pk for pk in self._blocks
            if self._nodes[pk].kind == AreaKind.GRID
            and not any(self._nodes[above].kind == kind for above in self.chain(pk))
        ]  # fmt: skip

    def settings(self) -> list[Place]:
        """Town, country and what is placed nowhere."""
        found = []
        for setting in Setting:
            blocks = frozenset(pk for pk in self._own if self._nodes[pk].setting == setting)
            if blocks:
                found.append(Place(str(setting.label), "SETTING", None, blocks, {"setting": str(setting.value)}))
        return found


def _nodes(day: date) -> dict[int, _Node]:
    rows = Area.objects.filter(valid_from__lte=day).order_by("is_pseudo", "code", "pk")
    values = rows.values_list("pk", "name", "code", "kind", "parent_id", "is_urban", "is_pseudo", "valid_to")
    return {
        pk: _Node(
            name, code, kind, parent, setting_of(is_urban=is_urban, is_pseudo=is_pseudo), valid_to is None or valid_to > day
        )
        for pk, name, code, kind, parent, is_urban, is_pseudo, valid_to in values
    }  # fmt: skip
