"""What leaves the house: the bundle of an approval, and the public keys that verify it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from rest_framework import permissions, renderers
from rest_framework.response import Response

from api.operation import Endpoint, operation
from governance.approvals import selectors
from governance.exports import bundle


class ZipRenderer(renderers.JSONRenderer):
    """A ZIP archive as it was made; a refusal goes out as any other."""

    media_type = "application/zip"
    format = "zip"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Return the bytes of the archive, or of the refusal."""
        return data if isinstance(data, bytes) else super().render(data, accepted_media_type, renderer_context)


class KeysRenderer(ZipRenderer):
    """A file of public keys."""

    media_type = "text/plain"
    format = "txt"


class Bundle(Endpoint):
    """The evidence of an approval for somebody without an account."""

    renderer_classes = [ZipRenderer, renderers.JSONRenderer]

    @operation(
        "exports_bundle_read",
        summary="The bundle that verifies an approval offline; 409 with the code not-integrated: ask again",
        response_schema=OpenApiTypes.BINARY,
    )
    def get(self, given: dict[str, Any], approval: int) -> Response:
        found = selectors.approval(approval_id=approval, by=self.by)
        name = f'attachment; filename="approval-{found.pk}.bundle.zip"'
        data = bundle.write_bundle(approval=found, **self.acting)
        return Response(data, headers={"Content-Disposition": name}, content_type=ZipRenderer.media_type)


class Keys(Endpoint):
    """Public keys, for everybody."""

    permission_classes = [permissions.AllowAny]
    renderer_classes = [KeysRenderer, renderers.JSONRenderer]

    @operation("log_keys", summary="The public keys of log and attestations", response_schema=OpenApiTypes.STR)
    def get(self, given: dict[str, Any]) -> Response:
        return Response(bundle.public_keys(), content_type="text/plain; charset=utf-8")
