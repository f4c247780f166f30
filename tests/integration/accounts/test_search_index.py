"""Customers that are older than the index are indexed by themselves, some in each transaction."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from chassis import timers
from services.accounts.usecases import search
from tests.support.accounts import Desk, a_customer

ROOT = Path(__file__).parents[3]
MIGRATION = ROOT / "services" / "accounts" / "migrations" / "versions" / "0006_search.py"
MADE = ("by_created_at", "by_updated_at", "by_name", "by_owner")


def names(desk: Desk, words: str) -> list[str]:
    return [one["name"] for one in desk.ask("search_customers", text=words)["items"]]


def the_migration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("search_migration", MIGRATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def migrated_again(desk: Desk) -> None:
    """Take away what the migration made, and let it make it over what is stored."""
    with desk.runtime.database.engine.begin() as connection:
        for table in ("search_terms", "match_policies"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("ALTER TABLE external_ids DROP COLUMN revision"))
        for name in MADE:
            connection.execute(text(f"DROP INDEX ix_customers_{name}"))
        with Operations.context(MigrationContext.configure(connection)):
            the_migration().upgrade()


@pytest.fixture
def three(desk: Desk) -> Desk:
    """Three customers, one with a contact."""
    known = [a_customer(desk, name=name) for name in ("Acme", "张伟", "Zoë Zweig")]
    desk.ask("register_contact", customer_id=known[0]["customer_id"], name="Bob")
    return desk


class TestMigration:
    def test_lets_the_timer_index_who_is_there_already(self, three: Desk) -> None:
        migrated_again(three)
        before = [names(three, words) for words in ("acme", "zhang")]
        timers.fire_due(three.runtime)

        assert before == [[], []]
        assert [names(three, words) for words in ("acme", "zhang", "zoe", "bob")] == [
            ["Acme"], ["张伟"], ["Zoë Zweig"], ["Acme"],
        ]  # fmt: skip

    def test_sets_no_timer_where_nobody_is_there(self, desk: Desk) -> None:
        migrated_again(desk)

        assert desk.count("timers") == 0


class TestIndexMore:
    def test_goes_on_after_each_step_and_ends(
        self, three: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search, "STEP", 1)
        migrated_again(three)

        tried = timers.fire_due(three.runtime)

        assert tried == 4  # one for each customer, and one that finds nobody
        assert names(three, "zoe") == ["Zoë Zweig"]
        assert three.count("timers") == 0

    def test_rewrites_the_keys_by_which_names_are_compared(self, three: Desk) -> None:
        versions = three.count("customers", "WHERE version = 1")
        audited = three.count("audit")
        with three.runtime.database.engine.begin() as connection:
            connection.execute(text("UPDATE customers SET name_key = 'of old'"))
        migrated_again(three)
        timers.fire_due(three.runtime)

        (match,) = three.ask("find_matches", name="zweig, zoe")["matches"]
        assert match["reasons"] == ["name"]
        assert (three.count("customers", "WHERE version = 1"), three.count("audit")) == (
            versions, audited,
        )  # fmt: skip

    def test_a_name_that_was_changed_before_its_turn_is_found_once(self, three: Desk) -> None:
        migrated_again(three)
        known: dict[str, Any] = three.ask("find_records", kind="customer")["items"][0]
        three.ask(
            "update_customer", customer_id=known["id"], version=1, changes={"name": "Acme Two"}
        )
        timers.fire_due(three.runtime)

        assert names(three, "acme") == ["Acme Two"]
