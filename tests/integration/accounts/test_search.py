"""Customers are found by what people remember of them."""

from typing import Any

import pytest

from chassis.errors import Invalid
from services.accounts.reads import search as reads
from services.accounts.reads.search import NothingToSearch
from tests.support.accounts import Desk, a_customer, a_file, a_row, a_staff

HUAXIN = "北京华信科技有限公司"


def found(desk: Desk, text: str, **asked: Any) -> list[str]:
    return [one["name"] for one in desk.ask("search_customers", text=text, **asked)["items"]]


@pytest.fixture
def stocked(desk: Desk) -> Desk:
    """Some customers who have little in common."""
    for name in (HUAXIN, "张伟", "曾国藩", "José Núñez", "Müller & Söhne GmbH", "O'Brien, Seán"):
        a_customer(desk, name=name)
    return desk


class TestPainPoint25CjkSearch:
    """CJK search fails elsewhere (pain point 25)."""

    @pytest.mark.parametrize("at", range(len(HUAXIN) - 1))
    def test_any_two_characters_in_a_row_find_a_company(self, stocked: Desk, at: int) -> None:
        assert found(stocked, HUAXIN[at : at + 2]) == [HUAXIN]

    @pytest.mark.parametrize(
        "text",
        [
            "bjhx", "BJHXKJ", "hxkj", "beijing", "beijing huaxin", "beijinghuaxin", "huaxinkeji",
            HUAXIN, "北京 科技", "北京華信",
        ],
    )  # fmt: skip
    def test_so_do_initials_pinyin_parts_and_the_other_script(
        self, stocked: Desk, text: str
    ) -> None:
        assert found(stocked, text) == [HUAXIN]

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("張偉", "张伟"), ("zw", "张伟"), ("zhangwei", "张伟"), ("zhang wei", "张伟"),
            ("zgf", "曾国藩"), ("zeng guofan", "曾国藩"),
        ],
    )  # fmt: skip
    def test_so_is_a_person(self, stocked: Desk, text: str, name: str) -> None:
        assert found(stocked, text) == [name]

    @pytest.mark.parametrize("text", ["京信", "北京华为", "北京 华为", "jhx"])
    def test_what_is_not_in_the_name_finds_nobody(self, stocked: Desk, text: str) -> None:
        assert found(stocked, text) == []


class TestByWords:
    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("jose", "José Núñez"), ("nuñ", "José Núñez"), ("NUNEZ jos", "José Núñez"),
            ("muller", "Müller & Söhne GmbH"), ("mueller soeh", "Müller & Söhne GmbH"),
            ("o'brien", "O'Brien, Seán"), ("obri sean", "O'Brien, Seán"),
        ],
    )  # fmt: skip
    def test_beginnings_find_with_and_without_diacritics(
        self, stocked: Desk, text: str, name: str
    ) -> None:
        assert found(stocked, text) == [name]

    @pytest.mark.parametrize("text", ["ose", "jose muller", "unez"])
    def test_the_middle_of_a_word_and_words_of_two_customers_find_nobody(
        self, stocked: Desk, text: str
    ) -> None:
        assert found(stocked, text) == []

    def test_an_address_finds_by_its_beginning(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="li.na@lee.org")

        (hit,) = desk.ask("search_customers", text="LI.NA@l")["items"]

        assert (hit["name"], hit["reason"], hit["contact_id"]) == ("Ann", "email", None)

    def test_a_contact_leads_to_its_customer(self, desk: Desk) -> None:
        known = a_customer(desk, name="Acme")["customer_id"]
        bob = desk.ask(
            "register_contact", customer_id=known, name="王小明", email="bob@lee.org"
        )["contact_id"]  # fmt: skip

        by_name = desk.ask("search_customers", text="小明 acme")["items"]
        by_mail = desk.ask("search_customers", text="bob@")["items"]

        assert [(one["customer_id"], one["reason"]) for one in by_name] == [(known, "contact_name")]
        assert [(one["contact_id"], one["reason"]) for one in by_mail] == [(bob, "contact_email")]


