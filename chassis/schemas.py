"""What is accepted and shown: the common ground of all schemas."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError

from chassis.errors import Invalid

MAX_TEXT = 4000


class Accepted(Schema):
    """Input: an unknown field is refused, never ignored."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE
        ordered = False


class Shown(Schema):
    """Output: only what is declared leaves the service."""

    class Meta:
        """Pass over what is not declared."""

        unknown = EXCLUDE


class Nothing(Accepted):
    """Accept no argument at all."""


def loaded(schema: Schema, given: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Validate input.

    :raises Invalid: with ``detail["fields"]``: field -> what is wrong with it.
    """
    try:
        fields: dict[str, Any] = schema.load(given, partial=partial)
    except ValidationError as wrong:
        raise Invalid(
            "The input is not valid: " + "; ".join(_sentences(wrong.messages_dict)) + ".",
            code="invalid.fields",
            detail={"fields": wrong.messages_dict},
        ) from wrong
    return fields


def _sentences(messages: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, said in messages.items():
        if isinstance(said, Mapping):
            found += _sentences(said, f"{prefix}{name}.")
        else:
            found.append(f"{prefix}{name}: {' '.join(map(str, said)).rstrip('.').lower()}")
    return found[:20]
