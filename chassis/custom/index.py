"""Under what a value is found: pure functions from a stored value to the rows of the index."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from chassis.custom.kinds import MAX_FOUND_TEXT, Definition, FieldType
from chassis.custom.reading import DECIMALS, ordinal

Place = tuple[str, int]  # text and number


def places(field: Definition, value: object) -> list[Place]:
    """Return where a stored value stands in the index."""
    if isinstance(value, Mapping):
        return [(str(value["currency"]), int(value["amount_minor"]))]
    if isinstance(value, bool):
        return [("", int(value))]
    if isinstance(value, list):
        return [(str(one), 0) for one in value]
    text = str(value)
    match field.type:
        case FieldType.TEXT:
            return [(_folded(text)[:MAX_FOUND_TEXT], 0)]
        case FieldType.NUMBER:
            return [("", int(ordinal(field, text).scaleb(DECIMALS)))]
        case FieldType.DATE | FieldType.INSTANT:
            return [("", int(ordinal(field, text)))]
        case FieldType.TREE:
            return [(key, 0) for key in reversed(text.split("/"))]
    return [(text, 0)]


def sole(field: Definition, value: object) -> str:
    """Return what two records may not share of a unique field; capitals make no difference."""
    said = _folded(str(value)) if field.type is FieldType.TEXT else str(value)
    return hashlib.sha256(said.encode()).hexdigest()


def rows(
    fields: Mapping[str, Definition], record_id: str, values: Mapping[str, object]
) -> Iterator[dict[str, Any]]:
    """Return the rows of the index that a record's values make."""
    for key, value in values.items():
        field = fields.get(key)
        if field is None or not field.found:
            continue
        only = sole(field, value) if field.unique else None
        for text, number in places(field, value):
            row = {"field": field.id, "text": text, "number": number}
            yield row | {"record_id": record_id, "sole": only}


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
