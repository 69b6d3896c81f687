"""The wall around the app: security headers on every answer, hosts and origins that may ask, text no database can hold,
and one place where an unexpected error is caught, logged with an id and answered without its inside.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from layers.refusal import Refused

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

log = logging.getLogger("hetu.api")

Answer = Callable[[Request, Exception, str | None], Response]


def policy(inline: tuple[str, ...]) -> str:
    """Everything comes from here and nothing runs from inside a page, except the import map, known by its hash."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in inline
    )
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    )


# A folium map carries its own scripts inside. It may run them, in a world of its own that can reach neither this
# product's pages nor any address outside.
FOLIUM_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads"
)


class Guard:
    def __init__(self, app: ASGIApp, *, public: frozenset[str], csp: str, answer: Answer) -> None:
        """``public``: names a proxy is reached by, as they stand in an Origin; this machine is always allowed."""
        self.app, self.public, self.answer = app, public, answer
        self.hosts = LOOPBACK | {_hostname(each) for each in public}
        self.headers = {
            "content-security-policy": csp,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "same-origin",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._allow(scope)
            await self.app(scope, receive, guarded)
        except Exception as error:  # whatever comes here was foreseen by nobody, or was refused by this wall
            if started:
                raise
            incident = None
            if not isinstance(error, Refused):
                incident = secrets.token_hex(6)
                log.error("unexpected %s: %s %r", incident, scope["method"], scope["path"], exc_info=error)
            request = Request(scope, receive)
            await self.answer(request, error, incident)(scope, receive, guarded)

    def _allow(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        # Only names of this machine and of its proxy: another name that leads here would let a page elsewhere read the answers.
        if _hostname(host) not in self.hosts:
            raise Refused("host_foreign", host=host[:100])
        if "\x00" in scope["path"] or b"%00" in scope.get("query_string", b""):
            raise Refused("text_invalid")
        if scope["method"] in WRITES:
            origin = headers.get("origin")
            # A proxy may hand its own name on as Host or not; what a browser says stands in Origin.
            if origin is not None and origin.partition("://")[2] not in {host, *self.public}:
                raise Refused("origin_foreign", origin=origin[:100])
            if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
                raise Refused("origin_foreign", origin=origin or "—")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # such as an opened bracket
        return ""
