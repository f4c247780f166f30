"""Input for any RPC, drawn from the schema of its row: what it takes, and that with something wrong."""

import json
from base64 import b64encode
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range, Regexp

from chassis.cursors import write_cursor
from chassis.custom.forms import has_fields
from chassis.records import METHODS, Resource
from chassis.rows import Records, RpcRow
from tests.support.fuzz_stock import Stock

# One of these satisfies every pattern that our schemas demand.
SPECIMENS = (
    "spring", "USD", "US", "en", "call:17", "+12025550143", "ann@lee.org", "b" * 64, "2017-06",
    "email", "phone", "marketing", "08:30", "text/csv",
)  # fmt: skip
INSTANTS = ("2017-03-01T09:00:00Z", "2017-06-01T00:00:00+02:00", "2016-01-31T23:59:59.999999Z")
DAYS = ("2017-03-01", "2016-02-29", "2018-12-31")
DEEP = "@deep {0}@"  # written as so many brackets: json refuses to
POISON: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -0.0, float("nan"), float("inf"), 2**31, 2**63 - 1, 2**63,
    2**64 - 1, 2**64, -(2**63) - 1, 10**400, "", " ", "a", "a" * 65, "a" * 5_000, "x" * 100_000,
    "\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e", "\u2028", "\ufeff", "\n", "\x1b[2J", "\x7f",
    "%s%n{0}", "'; DROP TABLE customers; --", "' OR 1=1 --", "%", "_", "\\", "{{ 7*7 }}", "$where",
    "../../etc/passwd", "=1+1", "<script>", "null", "NaN", "-1", "1e9999", "0x10", "9" * 400,
    "0001-01-01", "9999-12-31", "2017-13-40", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00", "2017-03-01T09:00:00", "2017-03-01T09:00:00+99:99",
    [], {}, [[]], [None], [{}], [{"a": 1}], list(range(3_000)), ["a"] * 300, {"": 1}, {"\0": "\0"},
    {"a": {"b": {"c": []}}}, {"$ne": None}, {"id": "x", "version": -1}, {"en": None}, {"en": []},
    DEEP.format(50), DEEP.format(400), DEEP.format(950), DEEP.format(1_500),
    write_cursor([None]), write_cursor([None, None]), write_cursor([1, 2]), write_cursor([[], {}]),
    write_cursor(["x", 2**64 - 1]), write_cursor([True, "x"]), write_cursor(["2017-03-01", "x"]),
    write_cursor(["2017-03-01T09:00:00", "x"]), write_cursor([1, "x", 2**64 - 1]),
    write_cursor([0.5]), b64encode(b"null").decode(), b64encode(b"[" * 2_000).decode(), "A", "====",
)  # fmt: skip
MAX_LIST = 3
VERB_OF = {method: verb for verb, method in METHODS.items()}
# Of the fields that the rooms are furnished with.
CUSTOM = ("custom.hobby", "custom.hobby.given", "custom.mood", "custom.hobby.from")


