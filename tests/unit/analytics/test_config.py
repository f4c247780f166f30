"""What analytics may be told from outside."""

from pathlib import Path

import pytest

from chassis.config import ConfigError
from services.analytics.config import Own

SOCKET = Path("/run/w.sock")


class TestOwn:
    def test_names_a_currency_or_none(self):
        assert Own(SOCKET).house_currency == ""
        assert Own(SOCKET, "EUR").house_currency == "EUR"

    @pytest.mark.parametrize("wrong", ["eur", "EURO", "€", "EUR\n"])
    def test_refuses_what_is_no_currency(self, wrong):
        with pytest.raises(ConfigError, match="RAPPORT_HOUSE_CURRENCY"):
            Own(SOCKET, wrong)
