"""Structured logs: JSON lines, with digit runs that look like personal numbers cut out."""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

from common.scrub import scrub

# Causes behind an exception and places of each that a line tells.
MAX_CAUSES, MAX_PLACES = 3, 12


def drop_personal_numbers(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: scrubs every string value of the event."""
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "level", "logger"}:
            event[key] = scrub(value)
    return event


def name_fault(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: class and places of an exception and of what caused it, and the SQLSTATE of the database.

    Never its message: that of a database quotes the row that failed.
    """
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    faults: list[dict[str, Any]] = []
    while isinstance(error, BaseException) and len(faults) < MAX_CAUSES:
        places = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        state = getattr(error, "sqlstate", None)
        faults.append(
            {"class": type(error).__name__, **({"sqlstate": state} if state else {}), "places": places[-MAX_PLACES:]}
        )
        error = error.__cause__ or error.__context__
    if faults:
        event["fault"] = faults
    return event


def logging_config(level: str) -> dict[str, Any]:
    """Builds `LOGGING`: all loggers, ours and foreign, end in one JSON line on stderr."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        name_fault,
        drop_personal_numbers,
    ]
    structlog.configure(
        processors=[*shared[:-1], structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    drop_personal_numbers,
                    structlog.processors.JSONRenderer(ensure_ascii=False),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