class Drawing:
    """Draws payloads for the rows of one page; what a room holds is used where an id is asked for."""

    def __init__(self, dice: Random, stock: Stock) -> None:
        self.dice, self.stock = dice, stock

    def payload(self, row: RpcRow, plain: Records) -> dict[str, Any]:
        """Draw what a row takes."""
        if row.name in VERB_OF and row.needs is None:
            return self._of_records(row.name, plain)
        return self.of_schema(row.accepts) if row.accepts else {}

    def of_schema(self, schema: Schema) -> dict[str, Any]:
        """Draw what a schema takes; what may be left out sometimes is."""
        given = {
            field.data_key or name: self._value(name, field)
            for name, field in schema.load_fields.items()
            if field.required or self.dice.random() < 0.6
        }
        return self._with_version(given)

    def spoilt(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Return a payload with one to three things wrong in it."""
        found = deepcopy(payload)
        for _ in range(self.dice.choice((1, 1, 1, 2, 3))):
            self._spoil(found)
        return found

    def _spoil(self, payload: dict[str, Any]) -> None:
        where: Any = payload
        while True:
            places = list(where) if isinstance(where, dict) else list(range(len(where)))
            if not places:
                if isinstance(where, dict):
                    where["unknown"] = self.poison()
                return
            place = self.dice.choice(places)
            inside = where[place]
            if not isinstance(inside, dict | list) or not inside or self.dice.random() < 0.4:
                break
            where = inside
        verb = self.dice.random()
        if verb < 0.12:
            del where[place]
        elif verb < 0.22 and isinstance(where, dict):
            where[str(self.dice.choice(("unknown", "id", "__class__", "a\0b", "self")))] = 1
        else:
            where[place] = self.poison()

    def poison(self) -> Any:
        """Return something that hardly anybody takes."""
        if self.dice.random() < 0.1:
            return self.stock.any_id(self.dice)
        return deepcopy(self.dice.choice(POISON))

    # -- one value ------------------------------------------------------------------------------

    def _value(self, name: str, field: fields.Field[Any]) -> Any:
        if field.allow_none and self.dice.random() < 0.2:
            return None
        for kind, draw in _DRAWS:
            if isinstance(field, kind):
                return draw(self, name, field)
        return self.dice.choice(SPECIMENS)

    def _text(self, name: str, field: fields.Field[Any]) -> Any:
        for check in field.validators:
            if isinstance(check, OneOf):
                return self.dice.choice(list(check.choices))
        known = self.stock.ids(name)
        if known and self.dice.random() < 0.9:
            return self.dice.choice(known)
        if any(isinstance(check, Regexp) for check in field.validators):
            return self.dice.choice([one for one in SPECIMENS if _passes(field, one)] or [""])
        low, high = _bounds(field, Length, 1, 40)
        word = self.dice.choice(("Otto Neumann", "客户甲", "O'Brien & Sons", "née Ødegård 🙂", "n"))
        return (word * (low // len(word) + 1))[: max(low, min(high, 40))]

    def _number(self, _: str, field: fields.Field[Any]) -> int:
        low, high = _bounds(field, Range, 0, 100)
        return self.dice.choice((low, high, self.dice.randint(low, max(low, min(high, low + 50)))))

    def _several(self, name: str, field: Any) -> list[Any]:
        low, high = _bounds(field, Length, 0, MAX_LIST)
        count = self.dice.randint(low, max(low, min(high, MAX_LIST)))
        return [self._value(name.removesuffix("s"), field.inner) for _ in range(count)]

    def _mapping(self, name: str, field: Any) -> dict[Any, Any]:
        keys, values = field.key_field or fields.Str(), field.value_field or fields.Raw()
        return {
            str(self._value(f"{name} key", keys)): self._value(f"{name} value", values)
            for _ in range(self.dice.randint(0, MAX_LIST))
        }

    def _with_version(self, given: dict[str, Any]) -> dict[str, Any]:
        if "version" in given and self.dice.random() < 0.85:
            versions = [self.stock.version(one) for one in given.values() if isinstance(one, str)]
            given["version"] = next((one for one in versions if one), given["version"])
        return given

    # -- plain records --------------------------------------------------------------------------

    def _of_records(self, method: str, plain: Records) -> dict[str, Any]:
        verb = VERB_OF[method]
        offering = [one for one in plain.resources.values() if verb in one.verbs]
        return self.of_record(method, self.dice.choice(offering or list(plain.resources.values())))

    def of_record(self, method: str, resource: Resource) -> dict[str, Any]:
        """Draw what one of the methods takes for a kind of plain record."""
        verb = VERB_OF[method]
        given: dict[str, Any] = {"kind": resource.kind}
        if verb == "find":
            return given | self._search(resource)
        if verb in {"create", "update"}:
            given["values"] = self.of_schema(resource.schema)
        if verb != "create":
            ids = self.stock.of_table(resource.record.__tablename__) or ["nobody"]
            given["id"] = self.dice.choice(ids)
        if verb in {"update", "delete"}:
            given["version"] = self.stock.version(given["id"]) or 1
        return given

    def _search(self, resource: Resource) -> dict[str, Any]:
        custom = CUSTOM if has_fields(resource.record) else ()
        known = [*sorted(resource.filters), *custom]
        names = self.dice.sample(known, k=min(len(known), 2))
        likely = (True, "2017-03-01", "2017-03-01T09:00:00Z", "open", 1, "Ada", *SPECIMENS[:3])
        return {
            "filters": {
                name: self.dice.choice([*self.stock.ids(name), *likely])
                for name in names
                if self.dice.random() < 0.5
            },
            "sort": self.dice.choice([None, *resource.sorts, *custom[:1]]),
            "descending": self.dice.random() < 0.5,
            "limit": self.dice.choice((1, 2, 50, 200)),
        }


_DRAWS: tuple[tuple[type, Callable[..., Any]], ...] = (
    (fields.Nested, lambda one, _, field: one.of_schema(field.schema)),
    (fields.List, Drawing._several),
    (fields.Dict, Drawing._mapping),
    (fields.Enum, lambda one, _, field: one.dice.choice([each.value for each in field.enum])),
    (fields.Boolean, lambda one, *_: one.dice.random() < 0.5),
    (fields.Integer, Drawing._number),
    (fields.Decimal, lambda one, *_: one.dice.choice(("0", "0.5", "1", "12.5", "999.99"))),
    (fields.Date, lambda one, *_: one.dice.choice(DAYS)),
    (fields.DateTime, lambda one, *_: one.dice.choice(INSTANTS)),
    (fields.String, Drawing._text),
)


def written(payload: dict[str, Any]) -> bytes:
    """Write a request as its bytes: NaN, half characters and deep nests too."""
    text = json.dumps({"args": [], "kwargs": payload})
    while (start := text.find('"@deep ')) >= 0:
        end = text.index('@"', start)
        depth = int(text[start + len('"@deep ') : end])
        text = text[:start] + "[" * depth + "]" * depth + text[end + 2 :]
    return text.encode()


def _bounds(field: fields.Field[Any], kind: type, low: int, high: int) -> tuple[int, int]:
    for check in field.validators:
        if isinstance(check, kind):
            equal = getattr(check, "equal", None)
            least = equal or (check.min if check.min is not None else low)
            most = equal or (check.max if check.max is not None else max(high, int(least)))
            return int(least), int(most)
    return low, high


def _passes(field: fields.Field[Any], value: str) -> bool:
    try:
        field.deserialize(value)
    except ValidationError:
        return False
    return True
