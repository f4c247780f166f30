"""What is accepted and shown: the common ground of all schemas."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields

from chassis.caller import Caller
from chassis.errors import Invalid
from chassis.visibility import may_see

MAX_TEXT = 4000
MAX_WRONG = 50  # wrong fields that are told
MAX_NAME = 80  # characters of an unknown name that are told
NEEDS = "needs"
WITHHELD = "withheld"  # names the fields that an answer leaves out


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


def guarded(permission: str) -> dict[str, str]:
    """Return the metadata of a shown field that takes a permission of its own to see."""
    return {NEEDS: permission}


def dumped(schema: Schema, value: object, caller: Caller, *, many: bool = False) -> Any:
    """Show a value without the fields that the asker may not see; each place names them.

    Left out and named, not emptied: an empty field would say that there is nothing.
    """
    shown = schema.dump(value, many=many)
    guards = _guards(schema)
    if guards is not None:
        for one in shown if many else [shown]:
            _withhold(one, guards, caller)
    return shown


def needs(schema: Schema) -> dict[str, str]:
    """Return which shown fields take a permission of their own: path -> permission."""
    return dict(_paths(_guards(schema), ""))


def seen(schema: Schema, caller: Caller) -> frozenset[str]:
    """Return the names of the fields that a caller sees of what a schema shows."""
    guards = _guards(schema)
    guarded = guards.needs if guards else {}
    return frozenset(
        name for name in schema.dump_fields if name not in guarded or may_see(caller, guarded[name])
    )


@dataclass(frozen=True, slots=True)
class _Guards:
    """What is guarded in one schema, and in those nested in it."""

    needs: dict[str, str]
    inner: dict[str, "_Guards"]


@cache
def _guards(schema: Schema) -> _Guards | None:
    needs = {
        name: field.metadata[NEEDS]
        for name, field in schema.dump_fields.items()
        if NEEDS in field.metadata
    }
    inner = {
        name: guards
        for name, field in schema.dump_fields.items()
        if (nested := _nested(field)) is not None and (guards := _guards(nested)) is not None
    }
    return _Guards(needs, inner) if needs or inner else None


def _nested(field: fields.Field[Any]) -> Schema | None:
    if isinstance(field, fields.List):
        field = field.inner
    return field.schema if isinstance(field, fields.Nested) else None


def _withhold(shown: dict[str, Any], guards: _Guards, caller: Caller) -> None:
    left_out = [name for name, needed in guards.needs.items() if not may_see(caller, needed)]
    for name in left_out:
        shown.pop(name, None)
    if left_out:
        shown[WITHHELD] = sorted(left_out)
    for name, inside in guards.inner.items():
        part = shown.get(name)
        for one in part if isinstance(part, list) else [part]:
            if one is not None:
                _withhold(one, inside, caller)


def _paths(guards: _Guards | None, prefix: str) -> Iterator[tuple[str, str]]:
    if guards is None:
        return
    for name, needed in guards.needs.items():
        yield prefix + name, needed
    for name, inside in guards.inner.items():
        yield from _paths(inside, f"{prefix}{name}.")


def loaded(schema: Schema, given: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """Validate input.

    :raises Invalid: with ``detail["fields"]``: field -> what is wrong with it.
    """
    try:
        read: dict[str, Any] = schema.load(given, partial=partial)
    except ValidationError as wrong:
        raise Invalid(
            "The input is not valid: " + "; ".join(_sentences(wrong.messages_dict)) + ".",
            code="invalid.fields",
            detail={"fields": _shortened(wrong.messages_dict, MAX_WRONG)[0]},
        ) from wrong
    return read


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
