"""The copy of a message that failed."""

from chassis.aside import Failure, copy_of
from chassis.frames import Message

FAILURE = Failure("depot.parcels.q1", 2, "depot.events", "depot.parcel.sent.v1", "bug", "x" * 900)


def a_message(**properties: object) -> Message:
    return Message(b"body", **properties)


class TestCopyOf:
    def test_keeps_body_envelope_and_properties(self) -> None:
        message = a_message(
            message_id="m", type="t", content_type="c", application_headers={"ce-id": "1"}
        )
        copy = copy_of(message, FAILURE, for_a_person=True)

        assert copy.body == b"body"
        assert copy.properties["message_id"] == "m"
        assert copy.properties["type"] == "t"
        assert copy.properties["delivery_mode"] == 2
        assert copy.headers["ce-id"] == "1"
        assert copy.headers["x-attempt"] == 2
        assert len(copy.headers["x-reason"]) == 500

    def test_leaves_foreign_headers_and_what_would_end_it(self) -> None:
        message = a_message(
            expiration="10",
            user_id="somebody",
            reply_to="reply.x",
            application_headers={"nameko.auth_token": "t", "x-death": [], "evil": 1},
        )
        copy = copy_of(message, FAILURE, for_a_person=False)

        assert set(copy.headers) == {
            "x-attempt",
            "x-handler",
            "x-first-exchange",
            "x-first-routing-key",
            "x-reason-code",
            "x-reason",
        }
        assert not {"expiration", "user_id", "reply_to"} & set(copy.properties)
