"""Who keeps to the shape of its type: SQL raises suspicion, the contract says what is wrong."""

from collections.abc import Collection, Mapping

import duckdb

from chassis.envelope import Undecodable, decode
from contracts.base import read, registry
from services.analytics.warehouse.facts import FACTS
from services.analytics.warehouse.shapes import fault_of, text_shape_of, types_of

NO_OBJECT = "the body is no JSON object"
DOES_NOT_FIT = "the body does not fit the shape of its type"

_NOT_JSON = (
    "SELECT event_id, body FROM arrived "
    "WHERE NOT json_valid(body) OR NOT starts_with(ltrim(body), '{')"
)


def faults(con: duckdb.DuckDBPyConnection, types: Collection[str]) -> dict[str, str]:
    """Return event id -> sentence of each event of ``arrived`` that cannot be read by its type.

    A type that nobody has declared here yet is only landed; its shape is nobody's business.
    """
    found = {event_id: NO_OBJECT for event_id, _ in con.execute(_NOT_JSON).fetchall()}
    if found:
        # from_json raises on what is no JSON, for the whole batch.
        con.execute(
            "CREATE OR REPLACE TEMP TABLE readable AS "
            "SELECT * FROM arrived WHERE NOT list_contains(?, event_id)",
            [list(found)],
        )
    source = "readable" if found else "arrived"
    for type_ in types:
        if type_ in _QUERIES:
            rows = con.execute(_QUERIES[type_].format(source=source)).fetchall()
            found |= {event_id: said or _explain(type_, body) for event_id, body, said in rows}
    return found


def _explain(type_: str, body: str) -> str:
    try:
        read(registry()[type_].cls, _object(body))
    except (ValueError, Undecodable) as wrong:
        return str(wrong)
    return f"{type_}: {DOES_NOT_FIT}"


def _object(body: str) -> Mapping[str, object]:
    found = decode(body)
    if not isinstance(found, dict):
        raise Undecodable(NO_OBJECT)
    return found


def _query(type_: str, cls: type) -> str:
    """Write the query of events of a type that are suspect; ``{source}`` is where they are."""
    demands = [one for fact in FACTS if cls in fact.classes for one in fact.demands]
    cases = "".join(
        f" WHEN NOT coalesce({holds}, false) THEN '{_quoted(f'{type_}: {sentence}')}'"
        for holds, sentence in demands
    )
    shape = text_shape_of(cls).replace("{", "{{").replace("}", "}}")
    return (
        f"SELECT event_id, body, said FROM (SELECT event_id, body, "  # noqa: S608 - our declarations
        f"CASE WHEN {fault_of(cls)} THEN ''{cases} END AS said FROM ("
        f"SELECT event_id, body, from_json(body, '{shape}') AS s, {types_of(cls)} AS t "
        f"FROM {{source}} WHERE type = '{type_}')) WHERE said IS NOT NULL"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")


_STARRED = {cls for fact in FACTS for cls in fact.classes}
_QUERIES = {
    name: _query(name, known.cls) for name, known in registry().items() if known.cls in _STARRED
}
