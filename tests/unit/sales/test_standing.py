"""When an order needs a second look."""

import pytest

from services.sales.domain.standing import Caution, CustomerBarred, Limit, caution, demand_welcome

LIMIT = Limit(1_000, "USD")


class TestCaution:
    @pytest.mark.parametrize(
        ("barred", "limit", "open_minor", "currency", "expected"),
        [
            (False, None, 10**9, "USD", None),
            (False, LIMIT, 1_000, "USD", None),
            (False, LIMIT, 1_001, "USD", Caution.CREDIT_LIMIT),
            (False, LIMIT, 1, "EUR", Caution.CREDIT_CURRENCY),
            (False, Limit(0, "USD"), 1, "USD", Caution.CREDIT_LIMIT),
            (True, LIMIT, 1, "USD", Caution.BLACKLISTED),
        ],
    )
    def test_says_why(self, barred, limit, open_minor, currency, expected):
        assert expected is caution(
            barred=barred, limit=limit, open_minor=open_minor, currency=currency
        )

    def test_nobody_sells_to_whoever_is_barred(self):
        demand_welcome(barred=False)
        with pytest.raises(CustomerBarred):
            demand_welcome(barred=True)
