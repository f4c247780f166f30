"""What the proof of mails finds when something is planted."""

import pytest

from chaos.proofs.mails import unlike, unlisted


def a_send(number: int, status: str = "sent", campaign: str | None = "c1") -> dict[str, object]:
    return {
        "id": f"s{number}", "campaign_id": campaign, "message_id": f"s{number}@rapport.invalid",
        "status": status,
    }  # fmt: skip


def a_mail(number: int, recipient: str = "ada@example.com") -> tuple[str, str]:
    return f"s{number}@rapport.invalid", recipient


def test_nothing_is_wrong_with_one_mail_for_each_that_was_sent() -> None:
    sends = [a_send(1), a_send(2, "refused"), a_send(3, "suppressed"), a_send(4, "unknown")]

    assert list(unlike(sends, [a_mail(1)])) == []
    assert list(unlike(sends, [a_mail(1), a_mail(4, "bob@example.com")])) == []
    assert list(unlisted(sends, ["s4"])) == []


@pytest.mark.parametrize(
    ("sends", "arrived", "found"),
    [
        ([a_send(1)], [a_mail(1), a_mail(1)], "ada@example.com got 2 mails of c1"),
        ([a_send(1), a_send(2)], [a_mail(1), a_mail(2)], "ada@example.com got 2 mails of c1"),
        ([a_send(1, campaign=None)], [a_mail(1)] * 3,
         "ada@example.com got 3 mails of s1@rapport.invalid"),
        ([a_send(1, "unknown")], [a_mail(1), a_mail(1)], "ada@example.com got 2 mails of c1"),
        ([a_send(1)], [],
         "the message s1 is told sent, and the mail server has no such mail"),
        ([a_send(1, "refused")], [a_mail(1)],
         "the message s1 is told refused, and the mail server has it"),
        ([a_send(1, "sending")], [], "the message s1 has no fate: it is sending"),
        ([], [a_mail(1)], "the mail s1@rapport.invalid is none that was planned"),
    ],
)  # fmt: skip
def test_says_what_was_planted(
    sends: list[object], arrived: list[tuple[str, str]], found: str
) -> None:
    assert list(unlike(sends, arrived)) == [found]


def test_one_customer_may_get_two_campaigns_and_one_campaign_has_many_customers() -> None:
    sends = [a_send(1), a_send(2, campaign="c2"), a_send(3)]

    assert list(unlike(sends, [a_mail(1), a_mail(2), a_mail(3, "bob@example.com")])) == []


def test_says_which_unknown_fate_nobody_is_told_of() -> None:
    sends = [a_send(1, "unknown"), a_send(2)]

    assert list(unlisted(sends, ["s2"])) == [
        "the fate of message s1 is unknown, and nobody is told so",
        "the fate of message s2 is listed as unknown, and it is known",
    ]
