"""Model field of a sealed personal value and its two look-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import BinaryField, Func, Lookup

from common.encryption import tail_index, value_index


class SealedField(BinaryField):
    """Column of `common.encryption.seal(purpose, value)`; the purpose is the field the value belongs to.

    Look-ups: `field__is="370683…"` (canonical value) and `field__ends="0015"` (last four), both by blind index.
    Nothing can be sorted or searched by part beyond that.
    """

    def __init__(self, *args: Any, purpose: str = "", **kwargs: Any) -> None:
        self.purpose = purpose
        kwargs.setdefault("null", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs["purpose"] = self.purpose
        return name, path, args, kwargs


class SealedIndex(Func):
    """The blind index inside a sealed column, for expression indexes."""

    template = "substring(%(expressions)s from 2 for 16)"


class SealedTail(Func):
    """The blind index of the last four inside a sealed column, for expression indexes."""

    template = "substring(%(expressions)s from 18 for 8)"


class _SealedLookup(Lookup):
    prepare_rhs = False
    part: str

    hashed: Callable[[str, str], bytes]

    def as_sql(self, compiler, connection):  # type: ignore[no-untyped-def]
        column, parameters = self.process_lhs(compiler, connection)
        field = self.lhs.output_field
        purpose = field.purpose if isinstance(field, SealedField) else ""
        return f"substring({column} {self.part}) = %s", [*parameters, type(self).hashed(purpose, self.rhs)]


@SealedField.register_lookup
class SealedIs(_SealedLookup):
    lookup_name = "is"
    part = "from 2 for 16"
    hashed = staticmethod(value_index)


@SealedField.register_lookup
class SealedEnds(_SealedLookup):
    lookup_name = "ends"
    part = "from 18 for 8"
    hashed = staticmethod(tail_index)
