"""What a custom field is: its type, what it demands of a value, and what it may not demand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_FIELDS = 500  # in force for one kind of record
MAX_SEARCHABLE = 50
MAX_OPTIONS = 500
MAX_LEVELS = 6
MAX_CHOSEN = 50  # of a multi-enum
MAX_LABEL = 80
MAX_TEXT = 4_000
MAX_FOUND_TEXT = 200  # of a text that can be searched for or is unique
MAX_PATTERN = 100
MAX_BYTES = 64 * 1024  # of all values of one record as JSON: they travel in one event
KEY_LENGTH = 32
FIELD_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")

# One character, or a set of them, and how often. Without groups and with at most three parts of
# open length no text can keep the matching busy for long.
_PART = re.compile(
    r"(\\[\\.+*?^$(){}|\[\]dsw-]|\[\^?[^\[\]\\]+\]|[^\\.+*?^$(){}|\[\]])([?+*]|\{[0-9,]{1,7}\})?|\.([?+*]|\{[0-9,]{1,7}\})?"
)
_FIXED = re.compile(r"\{[0-9]{1,3}\}")
MAX_OPEN_PARTS = 3


class FieldType(StrEnum):
    """What a value is."""

    TEXT = "text"
    NUMBER = "number"  # Decimal, at most 6 decimals
    MONEY = "money"  # whole minor units and their currency
    DATE = "date"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    ENUM = "enum"
    MULTI_ENUM = "multi_enum"
    TREE = "tree"
    REFERENCE = "reference"


CHOOSING = frozenset({FieldType.ENUM, FieldType.MULTI_ENUM, FieldType.TREE})
RANGED = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.INSTANT})
SORTABLE = RANGED | {FieldType.TEXT, FieldType.BOOLEAN, FieldType.ENUM}
ONCE = frozenset({FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.REFERENCE})


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values to choose from; in a tree it stands below its parent."""

    key: str
    label: str
    parent: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a value must be beyond its type; bounds are in it."""

    min: str | None = None
    max: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None  # the whole text; parts and how often, no groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A custom field as values are read by it."""

    id: str = ""
    key: str
    type: FieldType
    required: bool = False
    unique: bool = False
    personal: bool = True
    searchable: bool = False
    active: bool = True
    is_indexed: bool = True  # all records that have it can be found by it
    default: object = None
    rules: Rules = field(default_factory=Rules)
    options: tuple[Option, ...] = ()
    refers_to: str | None = None  # the kind of record

    @property
    def found(self) -> bool:
        """Say whether values are kept in the index."""
        return self.searchable or self.unique

    @property
    def longest(self) -> int:
        """Return how many characters a text may have."""
        return self.rules.max_length or (MAX_FOUND_TEXT if self.found else MAX_TEXT)


class FieldRefused(Conflict):
    """Refuse a change of the fields that their present state does not allow."""

    code = "custom.field_refused"


def undefinable(sentence: str, **detail: object) -> Invalid:
    """Return what refuses a definition that contradicts itself."""
    return Invalid(sentence, code="custom.definition", detail=detail)


def check(new: Definition) -> None:
    """Demand that a definition makes sense in itself; its bounds and default are read elsewhere.

    :raises Invalid: if it does not.
    """
    if not FIELD_KEY.fullmatch(new.key):
        raise undefinable(f"A key has at most {KEY_LENGTH} lower case letters, digits and _.")
    if (new.type in CHOOSING) is not bool(new.options):
        raise undefinable("Options are for enum, multi_enum and tree, which need them.")
    if (new.type is FieldType.REFERENCE) is not (new.refers_to is not None):
        raise undefinable("A reference, and nothing else, names the kind it refers to.")
    if new.unique and (new.type not in ONCE or new.default is not None):
        raise undefinable(f"Unique without a default may be {', '.join(sorted(ONCE))}.")
    if new.default is not None and new.type is FieldType.REFERENCE:
        raise undefinable("A reference has no default.")
    _check_rules(new)
    _check_options(new)


def path(options: Mapping[str, Option], key: str) -> str:
    """Return an option of a tree with all that it stands below: asia/japan/tokyo.

    Neither its key nor its parent ever changes, so this says the same for ever, to anybody.
    """
    keys = [key]
    while (parent := options[keys[-1]].parent) is not None:
        keys.append(parent)
    return "/".join(reversed(keys))


def _check_rules(new: Definition) -> None:
    rules = new.rules
    if (rules.min or rules.max) and new.type not in RANGED:
        raise undefinable(f"Bounds are for {', '.join(sorted(RANGED))}.")
    if new.type is not FieldType.TEXT and (rules.min_length or rules.max_length or rules.pattern):
        raise undefinable("Lengths and patterns are for texts.")
    if new.found and new.longest > MAX_FOUND_TEXT:
        raise undefinable(f"A text that can be found has at most {MAX_FOUND_TEXT} characters.")
    if (rules.min_length or 0) > new.longest:
        raise undefinable("The least length is above the greatest.")
    if rules.pattern is not None:
        _check_pattern(new, rules.pattern)


def _check_pattern(new: Definition, pattern: str) -> None:
    """Demand a pattern whose matching takes no time to speak of, whatever the text."""
    place, open_parts = 0, 0
    while place < len(pattern):
        part = _PART.match(pattern, place)
        if part is None:
            raise undefinable("A pattern is a row of characters or sets and how often; no groups.")
        how_often = part.group(2) or part.group(3)
        open_parts += how_often is not None and not _FIXED.fullmatch(how_often)
        place = part.end()
    if open_parts > MAX_OPEN_PARTS or len(pattern) > MAX_PATTERN:
        raise undefinable(f"A pattern has at most {MAX_OPEN_PARTS} parts of open length.")
    if new.longest > MAX_FOUND_TEXT:
        raise undefinable(f"A text with a pattern has max_length {MAX_FOUND_TEXT} or less.")
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as wrong:
        raise undefinable("This is no pattern.") from wrong


def _check_options(new: Definition) -> None:
    if len(new.options) > MAX_OPTIONS:
        raise undefinable(f"A field has at most {MAX_OPTIONS} options.")
    known: dict[str, Option] = {}
    for option in new.options:
        if option.key in known or not FIELD_KEY.fullmatch(option.key):
            raise undefinable("Each option has a key of its own.", option=option.key[:KEY_LENGTH])
        if option.parent is not None and (
            new.type is not FieldType.TREE or option.parent not in known
        ):
            raise undefinable("In a tree a parent comes before its children.", option=option.key)
        known[option.key] = option
        if path(known, option.key).count("/") >= MAX_LEVELS:
            raise undefinable(f"A tree has at most {MAX_LEVELS} levels.", option=option.key)
