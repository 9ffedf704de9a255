"""What several domains say in the same way."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NoReturn

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from governance import choices
from governance.audit.sealed import read_together
from governance.systems.models import CONTEXT_PATTERN, KEY_PATTERN

LARGEST_INTEGER = 2_147_483_647
LARGEST_ID = 9_223_372_036_854_775_807


@extend_schema_field({"type": "object", "additionalProperties": {}})
class DocumentField(serializers.JSONField):
    """A JSON object that goes out as it is recorded."""


@extend_schema_field({"type": "array", "items": {}})
class RowsField(serializers.JSONField):
    """A JSON array that goes out as it is recorded."""


class OneOf(serializers.ChoiceField):
    """One of several words. Another is refused with all of them, the nearest first."""

    def fail(self, key: str, **given: Any) -> NoReturn:
        """Raise ValidationError, in words that say what could have been chosen."""
        if key == "invalid_choice":
            word = str(given["input"])[:64]
            legal = [str(choice) for choice in self.choices]
            raise serializers.ValidationError(f"“{word}” is not known here. {choices.remedy(word, legal)}", code=key)
        super().fail(key, **given)


class Moment(serializers.DateTimeField):
    """A time with its offset. One without is refused: nobody knows which hour it means."""

    def enforce_timezone(self, value: datetime) -> datetime:
        """Return the time in the site's zone; raise ValidationError for one without an offset."""
        if value.tzinfo is None:
            remedy = f"Write {value.replace(microsecond=0).isoformat()}Z if it is UTC, or end it with another offset."
            raise serializers.ValidationError(f"The time has no offset. {remedy}", code="no-offset")
        return super().enforce_timezone(value)


class ReadTogether(serializers.ListSerializer):
    """Rows whose sealed texts, and those of their endings, are read in one query."""

    def to_representation(self, data: Any) -> list[Any]:
        """Return the rows as they go out."""
        rows = list(data)
        endings = [ending for row in rows if (ending := getattr(row, "ending", None))]
        read_together([*rows, *endings])
        return list(super().to_representation(rows))


class Person(serializers.Serializer):
    """Somebody who acted, by the opaque id that the log knows."""

    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()

    def get_name(self, user: Any) -> str:
        """Return the name, or that it was erased."""
        return user.name or "erased"


def key_field(**options: Any) -> serializers.RegexField:
    """A slug such as `benefits-helpdesk`."""
    return serializers.RegexField(KEY_PATTERN, max_length=60, **options)


def context_field(**options: Any) -> serializers.RegexField:
    """A context's key such as `eu/helpdesk/public`."""
    return serializers.RegexField(CONTEXT_PATTERN, max_length=120, **options)


def text_field(**options: Any) -> serializers.CharField:
    """Free text of a sentence to some pages."""
    return serializers.CharField(**{"max_length": 20_000} | options)


def digest_field(**options: Any) -> serializers.RegexField:
    """A SHA-256 in hexadecimal."""
    return serializers.RegexField(r"^[0-9a-f]{64}$", **options)


def model_field(**options: Any) -> serializers.CharField:
    """`models:/NAME/VERSION`."""
    return serializers.CharField(max_length=600, help_text="models:/NAME/VERSION", **options)
