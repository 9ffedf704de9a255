"""Who is locked out of signing in: from one network address, one person after some tries, and everybody after many."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

IPV6_PREFIX = 64
"""What one subscriber has (RFC 6177): whoever has one address of it has all of them."""

LONGEST_NAME = 254


class Handler(AxesDatabaseHandler):
    """Counts wrong tries as one person from one network address, and as anybody from there, each with its own limit.

    Neither counts tries from elsewhere, so nobody can lock somebody out of the place where that person sits.
    """

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Return the wrong tries, in the unit of AXES_FAILURE_LIMIT, from which on there is a lock."""
        one, anybody = (
            attempts.aggregate(found=Sum("failures_since_start"))["found"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        )
        return max(one, anybody * settings.AXES_FAILURE_LIMIT // settings.FAILURES_FROM_AN_ADDRESS)


def client_address(request: HttpRequest) -> str:
    """Return the network address that a request came from: for IPv6, that of its /64.

    Behind a proxy (EDGEWISE_BEHIND_PROXY) that is the last entry of X-Forwarded-For, which the proxy added; what a
    client wrote itself stands before it and is never believed. Without a proxy the header means nothing.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    if not settings.BEHIND_PROXY:
        return _network(peer) or peer
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
    return _network(forwarded) or _network(peer) or peer


def sign_in_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Return the name that somebody tries to sign in with, in one spelling, since signing in heeds no case."""
    given = credentials or request.POST
    return str(given.get("username") or "").strip().casefold()[:LONGEST_NAME]


def _network(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(getattr(address, "ipv4_mapped", None) or address)
