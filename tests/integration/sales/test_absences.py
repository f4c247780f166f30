"""Who is away gets no leads meanwhile; whoever stands in does."""

from collections import Counter

import pytest

from tests.support.leads import capture
from tests.support.sales import know_customer, know_rep, know_territory

AWAY = {
    "starts_at": "2017-01-01T00:00:00+00:00",
    "ends_at": "2018-01-01T00:00:00+00:00",
    "substitute_id": "",
}
OVER = AWAY | {"ends_at": "2017-01-02T00:00:00+00:00"}


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


def owners(sales, director, count):
    """Capture leads of the north, and count who got them."""
    return Counter(
        capture(sales, director, state="Alaska", name=f"Lead {n}", email=f"l{n}@ames.org")[
            "owner_id"
        ]
        for n in range(count)
    )


@pytest.fixture
def north(sales):
    """A territory in which two sell, and three in the one above."""
    know_territory(sales, "cold", states=())
    know_territory(sales, "north", states=("Alaska",), parent_id="cold")
    for id_ in ("n1", "n2"):
        know_rep(sales, id_, territory_ids=("north",))
    know_rep(sales, "c1", territory_ids=("cold",))


class TestRotation:
    def test_passes_over_who_is_away(self, sales, director, north):
        know_rep(sales, "n1", sequence=2, territory_ids=("north",), away=(AWAY,))

        assert owners(sales, director, 3) == {"n2": 3}

    def test_deals_to_who_is_back(self, sales, director, north):
        know_rep(sales, "n1", sequence=2, territory_ids=("north",), away=(OVER,))

        assert owners(sales, director, 4) == {"n1": 2, "n2": 2}

    def test_climbs_where_nobody_is_there(self, sales, director, north):
        for id_ in ("n1", "n2"):
            know_rep(sales, id_, sequence=2, territory_ids=("north",), away=(AWAY,))

        assert owners(sales, director, 2) == {"c1": 2}

    def test_deals_among_the_absent_rather_than_to_nobody(self, sales, director, north):
        for id_, home in (("n1", "north"), ("n2", "north"), ("c1", "cold")):
            know_rep(sales, id_, sequence=2, territory_ids=(home,), away=(AWAY,))

        assert owners(sales, director, 4) == {"n1": 2, "n2": 2}


class TestOwnerOfTheCustomer:
    @pytest.mark.parametrize(
        ("stands_in", "answer"),
        [({}, ("n2", "substitute")), ({"away": (AWAY,)}, ("n1", "customer_owner")),
         ({"active": False}, ("n1", "customer_owner"))],
    )  # fmt: skip
    @pytest.mark.usefixtures("north")
    def test_is_stood_in_for_by_whoever_is_there(
        self, sales, accounts, director, stands_in, answer
    ):
        admin = accounts.person("admin", "admin")
        known = accounts.call("register_customer", admin, name="Ada Ames", email="ada@example.com")
        know_rep(sales, "n1", sequence=2, away=(AWAY | {"substitute_id": "n2"},))
        know_rep(sales, "n2", sequence=2, **stands_in)
        know_customer(sales, known["customer_id"], sequence=9, owner_id="n1")

        captured = capture(sales, director)

        assert (captured["owner_id"], captured["assignment"]) == answer
