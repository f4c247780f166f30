"""Files of interactions: read by whoever sees the interaction, kept as long as it."""

import base64
import hashlib

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from services.accounts.usecases import attachments
from tests.support.accounts import Desk, a_customer, a_staff

CONTENT = "会议记录".encode()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def an_interaction(desk: Desk, **customer: str) -> str:
    id_ = a_customer(desk, **customer)["customer_id"]
    told = {"kind": "meeting", "subject": "Met", "source": "test", "source_key": id_}
    return str(desk.ask("record_interaction", customer_id=id_, **told)["interaction_id"])


def an_upload(desk: Desk, file_id: str, as_: str | None = None) -> str:
    content = base64.b64encode(CONTENT).decode()
    told = {"name": "minutes.txt", "media_type": "text/plain"}
    desk.ask("upload_file", as_=as_, file_id=file_id, number=0, content=content, **told)
    return file_id


class TestAttach:
    def test_whoever_sees_the_interaction_reads_the_file(self, desk: Desk) -> None:
        rita, other = (a_staff(desk)["id"] for _ in range(2))
        touch = an_interaction(desk, owner_id=rita)
        file_id = an_upload(desk, "f")

        desk.ask("attach_file", interaction_id=touch, file_id=file_id, sha256=DIGEST)

        token = desk.token_of(rita)
        (listed,) = desk.ask("interaction_files", as_=token, interaction_id=touch)["files"]
        named = {"interaction_id": touch, "file_id": file_id}
        piece = desk.ask("interaction_file", as_=token, **named)
        assert (listed["name"], listed["size"]) == ("minutes.txt", 12)
        assert base64.b64decode(piece["content"]) == CONTENT
        with pytest.raises(NotFound):
            desk.ask("interaction_file", as_=desk.token_of(other), **named)
        with pytest.raises(NotFound):  # not his own, and nothing else leads to it
            desk.ask("file_piece", as_=token, file_id=file_id)

    def test_again_changes_nothing_and_the_file_stays(self, desk: Desk) -> None:
        touch, file_id = an_interaction(desk), an_upload(desk, "f")
        named = {"interaction_id": touch, "file_id": file_id, "sha256": DIGEST}

        answers = [desk.ask("attach_file", **named)["attached"] for _ in range(2)]

        assert answers == [True, False]
        assert desk.count("interaction_files") == 1
        assert desk.count("timers", "WHERE kind = 'file.expired'") == 0

    def test_refuses_a_damaged_file_a_foreign_one_and_one_too_many(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(attachments, "MAX_FILES", 1)
        rita = desk.token_of(a_staff(desk)["id"])
        touch = an_interaction(desk)
        one, two, foreign = an_upload(desk, "f"), an_upload(desk, "g"), an_upload(desk, "h", rita)
        director = desk.token_of(a_staff(desk, "sales_director")["id"])

        with pytest.raises(Invalid) as damaged:
            desk.ask("attach_file", interaction_id=touch, file_id=one, sha256="0" * 64)
        with pytest.raises(NotFound):
            desk.ask(
                "attach_file", as_=director, interaction_id=touch, file_id=foreign, sha256=DIGEST
            )
        desk.ask("attach_file", interaction_id=touch, file_id=one, sha256=DIGEST)
        with pytest.raises(Conflict) as many:
            desk.ask("attach_file", interaction_id=touch, file_id=two, sha256=DIGEST)

        assert damaged.value.code == "file.damaged"
        assert many.value.code == "accounts.interaction.too_many_files"
        assert desk.count("interaction_files") == 1
