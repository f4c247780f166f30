"""What is accepted and shown: the common ground of all schemas."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError

from chassis.errors import Invalid

MAX_TEXT = 4000
MAX_WRONG = 50  # wrong fields that are told
MAX_NAME = 80  # characters of an unknown name that are told


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
            detail={"fields": _shortened(wrong.messages_dict, MAX_WRONG)[0]},
        ) from wrong
    return fields


def _shortened(messages: Mapping[str, Any], left: int) -> tuple[dict[str, Any], int]:
    """Keep the first of what is wrong: a list of thousands is answered with a few sentences."""
    kept: dict[str, Any] = {}
    for name, said in messages.items():
        if left <= 0:
            break
        if isinstance(said, Mapping):
            kept[str(name)[:MAX_NAME]], left = _shortened(said, left)
        else:
            kept[str(name)[:MAX_NAME]], left = said, left - 1
    return kept, left


def _sentences(messages: Mapping[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, said in messages.items():
        if isinstance(said, Mapping):
            found += _sentences(said, f"{prefix}{str(name)[:MAX_NAME]}.")
        else:
            found.append(
                f"{prefix}{str(name)[:MAX_NAME]}: {' '.join(map(str, said)).rstrip('.').lower()}"
            )
    return found[:20]
