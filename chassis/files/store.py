"""Take files in and give them out in pieces; make them, close them, forget them.

A service offers files by four rows on its page: ``upload_file`` (``upload``), ``file_piece``
(``piece``), ``file_status`` (``status``) and the timer ``EXPIRED`` (``forget``). What a file is for
is the service's business: it calls ``whole`` when somebody means to use one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, delete, select

from chassis.caller import Scope
from chassis.errors import Conflict, Invalid, NotFound
from chassis.files.tables import File, FilePiece
from chassis.visibility import visible
from chassis.work import Work

PIECE_BYTES = 700 * 1024  # its base64 form fits into an RPC body of 1 MiB
MAX_FILE_BYTES = 256 * 1024 * 1024
KEPT = timedelta(days=30)
EXPIRED = "file.expired"  # the timer that forgets a file


class PieceOutOfOrder(Conflict):
    """Refuse a piece of a file that does not follow the last one."""

    code = "file.piece_order"


class PieceDiffers(Conflict):
    """Refuse a piece of a file that was sent before with another content."""

    code = "file.piece_differs"


class FileWhole(Conflict):
    """Refuse to add to a file that is in use."""

    code = "file.whole"


class FileUnfinished(Conflict):
    """Refuse to give out a file whose end is not there yet."""

    code = "file.unfinished"


class FileTooLarge(Invalid):
    """Refuse more bytes than a file may have."""

    code = "file.too_large"


class FileDamaged(Invalid):
    """Refuse a file that is not what its sender sent."""

    code = "file.damaged"


@dataclass(frozen=True, slots=True)
class Label:
    """What a file is called, and what kind of content it has."""

    name: str
    media_type: str


def upload(
    work: Work, *, file_id: str, number: int, content: bytes, label: Label
) -> dict[str, object]:
    """Take the next piece of a file, counted from 0; the same piece again changes nothing.

    :raises FileTooLarge: if the piece or the file is too large.
    :raises PieceOutOfOrder: if it is not the next one.
    :raises PieceDiffers: if it was sent before with another content.
    :raises FileWhole: if the file is in use already.
    """
    if not 0 < len(content) <= PIECE_BYTES:
        raise FileTooLarge(f"A piece of a file has 1 to {PIECE_BYTES} bytes.")
    file = _held(work, file_id)
    if file is None:
        if number > 0:
            raise PieceOutOfOrder("Pieces come in order.", detail={"expected": 0})
        file = make(work, label, file_id=file_id)
    count, size = _so_far(work, file_id)
    if number < count:
        _demand_same(work, (file_id, number), content)
    elif number > count:
        raise PieceOutOfOrder("Pieces come in order.", detail={"expected": count})
    elif file.sha256 is not None:
        raise FileWhole("This file is in use; send another one under another id.")
    else:
        _put(work, file_id, (count, size), content)
    return _shown(work, file)


def status(work: Work, *, file_id: str) -> dict[str, object]:
    """Return how much of a file has arrived, and what it is when it is whole."""
    return _shown(work, mine(work, file_id))


def piece(work: Work, *, file_id: str, start: int, size: int) -> dict[str, object]:
    """Return bytes of a whole file from a place on.

    :raises FileUnfinished: if its end is not there yet.
    """
    return read_piece(work, mine(work, file_id), start, size)


def read_piece(work: Work, file: File, start: int, size: int = PIECE_BYTES) -> dict[str, object]:
    """Return bytes of a whole file that the caller may read for a reason of the service's own.

    :raises FileUnfinished: if its end is not there yet.
    """
    if file.sha256 is None or file.size is None:
        raise FileUnfinished("This file is still being written.")
    content = window(work, file.id, start, size)
    end = start + len(content)
    return {
        "file_id": file.id, "start": start, "total": file.size, "sha256": file.sha256,
        "content": content, "next": end if end < file.size else None,
    }  # fmt: skip


def mine(work: Work, file_id: str) -> File:
    """Load a file that is the caller's own, however far the caller sees otherwise.

    :raises NotFound: if there is none.
    """
    file = work.session.scalar(_own(work, file_id))
    if file is None:
        raise NotFound("There is no file with this id.", code="file.not_found")
    return file


def make(
    work: Work, label: Label, *, file_id: str = "", owner_id: str | None = None,
    kept: timedelta = KEPT,
) -> File:  # fmt: skip
    """Begin a file for somebody (whoever asks, unless named); it is forgotten when its time is over."""
    file = work.add(
        File(
            id=file_id or None,
            name=label.name,
            media_type=label.media_type,
            owner_id=owner_id or work.caller.staff_id,
            expires_at=work.now + kept,
        )
    )
    work.flush()  # its pieces refer to it
    work.at(work.now + kept, EXPIRED, file.id, {})
    return file


def append(work: Work, file_id: str, content: bytes) -> None:
    """Write on in a file that the service itself makes.

    :raises FileTooLarge: if it would become larger than a file may be.
    """
    for start in range(0, len(content), PIECE_BYTES):
        _put(work, file_id, _so_far(work, file_id), content[start : start + PIECE_BYTES])


def whole(work: Work, file: File, sha256: str | None = None) -> File:
    """Close a file: nothing is added any more, and its checksum is known.

    :raises FileDamaged: if its SHA-256 is not this one.
    """
    if file.sha256 is None:
        _held(work, file.id)  # whoever adds a piece now waits, and finds it closed
        digest = hashlib.sha256()
        size = 0
        for content in _contents(work, file.id):
            digest.update(content)
            size += len(content)
        file.sha256, file.size = digest.hexdigest(), size
    if sha256 is not None and file.sha256 != sha256.lower():
        raise FileDamaged("The file that arrived is not the one that was sent.")
    return file


def keep(work: Work, file: File) -> None:
    """Let a file stay as long as what it belongs to."""
    file.expires_at = None
    work.cancel(EXPIRED, file.id)


def forget(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Delete a file whose time is over."""
    del data  # the key is its id
    file = _held(work, key)
    if file is not None:
        work.session.execute(delete(FilePiece).where(FilePiece.file_id == key))
        work.remove(file)


