"""Rules in Python: the verdict over values that were read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tagging.rules.compare import holds
from tagging.rules.nodes import All, Any_, Became, Compare, Node, Not, Term


def verdict(node: Node, values: Mapping[Term, Any]) -> bool:
    """Whether a condition holds.

    Args:
        values: of every term; None where nothing is known.
    """
    match node:
        case Compare():
            return holds(node, values[node.term])
        case All():
            return all(verdict(one, values) for one in node.nodes)
        case Any_():
            return any(verdict(one, values) for one in node.nodes)
        case Not():
            return not verdict(node.node, values)
        case Became():
            return verdict(node.node, values) and not verdict(node.before, values)
    raise TypeError(node)
