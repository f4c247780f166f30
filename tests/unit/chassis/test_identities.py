"""Whether a text says who somebody is: a mail or a number, however it is written, and nobody else's."""

import pytest

from chassis.identities import identities

WHO = identities(
    [
        {"kind": "mail", "value": "ann@x.org", "system": None},
        {"kind": "phone", "value": "+12125557733", "system": None},
        {"kind": "phone", "value": "+4917012345678", "system": None},
        {"kind": "phone", "value": "+861088881234", "system": None},
        {"kind": "key", "value": "K-17", "system": "shop"},
    ]
)


class TestSaidIn:
    @pytest.mark.parametrize(
        "text",
        [
            "ann@x.org", "<Ann@X.org>", "write to ann@x.org.", "(212) 555-7733", "12125557733",
            "+1 212 555 7733 x12", "0012125557733", "call 212.555.7733 please",
            "order 9, 2125557733", '{"n": "tel:+12125557733"}', "0170 1234 5678",
            "+49 170 12345678 or so", "010-88881234 找", "电话０１０８８８８１２３４",
        ],
    )  # fmt: skip
    def test_finds_the_person(self, text: str) -> None:
        assert WHO.said_in(text)

    @pytest.mark.parametrize(
        "text",
        [
            "joann@x.org", "ann@x.org.uk", "ann@x.organic", "212-555-7734", "+442125557733",
            "99212555773301", "117012345678", "K-17", "", "a" * 1000,
        ],
    )  # fmt: skip
    def test_takes_nobody_else_for_it(self, text: str) -> None:
        assert not WHO.said_in(text)


class TestKeyedIn:
    @pytest.mark.parametrize(
        ("keys", "expected"),
        [
            ({"shop": "K-17"}, True),
            ({"erp": "K-17"}, False),
            ({"shop": "K-171"}, False),
            ({}, False),
        ],
    )
    def test_a_key_is_one_of_its_system(self, keys: dict[str, str], expected: bool) -> None:
        assert WHO.keyed_in(keys) is expected


class TestWhatIsNoNumber:
    def test_says_nothing(self) -> None:
        odd = identities([{"kind": "phone", "value": "+", "system": None}])

        assert odd.numbers == {}
        assert not odd.said_in("+ 1")


class TestToldBy:
    """Among the records of one customer a name says who it is, too; elsewhere never."""

    WHO = identities(
        [
            {"kind": "name", "value": "Zoë Müller-Lee", "system": None},
            {"kind": "name", "value": "王小明", "system": None},
            {"kind": "mail", "value": "zoe@x.org", "system": None},
        ]
    )

    @pytest.mark.parametrize(
        "value",
        [
            "ZOË  MÜLLER-LEE rang", "(zoë müller-lee)", "昨天王小明来电", "write to zoe@x.org",
            {"a": ["no", {"b": "Zoë Müller-Lee"}]}, "Zoe\u0308 Müller-Lee",
        ],
    )  # fmt: skip
    def test_finds_the_person(self, value: object) -> None:
        assert self.WHO.told_by(value)

    @pytest.mark.parametrize(
        "value",
        ["Zoë Müller-Leeds", "Zoë", "joezoë müller-lee", "王小", None, 7, {"Zoë Müller-Lee": 1}],
    )
    def test_takes_nobody_else_for_it(self, value: object) -> None:
        assert not self.WHO.told_by(value)

    def test_a_name_says_nothing_where_anybody_may_be_meant(self) -> None:
        assert not self.WHO.said_in("Zoë Müller-Lee")
