import hashlib
import lzma
from collections import Counter
from datetime import date
from decimal import Decimal

import phonenumbers
import pytest

from demo import history
from demo.derived import CALLERS
from demo.history import Inconsistent

HEADER = (
    "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,"
    "City,State,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,Quantity,"
    "Discount,Profit"
)
NEW_YEAR_2017 = date(2017, 1, 1)


def a_row(row_id: int = 1, **changes: str) -> str:
    row = {
        "order": "CA-1", "day": "2016-02-03", "shipped": "2016-02-05", "mode": "First Class",
        "customer": "AB-1", "name": "Ann Bee", "segment": "Consumer", "country": "United States",
        "city": "Providence", "state": "Rhode Island", "code": "2908", "region": "East",
        "product": "P-1", "category": "Furniture", "sub": "Chairs", "product_name": "Chair",
        "sales": "28.485", "quantity": "2", "discount": "0.2", "profit": "1",
    } | changes  # fmt: skip
    return ",".join([str(row_id), *row.values()])


def the_text(*rows: str) -> str:
    return "\n".join([HEADER, *rows]) + "\n"


@pytest.fixture(scope="module")
def whole() -> history.History:
    return history.read()


class TestTheFile:
    def test_is_the_untouched_original(self) -> None:
        content = lzma.decompress(history.FILE.read_bytes())

        assert hashlib.sha256(content).hexdigest() == (
            "1a418154b1202bffc9139f7b2505c26bc89d91ae0315d5c3605a7aad9b0c21e2"
        )

    def test_holds_what_its_page_says(self, whole: history.History) -> None:
        assert len(whole.customers) == 793
        assert len(whole.orders) == 5009
        assert whole.lines == 9994
        assert whole.total_minor == 229720065
        assert (whole.orders[0].date, whole.orders[-1].date) == (
            date(2014, 1, 3),
            date(2017, 12, 30),
        )

    def test_knows_who_is_new_in_2017(self, whole: history.History) -> None:
        known, new = whole.known_before(NEW_YEAR_2017), whole.new_since(NEW_YEAR_2017)

        assert (len(known), len(new)) == (782, 11)
        assert (new[0].name, new[0].first_order) == ("Roland Murray", date(2017, 3, 6))
        assert (new[-1].name, new[-1].first_order) == ("Christina DeMoss", date(2017, 11, 5))

    def test_has_every_line_once(self, whole: history.History) -> None:
        keys = [line.row_id for order in whole.orders for line in order.lines]

        assert sorted(keys) == list(range(1, 9995))

    def test_has_products_with_two_names_and_orders_with_a_product_twice(
        self, whole: history.History
    ) -> None:
        names = {(line.product_id, line.product_name) for o in whole.orders for line in o.lines}
        ids = Counter(product_id for product_id, _ in names)
        twice = [o for o in whole.orders if len({n.product_id for n in o.lines}) < len(o.lines)]

        assert sum(1 for count in ids.values() if count > 1) == 32
        assert len(twice) == 8

    def test_sums_up_year_by_year(self, whole: history.History) -> None:
        years = [whole.between(date(y, 1, 1), date(y + 1, 1, 1)) for y in range(2014, 2018)]

        assert [len(year.orders) for year in years] == [969, 1038, 1315, 1687]
        assert [y.total_minor for y in years] == [48424747, 47053239, 60920574, 73321505]


class TestDerived:
    def test_gives_everybody_a_possible_phone_of_their_own(self, whole: history.History) -> None:
        numbers = [phonenumbers.parse(one.phone) for one in whole.customers]

        assert len({one.phone for one in whole.customers}) == 793
        assert all(phonenumbers.is_possible_number(number) for number in numbers)
        assert all(phonenumbers.is_valid_number(number) for number in numbers)
        assert {one.id for one in whole.customers if one.phone[5:10] != "55501"} == set(CALLERS)
        assert {one.phone for one in whole.customers if one.id in CALLERS} == set(CALLERS.values())

    def test_gives_everybody_a_mail_address_of_their_own(self, whole: history.History) -> None:
        assert len({one.email for one in whole.customers}) == 793
        assert all(one.email.endswith("@example.com") for one in whole.customers)
        assert all(one.email.isascii() for one in whole.customers)

    def test_is_the_same_every_time(self, whole: history.History) -> None:
        claire = whole.by_id["CG-12520"]

        assert (claire.email, claire.phone, claire.language) == (
            "claire.gute@example.com", "+12145550109", "en",
        )  # fmt: skip
        assert Counter(one.language for one in whole.customers) == {"en": 705, "es": 88}
        assert claire.derived

    def test_takes_the_address_of_the_first_order(self, whole: history.History) -> None:
        claire = whole.by_id["CG-12520"]

        assert (claire.first_order_id, claire.address.city) == ("US-2015-123918", "Dallas")


class TestParse:
    def test_rounds_half_a_cent_to_the_even_one(self) -> None:
        rows = (a_row(1, sales="28.485"), a_row(2, sales="28.475"), a_row(3, sales="0.444"))

        lines = history.parse(the_text(*rows)).orders[0].lines

        assert [line.amount_minor for line in lines] == [2848, 2848, 44]

    def test_restores_the_zero_of_a_postal_code(self) -> None:
        order = history.parse(the_text(a_row())).orders[0]

        assert (order.ship_to.postal_code, order.ship_to.country) == ("02908", "US")
        assert order.lines[0].discount == Decimal("0.2")

    @pytest.mark.parametrize(
        ("column", "other"),
        [("city", "Boston"), ("day", "2016-02-04"), ("customer", "XY-1"), ("mode", "Same Day")],
    )
    def test_refuses_an_order_that_contradicts_itself(self, column: str, other: str) -> None:
        text = the_text(a_row(1), a_row(2, **{column: other}))

        with pytest.raises(Inconsistent, match="lines of order CA-1 do not agree"):
            history.parse(text)

    def test_refuses_a_customer_with_two_names(self) -> None:
        text = the_text(a_row(1), a_row(2, order="CA-2", name="Ann Wasp"))

        with pytest.raises(Inconsistent, match="AB-1 has two names"):
            history.parse(text)

    def test_refuses_a_file_without_a_column(self) -> None:
        text = the_text(a_row()).replace("Sales", "Revenue")

        with pytest.raises(Inconsistent, match="lacks the columns Sales"):
            history.parse(text)
