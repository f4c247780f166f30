"""What a room holds, by the names under which requests speak of it."""

from random import Random
from typing import Any

from sqlalchemy import select

from chassis.migrate import tables_of
from chassis.tables import Base
from tests.support.sales import Room

# What is called otherwise where it is asked for.
ALSO = {
    "owner_id": "staff_id", "assignee_id": "staff_id", "agent_id": "staff_id", "to": "staff_id",
    "after_id": "customer_id", "parent_id": "case_id", "import_id": "customer_import_id",
    "winner_id": "customer_id", "loser_id": "customer_id",
    "request_id": "privacy_request_id", "field_id": "custom_field_id", "team_id": "team_id", "record_id": "customer_id", "sku": "sku", "device": "device",
}  # fmt: skip
# What stands in no table by the name under which it is asked for: tests/support/fuzz_rooms.py.
KNOWN = {"kind": ("customer", "contact"), "custom key": ("hobby", "mood")}
WORDS = ("key", "number", "sku", "device", "token", "external_id", "reason")


class Stock:
    """The ids, versions and words of a room's tables as they were when last looked at."""

    def __init__(self, room: Room, territory: str | None = None) -> None:
        """Look into a room; with a territory, only at what is in no other."""
        self._room, self._territory = room, territory
        names = tables_of(room.page.name)
        self._tables = [one for one in Base.metadata.sorted_tables if one.name in names]
        self._by_name: dict[str, list[str]] = {}
        self._by_table: dict[str, list[str]] = {}
        self._versions: dict[str, int] = {}

    def look(self) -> None:
        """Look again."""
        self._by_name = {name: list(words) for name, words in KNOWN.items()}
        self._by_table = {}
        with self._room.runtime.database.reading() as session:
            for table in self._tables:
                self._note(table, session.execute(select(table).limit(60)).mappings().all())

    def _note(self, table: Any, rows: Any) -> None:
        noun = _noun(table.name)
        for row in rows:
            if self._territory and row.get("territory_id") not in {None, self._territory}:
                continue
            if "id" in row:
                self._by_table.setdefault(table.name, []).append(str(row["id"]))
                self._by_name.setdefault(f"{noun}_id", []).append(str(row["id"]))
                self._versions[str(row["id"])] = row.get("version") or 1
            for word in WORDS:
                if isinstance(row.get(word), str):
                    self._by_name.setdefault(word, []).append(row[word])

    def learn(self, name: str, word: str) -> None:
        """Note a word that no table holds as it is asked with, until the next look."""
        self._by_name.setdefault(name, []).append(word)

    def ids(self, name: str) -> list[str]:
        """Return what a field of this name may hold."""
        return self._by_name.get(ALSO.get(name, name)) or self._by_name.get(name, [])

    def of_table(self, name: str) -> list[str]:
        """Return the ids of a table."""
        return self._by_table.get(name, [])

    def any_id(self, dice: Random) -> str:
        """Return the id of anything."""
        return dice.choice([one for ids in self._by_table.values() for one in ids] or ["nobody"])

    def version(self, id_: str) -> int | None:
        """Return the version that a record had."""
        return self._versions.get(id_)


def _noun(table: str) -> str:
    stem = table.removesuffix("_refs")
    if stem.endswith("ies"):
        return f"{stem[:-3]}y"
    return stem if stem == "staff" else stem.removesuffix("s")
