"""Fields that more than one schema needs."""

from marshmallow.validate import Length, Regexp

MAX_NOTE = 2000
E164 = Regexp(r"\A\+[1-9][0-9]{6,14}\Z", error="Not a public number (such as +8613800138000).")
NOTE = Length(1, MAX_NOTE)
