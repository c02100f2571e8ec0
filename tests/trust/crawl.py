"""Walking the URLconf: every route with its name, path and parameters, found at run time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.trust.url_classes import ARGUMENTS, CLASSES, NAMESPACES, OVERRIDES


@dataclass(frozen=True)
class Route:
    """One named URL.

    Attributes:
        name: with its name space.
        parameters: names in the path.
    """

    name: str
    parameters: tuple[str, ...]

    @property
    def url_class(self) -> str | None:
        return CLASSES.get(self.name) or NAMESPACES.get(self.name.partition(":")[0])

    def path(self, ids: dict[str, int]) -> str:
        """The URL with ids from `ids` (element_id, batch_id, …) and fixed values for the rest."""
        values: dict[str, Any] = ARGUMENTS | OVERRIDES.get(self.name, {}) | ids
        return reverse(self.name, kwargs={p: values[p] for p in self.parameters})


def routes() -> list[Route]:
    """Every route of the platform."""
    return sorted(set(_walk(get_resolver(), "", ())), key=lambda route: route.name)


def _walk(resolver: URLResolver, space: str, outer: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        parameters = (
            *outer,
            *entry.pattern.converters,
            *(n for n in entry.pattern.regex.groupindex if n not in entry.pattern.converters),
        )
        if isinstance(entry, URLPattern):
            yield Route(f"{space}{entry.name or entry.pattern}", tuple(dict.fromkeys(parameters)))
        else:
            yield from _walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space, parameters)


def body(client: Client, path: str, **data: Any) -> tuple[int, bytes]:
    """Status and whole content of a GET, streamed or not."""
    response = client.get(path, data)
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return response.status_code, content
