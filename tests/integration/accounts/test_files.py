"""Files in pieces: in order, each once, somebody's own, given out by range, and for a time."""

import base64
import hashlib

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from chassis.files import store
from chassis.files.store import PIECE_BYTES
from tests.support.accounts import Desk, a_staff

ONE, TWO = base64.b64encode(b"one").decode(), base64.b64encode(b"two").decode()


def a_whole_file(desk: Desk, content: bytes, token: str) -> str:
    """Upload a file in pieces of ten bytes and close it, as whoever uses it does."""
    for number, start in enumerate(range(0, len(content), 10)):
        piece = base64.b64encode(content[start : start + 10]).decode()
        desk.ask("upload_file", as_=token, file_id="f", number=number, content=piece)
    with desk.work() as work:
        store.whole(work, store.mine(work, "f"), hashlib.sha256(content).hexdigest())
    return "f"


class TestUpload:
    def test_pieces_come_in_order_and_the_same_piece_twice_is_one(self, desk: Desk) -> None:
        first = desk.ask("upload_file", file_id="f", number=0, content=ONE, name="a.csv")
        again = desk.ask("upload_file", file_id="f", number=0, content=ONE)

        assert first == again
        assert (first["pieces"], first["bytes"], first["name"]) == (1, 3, "a.csv")
        with pytest.raises(Conflict) as gap:
            desk.ask("upload_file", file_id="f", number=2, content=ONE)
        with pytest.raises(Conflict) as other:
            desk.ask("upload_file", file_id="f", number=0, content=TWO)
        assert gap.value.code == "file.piece_order"
        assert other.value.code == "file.piece_differs"
        assert desk.count("file_pieces") == 1

    def test_begins_with_the_first_piece(self, desk: Desk) -> None:
        with pytest.raises(Conflict) as refused:
            desk.ask("upload_file", file_id="f", number=1, content=ONE)

        assert (refused.value.code, refused.value.detail) == ("file.piece_order", {"expected": 0})
        assert desk.count("files") == 0

    def test_refuses_a_piece_that_is_too_large(self, desk: Desk) -> None:
        content = base64.b64encode(b"x" * (PIECE_BYTES + 3)).decode()

        with pytest.raises(Invalid):
            desk.ask("upload_file", file_id="f", number=0, content=content)

    def test_refuses_a_file_that_is_too_large(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.files.store.MAX_FILE_BYTES", 5)
        desk.ask("upload_file", file_id="f", number=0, content=ONE)

        with pytest.raises(Invalid) as refused:
            desk.ask("upload_file", file_id="f", number=1, content=TWO)

        assert refused.value.code == "file.too_large"
        assert desk.count("file_pieces") == 1

    def test_nobody_adds_to_what_somebody_else_began(self, desk: Desk) -> None:
        ann, bob = (desk.token_of(a_staff(desk)["id"]) for _ in range(2))
        desk.ask("upload_file", as_=ann, file_id="f", number=0, content=ONE)

        with pytest.raises(Conflict):
            desk.ask("upload_file", as_=bob, file_id="f", number=1, content=TWO)
        with pytest.raises(Conflict):
            desk.ask("upload_file", as_=bob, file_id="f", number=0, content=ONE)

        assert desk.count("file_pieces") == 1


class TestDownload:
    def test_gives_bytes_by_range_up_to_the_end(self, desk: Desk) -> None:
        ann = desk.token_of(a_staff(desk)["id"])
        content = b"the quick brown fox jumps over the lazy dog"
        file_id = a_whole_file(desk, content, ann)

        middle = desk.ask("file_piece", as_=ann, file_id=file_id, start=8, size=15)
        last = desk.ask("file_piece", as_=ann, file_id=file_id, start=40)

        assert base64.b64decode(middle["content"]) == content[8:23]
        assert (middle["next"], middle["total"]) == (23, 43)
        assert middle["sha256"] == hashlib.sha256(content).hexdigest()
        assert (base64.b64decode(last["content"]), last["next"]) == (b"dog", None)

    def test_refuses_a_file_whose_end_is_not_there(self, desk: Desk) -> None:
        desk.ask("upload_file", file_id="f", number=0, content=ONE)

        with pytest.raises(Conflict) as refused:
            desk.ask("file_piece", file_id="f")

        assert refused.value.code == "file.unfinished"

    @pytest.mark.parametrize("role", ["rep", "general_manager", "admin"])
    def test_shows_nobody_elses_file_whatever_the_role(self, desk: Desk, role: str) -> None:
        ann = desk.token_of(a_staff(desk)["id"])
        other = desk.token_of(a_staff(desk, role)["id"])
        file_id = a_whole_file(desk, b"secret", ann)

        with pytest.raises(NotFound):
            desk.ask("file_piece", as_=other, file_id=file_id)
        with pytest.raises(NotFound):
            desk.ask("file_status", as_=other, file_id=file_id)

        assert desk.ask("file_status", as_=ann, file_id=file_id)["bytes"] == 6


class TestRetention:
    def test_a_file_is_forgotten_after_its_time(self, desk: Desk) -> None:
        desk.ask("upload_file", file_id="f", number=0, content=ONE)

        with desk.work() as work:
            desk.runtime.timers["file.expired"](work, key="f", data={})

        assert desk.count("timers", "WHERE kind = 'file.expired' AND key = 'f'") == 1
        assert (desk.count("files"), desk.count("file_pieces")) == (0, 0)
        assert desk.count("audit", "WHERE record_kind = 'files' AND verb = 'deleted'") == 1
