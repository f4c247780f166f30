"""Which numbers are public, and which are nobody's."""

import pytest

from services.telephony.bridge.numbers import name_of, public, stated


@pytest.mark.parametrize(
    "given", ["13800138000", "013800138000", "8613800138000", "0086 138 0013 8000",
              "+86 138-0013-8000"],
)  # fmt: skip
def test_writes_a_public_number_in_one_way(given: str) -> None:
    assert public(given, "CN") == "+8613800138000"


@pytest.mark.parametrize("given", ["1001", "95588", "100861", "s", "*98", ""])
def test_never_makes_an_extension_or_a_short_code_public(given: str) -> None:
    assert public(given, "CN") is None


@pytest.mark.parametrize("given", ["61234567", "99999999999999999999", "Li Ming", "٠١٢٣٤٥٦٧٨"])
def test_leaves_what_is_no_valid_number(given: str) -> None:
    assert public(given, "CN") is None


def test_reads_national_numbers_by_the_region() -> None:
    assert public("(202) 555-0123", "US") == "+12025550123"


@pytest.mark.parametrize("given", ["", "<unknown>", "anonymous", "Anonymous", " ", "unknown"])
def test_knows_that_a_number_was_withheld(given: str) -> None:
    assert (stated(given), name_of(given)) == (None, None)


def test_keeps_what_was_stated_within_bounds() -> None:
    assert stated(" 1001 ") == "1001"
    assert len(stated("9" * 500) or "") == 64
    assert len(name_of("n" * 500) or "") == 200
