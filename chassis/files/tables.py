"""What a service stores of files; the same two tables in every database."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PERSONAL, Base, OwnedRecord

MAX_NAME = 200
MAX_MEDIA_TYPE = 120


class File(OwnedRecord):
    """A file: seen by who brought it, or by whom it was made for."""

    __tablename__ = "files"

    name: Mapped[str] = mapped_column(String(MAX_NAME), info=PERSONAL)  # people write it freely
    media_type: Mapped[str] = mapped_column(String(MAX_MEDIA_TYPE))
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes; None until it is whole
    sha256: Mapped[str | None] = mapped_column(String(64))  # None until it is whole
    expires_at: Mapped[datetime | None]  # None: as long as what it belongs to


class FilePiece(Base):
    """A piece of a file's content, counted from 0."""

    __tablename__ = "file_pieces"

    file_id: Mapped[str] = mapped_column(ForeignKey("files.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    start: Mapped[int] = mapped_column(BigInteger)  # where in the file it begins, bytes
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
