"""Who may see what, as plain values: built by accounts, carried through every read.

A block is the smallest duty grid; every scope is a set of block ids, or all.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2s
from typing import Protocol


class Right(StrEnum):
    """What a post may do with element data inside its scope."""

    READ = "READ"  # see elements, masked as the role demands
    READ_NAMES = "READ_NAMES"  # names and plates in full
    REVEAL = "REVEAL"  # open a masked ID, phone or file number with a reason
    IMPORT = "IMPORT"  # bring files in
    EXPORT = "EXPORT"  # take lists out
    CORRECT = "CORRECT"  # correct and decide
    PROPOSE = "PROPOSE"  # propose corrections
    SUBMIT = "SUBMIT"  # hand in finds only
    RULE = "RULE"  # write rules and grading schemes, and publish what somebody else wrote
    CONFIGURE = "CONFIGURE"  # users, areas, settings, sources
    AUDIT = "AUDIT"  # read the audit trail


@dataclass(frozen=True, slots=True)
class Scope:
    """Rights and area of one user at one moment.

    Attributes:
        all_blocks: sees every block; no predicate is added to queries.
        block_ids: ids of the visible blocks when not `all_blocks`; empty means nothing.
        cover: ids of areas that together hold exactly these blocks, none of them twice; the blocks themselves when in doubt.
        rights: union over the user's current posts.
        source_codes: a liaison sees the landing rows of these sources.
        version: `auth_version` of the user when the scope was built.
    """

    all_blocks: bool
    block_ids: tuple[int, ...]
    rights: frozenset[Right]
    source_codes: frozenset[str]
    version: int
    cover: tuple[int, ...] = ()

    @property
    def sees_nothing(self) -> bool:
        return not self.all_blocks and not self.block_ids

    def fingerprint(self) -> str:
        """Short text that is equal exactly for equal scopes ; part of ETags."""
        blocks = array("q", self.block_ids).tobytes()
        return f"{int(self.all_blocks)}-{blake2s(blocks, digest_size=8).hexdigest()}-{self.version}"


NOTHING = Scope(False, (), frozenset(), frozenset(), 0)


class Actor(Protocol):
    """What a service needs to know of the user who acts; None stands for the system."""

    pk: int

    @property
    def scope(self) -> Scope: ...
