"""A fault in the log: where it happened and of which class, never what the message quotes."""

from __future__ import annotations

import logging

import structlog

from common.logs import logging_config, name_fault


def failing(text: str) -> None:
    raise ValueError(f"row with {text}")


def line_of(error: object) -> dict:
    try:
        failing("张试验 370683199001010015")
    except ValueError as caught:
        try:
            raise KeyError("李试验") from caught
        except KeyError as outer:
            return dict(
                name_fault(None, "error", {"event": "job_failed", "exc_info": outer if error is None else error})
            )


def test_a_fault_names_class_and_place_of_itself_and_its_cause():
    for info in (None, True):
        fault = line_of(info)["fault"]
        assert [one["class"] for one in fault] == ["KeyError", "ValueError"]
        assert fault[1]["places"][-1].startswith("test_fault_lines.py:")
        assert fault[1]["places"][-1].endswith(" failing")
        assert "试验" not in str(fault)


def test_a_line_without_a_fault_stays_as_it_is():
    assert name_fault(None, "info", {"event": "started"}) == {"event": "started"}


def test_our_own_loggers_tell_the_fault(capsys):
    before = structlog.get_config()
    config = logging_config("INFO")
    formatter = config["formatters"]["json"]
    handler = logging.StreamHandler()
    handler.setFormatter(
        formatter["()"](foreign_pre_chain=formatter["foreign_pre_chain"], processors=formatter["processors"])
    )
    logger = logging.getLogger("tests.fault")
    logger.addHandler(handler)
    try:
        failing("王试验")
    except ValueError:
        structlog.get_logger("tests.fault").exception("job_failed")
    finally:
        logger.removeHandler(handler)
        structlog.configure(**before)
    line = capsys.readouterr().err
    assert '"class": "ValueError"' in line
    assert "王试验" not in line
