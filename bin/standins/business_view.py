"""The view v_qyxx, whole or as a fault makes it: another agency changes its views without telling anybody."""

from __future__ import annotations

from faults import Fault
from psycopg import sql

MODES = frozenset(
    {
        "outage",
        "slow",
        "late",
        "duplicate",
        "reorder",
        "wrong_encoding",
        "rename_column",
        "drop_column",
        "drop_rows",
        "huge",
        "bad_types",
        "clock_years",
    }
)
COLUMNS = (
    "id",
    "tyshxydm",
    "dwmc",
    "dwlx",
    "fddbr",
    "frzjhm",
    "clrq",
    "jyzt",
    "zs",
    "jycs",
    "lxdh",
    "bzdzbm",
    "updated_at",
)


def view_statement(fault: Fault, reader: str) -> sql.Composed:
    """DROP, CREATE and GRANT in one."""
    expressions = {column: sql.Identifier(column) for column in COLUMNS}
    names = {column: column for column in COLUMNS}
    victim = str(fault.options.get("column", "fddbr"))
    match fault.mode:
        case "rename_column":
            names[victim] = str(fault.options.get("to", f"{victim}_new"))
        case "drop_column":
            names.pop(victim, None)
        case "bad_types":
            expressions["clrq"] = sql.SQL("'不详'::text")
        case "clock_years":
            expressions["updated_at"] = sql.SQL("updated_at + make_interval(years => {})").format(
                sql.Literal(int(fault.number("years", 3)))
            )
        case "wrong_encoding":
            # Every byte of the UTF-8 taken for a letter.
            expressions["dwmc"] = sql.SQL("convert_from(convert_to(dwmc, 'UTF8'), 'LATIN1')")
    columns = sql.SQL(", ").join(
        sql.SQL("{} AS {}").format(expressions[column], sql.Identifier(name)) for column, name in names.items()
    )
    return sql.SQL(
        "DROP VIEW IF EXISTS v_qyxx; CREATE VIEW v_qyxx AS SELECT {columns} FROM {source};"
        "GRANT SELECT ON v_qyxx TO {reader}"
    ).format(columns=columns, source=_source(fault), reader=sql.Identifier(reader))


def _source(fault: Fault) -> sql.Composable:
    match fault.mode:
        case "late" if fault.since is not None:
            return sql.SQL("qyxx WHERE id % 2 = 0 OR updated_at < {}").format(sql.Literal(fault.since))
        case "duplicate":
            return sql.SQL("qyxx CROSS JOIN generate_series(1, 2) AS copy")
        case "huge":
            copies = int(fault.number("copies", 100_000))
            return sql.SQL("qyxx CROSS JOIN generate_series(1, {}) AS copy").format(sql.Literal(copies))
        case "reorder":
            return sql.SQL("(SELECT * FROM qyxx ORDER BY updated_at DESC) AS qyxx")
        case "drop_rows":
            return sql.SQL("qyxx WHERE abs(hashtext(tyshxydm)) % 10 >= 3")
        case "slow":
            seconds = sql.Literal(fault.number("seconds", 10))
            return sql.SQL("(SELECT pg_sleep({}) OFFSET 0) AS wait CROSS JOIN qyxx").format(seconds)
    return sql.SQL("qyxx")
