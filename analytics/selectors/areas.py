"""The tree of responsibility areas as the statistics need it: names, and who lies in whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from addresses.models import Area

# Steps below the brigade.
SQUADRON, DISTRICT, GRID = 1, 2, 3


@dataclass(frozen=True, slots=True)
class AreaTree:
    """Parents of all areas that there ever were."""

    parents: dict[int, int | None]

    @classmethod
    def read(cls) -> AreaTree:
        """One query."""
        return cls(dict(Area.objects.values_list("pk", "parent_id")))

    def at_depth(self, area_id: int, depth: int) -> int:
        """The area so deep below the brigade that holds an area; the area itself where it does not lie deeper."""
        chain = [area_id]
        while (parent := self.parents.get(chain[-1])) is not None:
            chain.append(parent)
        return chain[max(0, len(chain) - 1 - depth)]

    def below(self, area_id: int) -> set[int]:
        """An area and all that lie in it."""
        found, ahead = {area_id}, [area_id]
        children: dict[int, list[int]] = {}
        for one, parent in self.parents.items():
            if parent is not None:
                children.setdefault(parent, []).append(one)
        while ahead:
            for child in children.get(ahead.pop(), ()):
                found.add(child)
                ahead.append(child)
        return found


def is_inside(area_id: int, other_id: int) -> bool:
    """Whether an area is another one or lies in it: one query."""
    return area_id in AreaTree.read().below(other_id)


def area_names(ids: Collection[int]) -> dict[int, str]:
    """Names of areas: one query."""
    return dict(Area.objects.filter(pk__in=ids).values_list("pk", "name"))
