"""The tab 关系 of an element and its twin for machines: two hops of relations."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from common import clock
from common.errors import DomainError
from elements.choices import RelationType
from elements.models import Element
from elements.selectors.graph import MAX_HOPS, NODES, Edge, Graph, Node, relation_graph
from elements.selectors.past_relations import past_relations

_NONE = QueryDict()
# Kind → icon of the sprite.
ICONS = {
    "PERSON": "user", "VEHICLE": "car", "UNIT": "building", "HOUSE": "home", "ROAD": "road", "FACILITY": "traffic-lights",
}  # fmt: skip


def types_of(data: QueryDict) -> list[str]:
    """Relations that are asked for; none = all.

    Raises:
        DomainError: there is no such relation.
    """
    asked = [one for one in data.getlist("type") if one]
    if unknown := [one for one in asked if one not in RelationType.values]:
        raise DomainError("BAD_FILTER", "没有这种关系，请从页面上重新选择。", {"type": unknown[0][:40]})
    return asked


def hops_of(data: QueryDict) -> int:
    """How far to go.

    Raises:
        DomainError: neither 1 nor 2.
    """
    text = data.get("hops") or str(MAX_HOPS)
    if text not in {str(hop) for hop in range(1, MAX_HOPS + 1)}:
        raise DomainError("BAD_HOPS", "层数只能是 1 或 2。", {"hops": text[:10]})
    return int(text)


def graph_of(element: Element, user: Any, data: QueryDict = _NONE) -> Graph:
    """The graph that the parameters ask for."""
    return relation_graph(
        element, user, today=clock.today(), types=types_of(data), only_current=data.get("current") == "1",
        hops=hops_of(data),
    )  # fmt: skip


def graph_context(element: Element, user: Any, data: QueryDict = _NONE) -> dict[str, Any]:
    """Context of `console/element_graph.html`."""
    graph, asked = graph_of(element, user, data), types_of(data)
    query = data.urlencode()
    return {
        "element": element,
        "graph": graph,
        "graph_url": reverse("console:element-graph", args=[element.pk]),
        "graph_data_url": reverse("console:element-graph-api", args=[element.pk]) + (f"?{query}" if query else ""),
        "types": [{"code": code, "label": label, "is_chosen": code in asked} for code, label in RelationType.choices],
        "only_current": data.get("current") == "1",
        "past": [] if data.get("current") == "1" else past_relations(element, user, types_of(data)),
        "is_filtered": bool(asked) or data.get("current") == "1",
        "limit": NODES,
    }


def graph_tab(element: Element, user: Any) -> dict[str, Any]:
    """Context of the tab as it opens."""
    return graph_context(element, user)


def graph_json(graph: Graph) -> dict[str, Any]:
    """The graph as data."""
    return {
        "centre": graph.centre.id,
        "nodes": [_node_json(node) for node in graph.nodes],
        "edges": [_edge_json(edge) for edge in graph.edges],
        "hidden": graph.hidden,
        "more": graph.more,
        "limit": NODES,
    }


def _node_json(node: Node) -> dict[str, Any]:
    return {
        "id": node.id, "kind": node.kind, "kind_label": node.kind_label, "icon": ICONS[node.kind], "label": node.label,
        "hop": node.hop, "is_stub": node.is_stub, "hidden": node.hidden, "more": node.more,
        "url": reverse("console:element", args=[node.id]) + "?tab=relations",
        "card_url": reverse("console:element-card", args=[node.id]),
    }  # fmt: skip


def _edge_json(edge: Edge) -> dict[str, Any]:
    return {
        "subject": edge.subject.id, "object": edge.object.id, "type": edge.type, "label": edge.label, "hop": edge.hop,
        "sources": edge.sources, "valid_from": edge.valid_from and edge.valid_from.isoformat(),
        "valid_to": edge.ended_on and edge.ended_on.isoformat(), "is_ended": edge.is_ended,
        "said_on": timezone.localtime(edge.said_at).date().isoformat() if edge.said_at else None,
    }  # fmt: skip
