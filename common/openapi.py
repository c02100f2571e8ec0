"""What the OpenAPI document says about refusals: the one error body, at every operation that can give it."""

from __future__ import annotations

from typing import Any

_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "extra": {}},
    "required": ["code", "message", "extra"],
}
_WORDS = {
    "400": "The request is wrong; `message` names what and the cure.",
    "401": "No token, or one that is expired or revoked.",
    "403": "The user's posts do not carry this right.",
    "404": "There is no such thing, or it lies outside the user's scope.",
    "409": "The thing is not in a state that allows this.",
    "415": "The body is of a type that is not read here.",
    "429": "Too many attempts.",
}


def add_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook of drf-spectacular: adds the refusals that follow from an operation's shape.

    `common.api.exception_handler` gives them all the same body, so that no view need repeat it.
    """
    result["components"].setdefault("schemas", {})["Error"] = _ERROR
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in _refusals(path, operation):
                operation["responses"][status] = {
                    "description": _WORDS[status],
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
    return result


def _refusals(path: str, operation: dict[str, Any]) -> set[str]:
    needs_token = {} not in operation.get("security", [{}])
    return (
        {"400"}
        # A view says for itself where a state may forbid it.
        | (set(operation["responses"]) & _WORDS.keys())
        | ({"401", "403"} if needs_token else {"401", "429"})
        | ({"404"} if "{" in path else set())
        | ({"415"} if "requestBody" in operation else set())
    )
