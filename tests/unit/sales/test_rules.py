"""The rules of selling, without storage or bus."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Invalid
from chassis.money import exponent
from services.sales.domain import leads, opportunities, orders, quotes
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import StageType, Stay
from services.sales.domain.orders import LineDocument, OrderDocument, Outcome, Standing
from services.sales.domain.quotes import QuoteDraft, QuoteLineDraft, QuoteStatus
from services.sales.domain.rotation import Turn, deal
from services.sales.domain.territories import Territory, covering, upwards

NOW = datetime(2017, 3, 1, tzinfo=UTC)


def dealt(turns, count):
    """Deal leads and return who got them, and the counters afterwards."""
    given_to = []
    for _ in range(count):
        chosen, turns = deal(turns)
        given_to.append(chosen)
    return given_to, turns


class TestDeal:
    """Pain point 22: of thirty leads nobody gets thirty."""

    @given(st.integers(1, 8), st.integers(1, 60))
    def test_pain_point_22_nobody_gets_two_more_than_anybody_else(self, reps, leads_):
        given_to, turns = dealt([Turn(f"r{n}") for n in range(reps)], leads_)

        counts = [given_to.count(f"r{n}") for n in range(reps)]
        assert max(counts) - min(counts) <= 1
        assert [turn.given for turn in turns] == counts

    @given(st.integers(2, 6), st.integers(0, 20), st.integers(1, 40))
    def test_is_fair_over_any_stretch_and_not_only_from_the_beginning(self, reps, before, stretch):
        _, turns = dealt([Turn(f"r{n}") for n in range(reps)], before)

        given_to, _ = dealt(turns, stretch)

        counts = [given_to.count(f"r{n}") for n in range(reps)]
        assert max(counts) - min(counts) <= 1

    @given(st.lists(st.sets(st.integers(0, 4), min_size=1), min_size=1, max_size=30))
    def test_stays_level_while_reps_come_and_go(self, days):
        counters = {}
        for present in days:
            _, after = deal([counters.get(n, Turn(f"r{n}")) for n in sorted(present)])
            counters |= {int(turn.staff_id[1:]): turn for turn in after}

            given_ = [counters[n].given for n in present]
            assert max(given_) - min(given_) <= 1

    def test_does_not_flood_who_is_new(self):
        _, turns = dealt([Turn("a"), Turn("b")], 20)

        given_to, _ = dealt([*turns, Turn("new")], 3)

        assert sorted(given_to) == ["a", "b", "new"]

    def test_does_not_favour_the_oldest_member_in_a_tie(self):
        given_to, _ = dealt([Turn("a", 5, 9), Turn("b", 5, 10)], 2)

        assert given_to == ["a", "b"]


TREE = {
    "root": Territory("root", None, ("California",)),
    "west": Territory("west", "root", ("California", "Oregon")),
    "north": Territory("north", "root", ("Washington",)),
}


class TestTerritories:
    def test_takes_the_deepest_that_names_the_state(self):
        found = covering(TREE, " california ")

        assert found is not None
        assert found.id == "west"

    @pytest.mark.parametrize("state", [None, "", "Atlantis"])
    def test_finds_none_for_a_state_that_nobody_names(self, state):
        assert covering(TREE, state) is None

    def test_walks_to_the_root_and_ends_in_a_loop(self):
        assert list(upwards(TREE, "west")) == ["west", "root"]
        loop = {"a": Territory("a", "b", ()), "b": Territory("b", "a", ())}
        assert len(list(upwards(loop, "a"))) == 20


class TestLeads:
    @pytest.mark.parametrize("type_", [StatusType.CONVERTED, StatusType.LOST])
    def test_a_closed_lead_is_not_worked_on(self, type_):
        with pytest.raises(leads.LeadClosed):
            leads.demand_open(type_)

    def test_a_lead_under_conversion_is_left_alone(self):
        with pytest.raises(leads.LeadBeingConverted):
            leads.demand_open(StatusType.ONGOING, is_converting=True)

    @pytest.mark.parametrize("due", [None, NOW, NOW - timedelta(seconds=1)])
    def test_the_next_action_lies_in_the_future(self, due):
        with pytest.raises(leads.NextActionMissing):
            leads.demand_next_action(due, NOW)

    def test_reminders_grow_rarer_but_never_end(self):
        days = [leads.reminder_pause(number).days for number in (1, 2, 3, 5, 6, 7, 5000)]

        assert days == [1, 2, 4, 16, 30, 30, 30]


class TestOpportunities:
    def test_a_stay_counts_business_seconds(self):
        stay = Stay(from_stage="a", to_stage="b", from_at=NOW, to_at=NOW + timedelta(hours=2))

        assert stay.seconds == 7200

    def test_is_not_moved_to_its_end_or_to_where_it_is(self):
        with pytest.raises(opportunities.StageNotOpen):
            opportunities.demand_move("proposal", "won", StageType.WON)
        with pytest.raises(opportunities.AlreadyInStage):
            opportunities.demand_move("proposal", "proposal", StageType.OPEN)


line_drafts = st.builds(
    QuoteLineDraft,
    product_id=st.just("p"),
    quantity=st.integers(1, 10_000),
    unit_price=st.decimals(0, 10**6, places=4),
    discount=st.decimals(0, 1, places=3),
)


class TestQuotes:
    @pytest.mark.parametrize(
        ("price", "discount", "currency", "minor"),
        [
            ("0.125", "0", "USD", 12),  # half to even
            ("0.135", "0", "USD", 14),
            ("10", "0.333", "USD", 667),
            ("2.5", "0", "JPY", 2),
            ("3.5", "0", "JPY", 4),
            ("1.0005", "0", "KWD", 1000),
        ],
    )
    def test_rounds_a_line_once_half_to_even(self, price, discount, currency, minor):
        line = QuoteLineDraft(
            product_id="p", quantity=1, unit_price=Decimal(price), discount=Decimal(discount)
        )

        assert line.amount_minor(currency) == minor

    @given(st.lists(line_drafts, min_size=1, max_size=20), st.sampled_from(["USD", "JPY", "KWD"]))
    def test_a_total_is_the_sum_of_its_rounded_lines_and_near_the_exact_one(self, lines, currency):
        draft = QuoteDraft(currency=currency, valid_until=NOW, lines=tuple(lines))

        assert draft.total_minor == sum(line.amount_minor(currency) for line in lines)
        exact = sum(line.quantity * line.unit_price * (1 - line.discount) for line in lines)
        off = abs(draft.total_minor - exact.scaleb(exponent(currency)))
        assert off <= Decimal("0.5") * len(lines)

    def test_only_a_sent_quote_is_accepted_and_only_in_time(self):
        later = NOW + timedelta(days=1)
        with pytest.raises(quotes.QuoteNotSent):
            quotes.demand_acceptable(QuoteStatus.DRAFT, later, NOW)
        with pytest.raises(quotes.QuoteNotSent):
            quotes.demand_acceptable(QuoteStatus.ACCEPTED, later, NOW)
        with pytest.raises(quotes.QuoteExpired):
            quotes.demand_acceptable(QuoteStatus.SENT, NOW, NOW)
        with pytest.raises(quotes.QuoteExpired):
            quotes.demand_acceptable(QuoteStatus.EXPIRED, later, NOW)
        quotes.demand_acceptable(QuoteStatus.SENT, later, NOW)


def a_document(revision=1, **fields):
    line = LineDocument(key="1", sku="s", quantity=1, discount=Decimal("0.2"), amount_minor=100)
    other = replace(line, key="2", amount_minor=50)
    document = OrderDocument(
        external_id="o", revision=revision, ordered_on=date(2017, 3, 1), currency="USD",
        lines=(line, other), total_minor=150,
    )  # fmt: skip
    return replace(document, **fields)


class TestOrders:
    def test_checks_what_an_order_says_about_itself(self):
        orders.check(a_document())
        with pytest.raises(orders.TotalMismatch):
            orders.check(a_document(total_minor=151))
        with pytest.raises(orders.LineRepeated):
            orders.check(a_document(lines=a_document().lines[:1] * 2))
        with pytest.raises(Invalid):
            orders.check(a_document(currency="usd"))

    def test_a_fingerprint_is_of_the_content_and_not_of_how_it_is_written(self):
        first, second = a_document().lines
        same = a_document(lines=(second, replace(first, discount=Decimal("0.20"))))

        assert same.fingerprint() == a_document().fingerprint()
        assert a_document(ship_mode="Air").fingerprint() != a_document().fingerprint()

    def test_decides_by_the_outside_systems_own_revision(self):
        two = a_document(2)
        standing = Standing(2, two.fingerprint(), "USD")

        assert orders.compare(None, two) is Outcome.CREATED
        assert orders.compare(standing, two) is Outcome.UNCHANGED
        assert orders.compare(standing, a_document(1)) is Outcome.SUPERSEDED
        assert orders.compare(standing, a_document(3)) is Outcome.REVISED
        with pytest.raises(orders.RevisionConflict):
            orders.compare(standing, a_document(2, ship_mode="Air"))
        with pytest.raises(orders.CurrencyChanged):
            orders.compare(standing, a_document(3, currency="EUR"))
