"""By which beginnings a name is found, and how few they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.search import MAX_TERM, MAX_TERMS, digits, terms, wanted

HUAXIN = "北京华信科技有限公司"


class TestTerms:
    @pytest.mark.parametrize(
        ("name", "email", "found"),
        [
            ("Ann Lee", "ann@lee.org", ["ann", "lee", "ann@lee.org"]),
            ("李", None, ["李", "l", "li"]),
            ("王小明", None, ["王小明", "小明", "wxm", "xm", "wangxiaoming", "xiaoming"]),
            ("Müller", None, ["muller", "mueller"]),
            ("トヨタ", None, ["トヨタ", "ヨタ"]),
            ("...", None, []),
        ],
    )
    def test_are_words_parts_and_pinyin(
        self, name: str, email: str | None, found: list[str]
    ) -> None:
        assert terms(name, email) == found

    def test_a_company_of_ten_characters_has_thirteen(self) -> None:
        assert len(terms(HUAXIN)) == 13

    @pytest.mark.parametrize(("surname", "initial"), [("曾国藩", "zgf"), ("单雄信", "sxx")])
    def test_families_are_read_as_families(self, surname: str, initial: str) -> None:
        assert initial in terms(surname)

    def test_a_city_is_read_as_a_city(self) -> None:
        assert "cqyh" in terms("重庆银行")

    @given(st.text(max_size=200), st.sampled_from([None, "a" * 300 + "@b.cd"]))
    def test_are_bounded_whatever_the_name(self, name: str, email: str | None) -> None:
        found = terms(name, email)

        assert len(found) <= MAX_TERMS
        assert len(set(found)) == len(found)
        assert all(0 < len(term) <= MAX_TERM for term in found)

    def test_an_address_does_not_fall_to_the_bound_of_a_long_name(self) -> None:
        name = " ".join(f"word{n}" for n in range(100))

        assert terms(name, "a@b.cd")[-1] == "a@b.cd"

    @given(st.text(min_size=1, max_size=40))
    def test_a_name_is_found_by_itself(self, name: str) -> None:
        found = terms(name)

        pieces = wanted(name)

        if len(found) < MAX_TERMS:
            assert all(
                any(term.startswith(one) for term in found) for one in pieces if "@" not in one
            )


class TestWanted:
    def test_the_rarest_comes_first(self) -> None:
        assert wanted("acme 小明") == ["小明", "acme"]

    def test_what_is_longer_than_a_term_is_cut_with_an_overlap(self) -> None:
        assert wanted(HUAXIN) == ["北京华信科技有限", "华信科技有限公司"]

    def test_an_address_stays_whole(self) -> None:
        assert wanted("Li.Na@X.cn") == ["li.na@x.cn"]


class TestDigits:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("+1 (212) 555-0123", "12125550123"), ("0123", "0123"), ("123", None),
            ("3M 2020", None), ("١٢٣٤", None),
        ],
    )  # fmt: skip
    def test_are_those_of_a_number_and_nothing_else(self, text: str, found: str | None) -> None:
        assert digits(text) == found
