"""Files of interactions, as accepted and as shown."""

from marshmallow import fields
from marshmallow.validate import Range

from chassis.files.schemas import SHA256
from chassis.files.store import MAX_FILE_BYTES, PIECE_BYTES
from chassis.schemas import Accepted, Shown
from services.accounts.schemas import common


class OneInteraction(Accepted):
    """Name an interaction."""

    interaction_id = common.id_(required=True)


class AttachFile(OneInteraction):
    """Name a file that was uploaded whole."""

    file_id = common.id_(required=True)
    sha256 = fields.String(required=True, validate=SHA256)


class InteractionPiece(OneInteraction):
    """Ask for bytes of a file of an interaction."""

    file_id = common.id_(required=True)
    start = fields.Integer(load_default=0, strict=True, validate=Range(0, MAX_FILE_BYTES))
    size = fields.Integer(load_default=PIECE_BYTES, strict=True, validate=Range(1, PIECE_BYTES))


class AttachedShown(Shown):
    """Show that a file belongs to an interaction."""

    interaction_id = fields.String()
    file_id = fields.String()
    attached = fields.Boolean()  # false: it did before


class NamedShown(Shown):
    """Show what a file is."""

    file_id = fields.String(attribute="id")
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    sha256 = fields.String()


class FilesShown(Shown):
    """Show the files of an interaction."""

    files = fields.List(fields.Nested(NamedShown))