class TestByDigits:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("100001", "number"), ("0123", "phone"), ("(212) 555-0123", "phone"),
            ("+1 212 555 0123", "phone"), ("550199", "contact_phone"), ("1688", "name"),
        ],
    )  # fmt: skip
    def test_number_phone_and_digits_of_a_name(self, desk: Desk, text: str, reason: str) -> None:
        known = a_customer(desk, name="1688 Shop", phone="+12125550123")["customer_id"]
        bob = {"name": "Bob", "phone": "+12125550199"}
        desk.ask("register_contact", customer_id=known, **bob)
        a_customer(desk, name="Other", phone="+13125550124")

        hits = desk.ask("search_customers", text=text)["items"]

        assert [(one["customer_id"], one["reason"]) for one in hits] == [(known, reason)]

    def test_pages_by_key(self, desk: Desk) -> None:
        known = [a_customer(desk, phone=f"+1212{n}550123")["customer_id"] for n in range(2, 7)]
        seen, after = [], None
        for _ in range(3):
            page = desk.ask("search_customers", text="550123", limit=2, after=after)
            seen += [one["customer_id"] for one in page["items"]]
            after = page["next"]

        assert (seen, after) == (sorted(known), None)


class TestInStep:
    """The index says what the records say, whatever the door."""

    def test_a_new_name_finds_and_the_old_one_does_not(self, desk: Desk) -> None:
        known = a_customer(desk, name="Acme", email="a@acme.com")
        desk.ask(
            "update_customer", customer_id=known["customer_id"], version=1,
            changes={"name": "Zenith", "email": "z@zenith.com"},
        )  # fmt: skip

        assert [found(desk, text) for text in ("acme", "a@acme", "zenith", "z@")] == [
            [], [], ["Zenith"], ["Zenith"],
        ]  # fmt: skip

    def test_so_it_is_with_a_contact(self, desk: Desk) -> None:
        known = a_customer(desk, name="Acme")["customer_id"]
        bob = desk.ask("register_contact", customer_id=known, name="Bob")["contact_id"]
        desk.ask("update_contact", contact_id=bob, version=1, changes={"name": "Rob"})

        assert (found(desk, "bob"), found(desk, "rob")) == ([], ["Acme"])

    def test_an_import_enters_and_changes_like_a_person(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1, name=HUAXIN), a_row(2, name="Person Two")))
        desk.imported(a_file(a_row(2, name="Zoë Zweig")))

        assert [found(desk, text) for text in ("bjhx", "two", "zoe", "person1@")] == [
            [HUAXIN], [], ["Zoë Zweig"], [HUAXIN],
        ]  # fmt: skip

    def test_a_dry_run_leaves_nothing(self, desk: Desk) -> None:
        desk.imported(a_file(a_row(1)), dry_run=True)

        assert desk.count("search_terms") == 0


class TestPages:
    def test_a_customer_of_many_matches_comes_once(self, desk: Desk) -> None:
        known = [a_customer(desk, name=f"Anna Anton {n}")["customer_id"] for n in range(5)]
        for id_ in known:
            desk.ask("register_contact", customer_id=id_, name="Anne Anders")
        seen, after = [], None
        for _ in range(10):
            page = desk.ask("search_customers", text="an", limit=2, after=after)
            seen += [one["customer_id"] for one in page["items"]]
            after = page["next"]
            if after is None:
                break

        assert (sorted(seen), after) == (sorted(known), None)

    def test_no_page_looks_at_more_names_than_allowed(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What the asker may not see costs no more than a page, and is not the end of the list."""
        monkeypatch.setattr(reads, "MAX_SCANNED", 3)
        rita = a_staff(desk)["id"]
        for n in range(7):
            a_customer(desk, name=f"Acme {n}")
        mine = a_customer(desk, name="Acme of mine", owner_id=rita)["customer_id"]
        token, seen, after = desk.token_of(rita), [], None
        for _ in range(3):
            page = desk.ask("search_customers", as_=token, text="acme", after=after)
            seen.append([one["customer_id"] for one in page["items"]])
            after = page["next"]

        assert (seen, after) == ([[], [], [mine]], None)

    def test_finds_only_whom_the_asker_may_see(self, desk: Desk) -> None:
        a_customer(desk, name="Acme", phone="+12125550123")
        rep = desk.token_of(a_staff(desk)["id"])

        assert found(desk, "acme", as_=rep) == []
        assert found(desk, "550123", as_=rep) == []

    @pytest.mark.parametrize("text", ["...", "、", "- -"])
    def test_refuses_words_without_a_letter(self, desk: Desk, text: str) -> None:
        with pytest.raises(NothingToSearch):
            desk.ask("search_customers", text=text)

    def test_refuses_a_cursor_of_another_list(self, desk: Desk) -> None:
        with pytest.raises(Invalid):
            desk.ask("search_customers", text="acme", after="bm9uc2Vuc2U=")
