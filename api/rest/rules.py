"""The rulebook for programs: every rule with its law, one rule with its versions and its entry in the manual."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from api import rules
from api.auth import CheckRead
from api.ground import Workspace
from api.numbers import BEIJING

router = APIRouter(prefix="/api/rules", tags=["rules"])


@router.get("")
def every(actor: CheckRead, ground: Workspace) -> dict[str, Any]:
    """The rules in use, with how many there are of each effect and how many legal references of each standing."""
    with ground.read() as connection:
        book = rules.read(connection)
    found = rules.listed(book, datetime.now(BEIJING).date())
    return {
        "rulebook": None if book is None else {"id": book.id, "digest": book.digest},
        "counts": rules.counts(found),
        "groups": [
            {"code": group.code, "name": group.name, "name_en": group.name_en}
            for group in (book.groups if book else ())
        ],
        "rules": [rules.body(each) for each in found],
    }


@router.get("/{code}")
def one(actor: CheckRead, ground: Workspace, code: str) -> dict[str, Any]:
    with ground.read() as connection:
        return rules.whole(rules.one(rules.read(connection), code, datetime.now(BEIJING).date()))
