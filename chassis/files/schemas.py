"""Files, as accepted and as shown."""

import base64
import binascii
from typing import Any

from marshmallow import ValidationError, fields, post_load
from marshmallow.validate import Length, Range, Regexp

from chassis.fields import ID, Moment, line
from chassis.files.store import MAX_FILE_BYTES, PIECE_BYTES, Label
from chassis.files.tables import MAX_MEDIA_TYPE, MAX_NAME
from chassis.schemas import Accepted, Shown

MAX_BASE64 = (PIECE_BYTES + 2) // 3 * 4
MAX_PIECES = 100_000
SHA256 = Regexp(r"\A[0-9a-fA-F]{64}\Z", error="Not a SHA-256 in hexadecimal.")
_MEDIA_TYPE = Regexp(r"\A[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+\Z", error="Not a media type.")


class Bytes(fields.Field[bytes]):
    """Bytes, written in base64."""

    def _serialize(self, value: bytes | None, *_: object, **__: object) -> str | None:
        return None if value is None else base64.b64encode(value).decode()

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bytes:
        if not isinstance(value, str) or len(value) > MAX_BASE64:
            raise ValidationError(f"At most {PIECE_BYTES} bytes in base64.")
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as wrong:
            raise ValidationError("Not base64.") from wrong


class OneFile(Accepted):
    """Name a file."""

    file_id = fields.String(required=True, validate=ID)


class UploadFile(OneFile):
    """Bring the next piece of a file; the sender chooses the file's id."""

    file_id = line(64, required=True)
    number = fields.Integer(required=True, strict=True, validate=Range(0, MAX_PIECES))
    content = Bytes(required=True)
    name = line(MAX_NAME, load_default="file")
    media_type = fields.String(
        validate=[Length(1, MAX_MEDIA_TYPE), _MEDIA_TYPE], load_default="application/octet-stream"
    )

    @post_load
    def labelled(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Bring together what the first piece says of the file."""
        label = Label(data.pop("name"), data.pop("media_type"))
        return {**data, "label": label}


class FilePiece(OneFile):
    """Ask for bytes of a file from a place on."""

    start = fields.Integer(load_default=0, strict=True, validate=Range(0, MAX_FILE_BYTES))
    size = fields.Integer(load_default=PIECE_BYTES, strict=True, validate=Range(1, PIECE_BYTES))


class FileShown(Shown):
    """Show how much of a file has arrived, and what it is when it is whole."""

    file_id = fields.String()
    name = fields.String()
    media_type = fields.String()
    pieces = fields.Integer()
    bytes = fields.Integer()
    sha256 = fields.String()
    expires_at = Moment()


class PieceShown(Shown):
    """Show bytes of a file, and where the next ones start (null at the end)."""

    file_id = fields.String()
    start = fields.Integer()
    total = fields.Integer()
    sha256 = fields.String()
    content = Bytes()
    next = fields.Integer()
