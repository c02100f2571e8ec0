"""The one way to narrow a query to what a user may see."""

from __future__ import annotations

from typing import Self

from django.db.models import ForeignKey, IntegerField, Lookup, QuerySet

from common.scope import Actor, Right


@IntegerField.register_lookup
@ForeignKey.register_lookup
class EqualsAny(Lookup):
    """`block_id__any=ids`: `= ANY(array)`, one parameter however many ids, where IN (…) carries a thousand."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*parameters, list(self.rhs)]


class ScopedQuerySet(QuerySet):
    """Query set of rows that lie in a block; subclasses name the path to the block id.

    `visible_to(None)` is an error: code without a user must say so by not narrowing.
    """

    block_path = "block_id"
    right = Right.READ

    def visible_to(self, user: Actor) -> Self:
        """Rows inside the user's scope; none at all without the right to read."""
        if user is None:
            raise TypeError("visible_to needs a user; a task loads the user whose id it carries")
        scope = user.scope
        if self.right not in scope.rights or scope.sees_nothing:
            return self.none()
        if scope.all_blocks:
            return self
        return self.filter(**{f"{self.block_path}__any": scope.block_ids})
