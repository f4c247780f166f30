"""Pain point 20: callers are not recognised because of how their number is written."""

import pytest

from services.accounts.domain.identity import address, dialled, is_withheld, phone, suffix

MOBILE = "+8613800138000"
LANDLINE = "+861088886666"


class TestPainPoint20RawForms:
    """Callers are not recognised (pain point 20)."""

    @pytest.mark.parametrize(
        "raw",
        [
            "+8613800138000", "+86 138 0013 8000", "+86-138-0013-8000", "+86.138.0013.8000",
            "8613800138000", "008613800138000", "0086 138 0013 8000", "(0086) 138-0013-8000",
            "+0086 138 0013 8000", "(+86) 138 0013 8000", "13800138000", "13800138000 ",
            " 138 0013 8000\r\n", "138\u20110013\u20118000", "138\u00a00013\u00a08000",
            "\u202a+86 138 0013 8000\u202c", "\uff0b\uff18\uff16 13800138000", "013800138000",
            "tel:+86-138-0013-8000", "tel:13800138000;phone-context=+86", "TEL:+8613800138000",
            "sip:+8613800138000@pbx.example.com", "sip:13800138000@10.0.0.1:5060;user=phone",
            "sips:%2B8613800138000@pbx", '"Li Ming" <sip:13800138000@pbx>', "callto:+8613800138000",
            "<tel:+8613800138000>", '"1001" <13800138000>', "+8613800138000@trunk",
            "13800138000 ext 12", "13800138000x12", "13800138000#12", "13800138000,,12",
            "13800138000 转 12", "13800138000分机12", "tel:+8613800138000;ext=12",
            "+86 138 0013 8000 ext. 12", "١٣٨٠٠١٣٨٠٠٠", "\ud80013800138000\0",
        ],
    )  # fmt: skip
    def test_a_chinese_mobile_is_one_number_however_it_comes(self, raw: str) -> None:
        assert phone(raw, "CN").e164 == MOBILE

    @pytest.mark.parametrize(
        ("raw", "country", "e164"),
        [
            ("010-8888 6666", "CN", LANDLINE),
            ("(010) 88886666转801", "CN", LANDLINE),
            ("+49 (0)551 234567", None, "+49551234567"),
            ("0049551234567", None, "+49551234567"),
            ("0551/23 45-67", "DE", "+49551234567"),
            ("011 86 138 0013 8000", "US", MOBILE),
            ("1-212-555-0123", "US", "+12125550123"),
            ("+44 (0) 20 7946 0018", None, "+442079460018"),
            ("+39 06 6982 1234", None, "+390669821234"),
            ("03-1234-5678 内線 12", "JP", "+81312345678"),
        ],
    )
    def test_so_are_those_of_other_countries(
        self, raw: str, country: str | None, e164: str
    ) -> None:
        assert phone(raw, country).e164 == e164

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("13800138000", MOBILE),  # as the captured calls have it, without a country
            ("8613800138000", MOBILE),
            ("+52 1 55 1234 5678", "+52 55 1234 5678"),  # before and after 2019
            ("+54 9 11 2345 6789", "+54 11 2345 6789"),
            ("+55 11 98765 4321", "+55 11 8765 4321"),  # before and after the ninth digit
            ("0551 234567", "+49551234567"),
        ],
    )
    def test_what_differs_in_front_is_alike_at_the_end(self, one: str, other: str) -> None:
        assert suffix(phone(one, None)) == suffix(phone(other, None)) is not None

    @pytest.mark.parametrize("raw", ["1001", "8001", "95588", "*98", "sip:1001@pbx", "12#34", "s"])
    def test_an_extension_or_a_short_code_is_nobodys_number(self, raw: str) -> None:
        assert suffix(phone(raw, "CN")) is None

    @pytest.mark.parametrize(
        "raw",
        [
            "", " ", "anonymous", "Anonymous", "<unknown>", "sip:anonymous@anonymous.invalid",
            '"Anonymous" <sip:anonymous@anonymous.invalid>', "Restricted", "PRIVATE", "266696687",
            "unavailable", "未知", "+266696687",
        ],
    )  # fmt: skip
    def test_a_withheld_number_is_known_as_such(self, raw: str) -> None:
        assert is_withheld(raw)

    def test_a_number_with_letters_around_it_is_not_withheld(self) -> None:
        assert not is_withheld('"Anonymous" <sip:13800138000@pbx>')

    def test_an_extension_is_no_part_of_a_number_without_a_country(self) -> None:
        assert dialled("0551 234567 ext 12") == "0551 234567"


class TestAddresses:
    @pytest.mark.parametrize(
        "raw",
        [
            "li@x.cn", " LI@x.cn ", "Li <li@x.cn>", '"Li, Na" <li@x.cn>', "Li, Na <li@x.cn>",
            "<li@x.cn>", "mailto:li@x.cn", "mailto:li@x.cn?subject=Hi", "li@x.cn;", "li@x.cn.",
            "li@x.cn (Li Na)", "li\uff20x.cn",
        ],
    )  # fmt: skip
    def test_is_found_in_what_comes_with_it(self, raw: str) -> None:
        assert address(raw) == "li@x.cn"

    @pytest.mark.parametrize("raw", ["", "Li Na", "@", "li@", "\0@\0", "\ud800@\ud800"])
    def test_is_none_where_there_is_none(self, raw: str) -> None:
        assert address(raw) is None
