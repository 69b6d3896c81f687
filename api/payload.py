"""What arrives from outside, bounded before anybody looks at it: JSON that is finite, shallow and sane, files streamed to disk,
and the words that stand in addresses and headers.

It knows nothing of sites or layers; whether a geometry is one is decided in ``gis.site``.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, BinaryIO

from fastapi import Depends, Header, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.types import Message

from db.errors import GroundError
from gis import quarantine
from layers.refusal import Refused

JSON_BYTES = 5 * 1024 * 1024
FORM_BYTES = 64 * 1024
UPLOAD_BYTES = 256 * 1024 * 1024
DEPTH = 32  # a feature collection of multi-polygons needs nine
LARGEST = 2**63 - 1
CHUNK = 1024 * 1024
KEY = re.compile(r"[\x21-\x7e]{1,200}")
CHECK_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
SURROGATE = re.compile("[\ud800-\udfff]")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Refused("json_number", got=text[:40])
    return number


def _whole(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) > LARGEST:
        raise Refused("json_number", got=text[:40])
    return number


def _constant(text: str) -> float:
    raise Refused("json_number", got=text)


def parse(body: bytes) -> Any:
    """JSON without NaN, Infinity, numbers beyond 64 bits, NUL, lone surrogates or nesting beyond ``DEPTH``."""
    try:
        value = json.loads(
            body.decode("utf-8"), parse_float=_finite, parse_int=_whole, parse_constant=_constant
        )
    except RecursionError:
        raise Refused("json_depth", most=DEPTH) from None
    except UnicodeDecodeError as error:
        raise Refused("json_encoding", position=error.start) from None
    except json.JSONDecodeError as error:
        raise Refused("json_syntax", line=error.lineno, column=error.colno) from None
    _sane(value)
    return value


def _sane(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        if depth > DEPTH:
            raise Refused("json_depth", most=DEPTH)
        if isinstance(each, str):
            text(each)
        elif isinstance(each, dict):
            for key, inner in each.items():
                text(key)
                waiting.append((inner, depth + 1))
        elif isinstance(each, list):
            waiting.extend((inner, depth + 1) for inner in each if not isinstance(inner, (int, float)))


def text(value: str) -> str:
    """Text that can be stored and written back: no NUL, no half of a surrogate pair."""
    if "\x00" in value or SURROGATE.search(value):
        raise Refused("text_invalid")
    return value


def _bounded(request: Request, most: int) -> Request:
    """The same request, refused as soon as more than ``most`` bytes are announced or arrive. A body nobody reads costs nothing."""
    announced = request.headers.get("content-length", "0")
    if not announced.isascii() or not announced.isdigit() or len(announced) > 12 or int(announced) > most:
        raise Refused("body_too_large")
    arrived = 0

    async def receive() -> Message:
        nonlocal arrived
        message = await request.receive()
        arrived += len(message.get("body", b""))
        if arrived > most:
            raise Refused("body_too_large")
        return message

    return Request(request.scope, receive)


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body as it was sent, and what it says."""

    raw: bytes
    value: dict[str, Any]


async def json_body(request: Request) -> Body:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused("json_expected", got=kind or "—")
    raw = await _bounded(request, JSON_BYTES).body()
    value = await run_in_threadpool(parse, raw)
    if not isinstance(value, dict):
        raise Refused("json_object")
    return Body(raw, value)


JsonBody = Annotated[Body, Depends(json_body)]


async def maybe_json(request: Request) -> Body:
    """A JSON body, or none at all, which says nothing."""
    raw = await _bounded(request, JSON_BYTES).body()
    if not raw:
        return Body(b"", {})
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused("json_expected", got=kind or "—")
    value = await run_in_threadpool(parse, raw)
    if not isinstance(value, dict):
        raise Refused("json_object")
    return Body(raw, value)


MaybeJson = Annotated[Body, Depends(maybe_json)]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was handed over, on disk for as long as the request lasts, and the fields sent with it."""

    path: Path
    name: str
    sha256: str
    size: int
    fields: dict[str, str]


async def upload(request: Request) -> AsyncIterator[Upload]:
    """One file of a multipart form, streamed to a folder of its own."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refused("file_expected")
    try:
        form = await _bounded(request, UPLOAD_BYTES).form(max_files=1, max_fields=16, max_part_size=64 * 1024)
    except (MultiPartException, HTTPException):
        raise Refused("form_unreadable") from None
    except OSError as error:
        if quarantine.is_full(
            error
        ):  # starlette lays a large file in the system's temporary folder while it arrives
            raise GroundError("disk_full", folder=tempfile.gettempdir()) from error
        raise
    try:
        given = form.get("file")
        if not isinstance(given, UploadFile):
            raise Refused("file_expected")
        fields = {name: text(value) for name, value in form.items() if isinstance(value, str)}
        with quarantine.room("upload") as room:
            path = room / safe_name(given.filename or "")
            digest, size = await run_in_threadpool(_keep, given.file, path)
            if size == 0:
                raise Refused("file_empty", file=path.name)
            yield Upload(path, path.name, digest, size, fields)
    finally:
        await form.close()


UploadedFile = Annotated[Upload, Depends(upload)]


async def form_body(request: Request) -> dict[str, str]:
    """The fields of a small form without files."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused("form_unreadable")
    form = await _bounded(request, FORM_BYTES).form()
    return {text(name): text(value) for name, value in form.items() if isinstance(value, str)}


Form = Annotated[dict[str, str], Depends(form_body)]


def safe_name(given: str) -> str:
    """The last part of a file name without anything a file system or a terminal would obey; Chinese stays."""
    name = PurePosixPath(given.replace("\\", "/")).name
    name = "".join(each for each in name if each.isprintable() and each not in '<>:"|?*').strip(". ")
    name = SURROGATE.sub("", name)
    while len(name.encode()) > 200:
        name = name[1:]
    return name or "upload"


def _keep(source: BinaryIO, path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    quarantine.check_space(path.parent, source.seek(0, os.SEEK_END), path.name)
    source.seek(0)
    with path.open("xb") as target:
        while part := source.read(CHUNK):
            target.write(part)
            digest.update(part)
            size += len(part)
    return digest.hexdigest(), size


def number(value: Any, field: str, *, above: float = 0.0, most: float) -> float | None:
    """A bounded number of a form or a body; absent is None."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool):
            raise ValueError
        got = float(value)
    except (TypeError, ValueError, OverflowError):
        raise Refused("field_number", field=field, got=str(value)[:40]) from None
    if not math.isfinite(got) or not above < got <= most:
        raise Refused("field_range", field=field, got=str(value)[:40], above=above, most=most)
    return got


def check_id(given: str) -> str:
    """A word that could be a check's number; anything else is a check that is not there."""
    if not CHECK_ID.fullmatch(given):
        raise Refused("check_unknown", check=given)
    return given


def idempotency_key(
    given: Annotated[
        str | None, Header(alias="Idempotency-Key", description="A repeat gives the first answer.")
    ] = None,
) -> str | None:
    if given is not None and not KEY.fullmatch(given):
        raise Refused("idempotency_key")
    return given


Key = Annotated[str | None, Depends(idempotency_key)]
