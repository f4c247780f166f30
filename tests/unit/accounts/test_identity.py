import pytest

from services.accounts.domain.identity import (
    company_domain,
    is_email,
    normal_email,
    phone,
    suffix,
)


class TestPhone:
    @pytest.mark.parametrize(
        ("raw", "country"),
        [
            ("+1 212 555 0123", None),
            ("+12125550123", None),
            ("001 212 555 0123", None),
            ("(212) 555-0123", "US"),
            ("212.555.0123 ", "US"),
            ("tel:+1-212-555-0123", None),
        ],
    )
    def test_all_ways_to_write_a_number_are_one(self, raw: str, country: str | None) -> None:
        found = phone(raw, country)

        assert found.e164 == "+12125550123"
        assert found.reversed == "32105552121"

    def test_a_national_number_without_a_country_keeps_its_digits(self) -> None:
        found = phone("0551 234567", None)

        assert found.e164 is None
        assert found.reversed == "7654321550"

    @pytest.mark.parametrize("raw", ["", "nobody", "+999123456789", "+1"])
    def test_what_is_no_number_has_no_world_form(self, raw: str) -> None:
        assert phone(raw, "US").e164 is None

    def test_a_trunk_zero_is_not_part_of_the_suffix(self) -> None:
        assert suffix(phone("0551 234567", None)) == suffix(phone("+49 551 234567", None))

    def test_a_short_number_tells_nobody(self) -> None:
        assert suffix(phone("4711", None)) is None


class TestEmail:
    def test_case_and_blanks_do_not_matter(self) -> None:
        assert normal_email(" Ann@ACME.com ") == "ann@acme.com"

    @pytest.mark.parametrize("text", ["ann", "ann@", "@acme.com", "ann@acme", "a n@acme.com"])
    def test_refuses_what_is_no_address(self, text: str) -> None:
        assert not is_email(text)

    def test_a_domain_of_strangers_tells_nothing(self) -> None:
        assert company_domain("ann@gmail.com") is None
        assert company_domain("ann@acme.com") == "acme.com"
