import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.accounts.domain.names import folded, is_slip, is_telling, name_key, slips


class TestFolded:
    @pytest.mark.parametrize(
        ("written", "plain"),
        [
            ("José Ñuñez", "jose nunez"),
            ("Łukasz Żółć", "lukasz zolc"),
            ("Søren Ærø", "soren aero"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("\uff21\uff2e\uff2e", "ann"),  # full width
            ("張偉", "张伟"),
            ("ガ", "ガ"),  # the mark makes it another syllable
        ],
    )
    def test_case_width_diacritics_and_scripts_do_not_matter(
        self, written: str, plain: str
    ) -> None:
        assert folded(written) == plain


class TestNameKey:
    @pytest.mark.parametrize(
        "name",
        [
            "ACME GmbH", "Acme", "acme, Inc.", "Acme  Ltd.", "ACME S.A.", "Acme GmbH & Co. KG",
            "Acme A/S", "Acme Sp. z o.o.", "ACME S.A. de C.V.", "Acme d.o.o.", "Acme Sdn. Bhd.",
            "Acme S.r.l.", "PAO Acme", "ООО Acme", "Ácme Kft.",
        ],
    )  # fmt: skip
    def test_legal_forms_and_punctuation_do_not_matter(self, name: str) -> None:
        assert name_key(name) == "acme"

    @pytest.mark.parametrize(
        ("name", "bare"),
        [
            ("华为技术有限公司", "华为技术"),
            ("華為技術股份有限公司", "华为技术"),
            ("华为技术有限责任公司", "华为技术"),
            ("华信(北京)科技有限公司", "华信北京科技"),
            ("东方合伙企业(有限合伙)", "东方"),
            ("トヨタ自動車株式会社", name_key("トヨタ自動車")),
            ("株式会社日立", "日立"),
            ("㈱日立", "日立"),
            ("삼성전자 주식회사", "삼성전자"),
        ],
    )
    def test_forms_of_the_east_do_not_matter(self, name: str, bare: str) -> None:
        assert name_key(name) == bare

    @pytest.mark.parametrize("name", ["Ann Lee", "Lee, Ann", "LEE Ann", "Ánn Lée"])
    def test_the_order_of_words_does_not_matter(self, name: str) -> None:
        assert name_key(name) == "ann lee"

    def test_the_order_of_chinese_characters_does(self) -> None:
        assert name_key("王李") != name_key("李王")

    def test_a_branch_is_not_its_head_office(self) -> None:
        assert name_key("华信有限公司上海分公司") != name_key("华信有限公司")

    @pytest.mark.parametrize("name", ["SE AG", "有限公司", "株式会社"])
    def test_a_name_of_legal_forms_only_is_kept(self, name: str) -> None:
        assert name_key(name) != ""


class TestIsTelling:
    @pytest.mark.parametrize("name", ["Ann Lee", "王明", "J. Doe"])
    def test_a_whole_name_says_who_somebody_is(self, name: str) -> None:
        assert is_telling(name)

    @pytest.mark.parametrize("name", ["Ann", "王", ""])
    def test_a_first_name_alone_does_not(self, name: str) -> None:
        assert not is_telling(name)


class TestSlips:
    @pytest.mark.parametrize("typo", ["anne lee", "an lee", "ann leo", "nan lee"])
    def test_one_letter_more_less_other_or_changed_places(self, typo: str) -> None:
        assert typo in slips("ann lee")

    @pytest.mark.parametrize("other", ["ann lee", "anna leo", "bob"])
    def test_the_same_and_two_slips_are_none(self, other: str) -> None:
        assert other not in slips("ann lee")

    @pytest.mark.parametrize("key", ["lee", "王小明", "x" * 25])
    def test_what_is_short_long_or_not_of_letters_has_none(self, key: str) -> None:
        assert slips(key) == set()

    @given(st.text("ab ", min_size=5, max_size=8), st.text("ab ", min_size=5, max_size=8))
    def test_both_ways_to_ask_agree(self, one: str, other: str) -> None:
        assert is_slip(one, other) is (other in slips(one))
