"""What an older house knows of who has bought is not forgotten when pools come to it."""

from alembic import command
from sqlalchemy import text

from chassis import migrate

BEFORE = "0002"
ONE = "'group', 1, 0, '2017-01-01', '2017-01-01'"
CUSTOMER = (
    "INSERT INTO customers (id, entity_id, version, event_seq, created_at, updated_at, number, "
    f"kind, name, name_key, lifecycle, external_ids, derived) VALUES (:id, {ONE}, :id, 'person', "
    "'Ann', 'ann', 'potential', '{}', '[]')"
)
TOUCH = (
    "INSERT INTO interactions (id, entity_id, version, event_seq, created_at, updated_at, "
    f"customer_id, at, kind, direction, subject, source, source_key) VALUES (:id, {ONE}, "
    ":customer, :at, 'sale', 'inbound', 'Order', :source, :id)"
)


class TestUpgrade:
    def test_takes_who_has_bought_from_the_timeline(self, database_url: str) -> None:
        with migrate._connection(database_url) as connection:
            config = migrate._config("accounts")
            config.attributes["options"] = migrate._options("accounts", connection)
            with connection.begin():
                command.upgrade(config, BEFORE)
                for customer in ("bought", "asked"):
                    connection.execute(text(CUSTOMER), {"id": customer})
                for id_, customer, at, source in (
                    ("1", "bought", "2017-03-01", "sales.order"),
                    ("2", "bought", "2017-05-01", "sales.order"),
                    ("3", "bought", "2017-07-01", "desk"),
                    ("4", "asked", "2017-07-01", "desk"),
                ):
                    row = {"id": id_, "customer": customer, "at": at, "source": source}
                    connection.execute(text(TOUCH), row)

        migrate.upgrade("accounts", database_url)

        with migrate._connection(database_url) as connection:
            found = connection.execute(text("SELECT * FROM dealings")).mappings().all()
        assert [(one["customer_id"], one["open_opportunities"]) for one in found] == [("bought", 0)]
        assert str(found[0]["last_deal_at"]).startswith("2017-05-01")
