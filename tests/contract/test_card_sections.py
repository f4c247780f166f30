"""Every fact about a customer is seen on the 360° card, or it is said why it is none."""

import pytest
from marshmallow import Schema, fields

from chassis.rows import RpcRow
from contracts import SERVICES
from rapport_cli.services import rows
from tests.support.seen import MECHANISM, NO_FACT, SEEN, concerned, tables


def has(schema: Schema, path: list[str]) -> bool:
    """Say whether an answer has a place."""
    field = schema.fields.get(path[0])
    if field is None or len(path) == 1:
        return field is not None
    return isinstance(field, fields.Nested) and has(field.schema, path[1:])


class TestNoMediaBreaks:
    """A fact that only one department can see (X-07): a new table that nobody shows."""

    @pytest.mark.spec("X-07")
    @pytest.mark.parametrize("service", SERVICES)
    def test_every_table_that_leads_to_customers_is_seen_or_it_is_said_why_not(
        self, service: str
    ) -> None:
        decided = SEEN[service].keys() | NO_FACT[service].keys()

        assert concerned()[service] - decided == set()

    @pytest.mark.parametrize("service", SERVICES)
    def test_no_table_is_decided_twice_or_for_nothing(self, service: str) -> None:
        assert SEEN[service].keys() & NO_FACT[service].keys() == set()
        assert (SEEN[service].keys() | NO_FACT[service].keys()) - concerned()[service] == set()

    def test_what_is_left_aside_is_what_every_service_has(self) -> None:
        assert set.intersection(*(set(tables(service)) for service in SERVICES)) == MECHANISM

    def test_every_service_has_a_card_and_each_section_that_a_schema_shows_exists(self) -> None:
        cards = {service: rows(service)["customer_card"] for service in SERVICES}
        wanted = {section for of in SEEN.values() for section in of.values()}

        missing = []
        for section in sorted(wanted):
            service, *path = section.split(".")
            card = cards[service]
            assert isinstance(card, RpcRow)
            if card.shows is not None and not has(card.shows, path):
                missing.append(section)

        assert missing == []