def window(work: Work, file_id: str, start: int, size: int) -> bytes:
    """Return bytes of a file from a place on, at most ``size``; fewer only at its end."""
    query = select(FilePiece.start, FilePiece.content).where(
        FilePiece.file_id == file_id,
        FilePiece.start < start + size,
        FilePiece.start + FilePiece.size > start,
    )
    rows = work.session.execute(query.order_by(FilePiece.number))
    pieces = [row.content[max(0, start - row.start) : start + size - row.start] for row in rows]
    return b"".join(pieces)


def _held(work: Work, file_id: str) -> File | None:
    """Load a file that the caller sees, and keep others from changing it until this is done."""
    return work.session.scalar(_own(work, file_id).with_for_update())


def _own(work: Work, file_id: str) -> Select[File]:
    return select(File).where(File.id == file_id, *visible(work.caller, Scope.OWN, File))


def _so_far(work: Work, file_id: str) -> tuple[int, int]:
    """Return how many pieces of a file there are, and how many bytes."""
    query = select(FilePiece.number, FilePiece.start, FilePiece.size)
    last = query.where(FilePiece.file_id == file_id).order_by(FilePiece.number.desc()).limit(1)
    row = work.session.execute(last).one_or_none()
    return (0, 0) if row is None else (row.number + 1, row.start + row.size)


def _demand_same(work: Work, place: tuple[str, int], content: bytes) -> None:
    query = select(FilePiece.sha256).where(
        FilePiece.file_id == place[0], FilePiece.number == place[1]
    )
    if work.session.scalar(query) != hashlib.sha256(content).hexdigest():
        raise PieceDiffers("This piece was sent before with another content.")


def _put(work: Work, file_id: str, place: tuple[int, int], content: bytes) -> None:
    number, start = place
    if start + len(content) > MAX_FILE_BYTES:
        raise FileTooLarge(f"A file has at most {MAX_FILE_BYTES} bytes.")
    digest = hashlib.sha256(content).hexdigest()
    work.session.add(
        FilePiece(
            file_id=file_id, number=number, start=start, size=len(content),
            sha256=digest, content=content,
        )
    )  # fmt: skip
    work.flush()


def _contents(work: Work, file_id: str) -> Iterator[bytes]:
    """Yield the pieces of a file in order, without holding all of it."""
    start = 0
    while content := window(work, file_id, start, PIECE_BYTES):
        yield content
        start += len(content)


def _shown(work: Work, file: File) -> dict[str, object]:
    pieces, size = _so_far(work, file.id)
    return {
        "file_id": file.id, "name": file.name, "media_type": file.media_type, "pieces": pieces,
        "bytes": size, "sha256": file.sha256, "expires_at": file.expires_at,
    }  # fmt: skip
