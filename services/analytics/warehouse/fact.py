"""What a fact of the star is: a table, its columns, and the events that make its rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``of`` is SQL over the body ``s`` (by default its field of the same name)."""

    name: str
    type: str = "VARCHAR"
    of: str = ""

    @property
    def source(self) -> str:
        """Write where its value comes from."""
        return self.of or f"s.{self.name}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One table: a row per event of its classes, or per element of ``each``.

    Beside its own columns each has event_id, type (the full ``service.noun.verb.vN``), sequence
    (ascending per subject), version and occurred_at. ``each`` names a list in SQL; its element is
    ``e``. ``where`` leaves events out. ``demands``: conditions that an event must meet beyond its
    contract, with the sentence that says so.
    """

    name: str
    classes: tuple[type, ...]
    columns: tuple[Column, ...]
    each: str = ""
    where: str = ""
    demands: tuple[tuple[str, str], ...] = ()


def texts(names: str) -> tuple[Column, ...]:
    """Make columns of text."""
    return tuple(Column(name) for name in names.split())


def numbers(names: str) -> tuple[Column, ...]:
    """Make columns of whole numbers."""
    return tuple(Column(name, "BIGINT") for name in names.split())


def instants(names: str) -> tuple[Column, ...]:
    """Make columns of instants."""
    return tuple(Column(name, "TIMESTAMPTZ") for name in names.split())
