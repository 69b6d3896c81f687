"""The one application: what is asked, by whom, in which language, and every address there is.

Greppable on purpose: routers are listed here by hand. A server process shows one workspace.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import errors, guard
from api.pages import (
    alternatives,
    batches,
    check,
    checks,
    delivery,
    frame,
    home,
    intake,
    layer,
    layers,
    parts,
    rule,
    rules,
    suppliers,
    withdrawal,
)
from api.rest import alternatives as rest_alternatives
from api.rest import batches as rest_batches
from api.rest import checks as rest_checks
from api.rest import documents as rest_documents
from api.rest import health, imports, originals, overrides, tiles
from api.rest import layers as rest_layers
from api.rest import reports as rest_reports
from api.rest import rules as rest_rules
from api.rest import withdrawals as rest_withdrawals
from db import deadline, session, settings

ROUTERS = (
    home.router,
    checks.router,
    check.router,
    layers.router,
    layer.router,
    withdrawal.router,
    batches.router,
    suppliers.router,  # before the pages of single deliveries, whose number could be any word
    intake.router,
    delivery.router,
    alternatives.router,
    rules.router,
    rule.router,
    parts.router,
    rest_checks.router,
    rest_documents.router,
    overrides.router,
    rest_batches.router,
    rest_alternatives.router,
    rest_rules.router,
    rest_layers.router,
    rest_withdrawals.router,
    imports.router,
    rest_reports.router,
    originals.router,
    tiles.router,
    health.router,
)


class Files(StaticFiles):
    """Files of the house, asked about again each time and sent only when they changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["cache-control"] = "no-cache"
        return answer


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    # No database is asked for here: a server starts, stays and says so while there is none.
    deadline.install()
    anyio.to_thread.current_default_thread_limiter().total_tokens = session.POOL + 4
    yield


def make(workspace: str | None = None, *, engine: Engine | None = None) -> FastAPI:
    """The application for one workspace (HETU_WORKSPACE unless named); ``engine`` stands in for its pool in tests."""
    web = settings.read(settings.Web)
    app = FastAPI(
        title="Hetu 合图",
        description="The joined map: checks of a site against every layer of a district.",
        lifespan=_life,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(
                guard.Guard,
                public=web.hosts,
                csp=guard.policy((frame.IMPORT_MAP,)),
                answer=errors.answer,
            )
        ],
    )
    app.state.workspace = workspace or web.workspace
    app.state.engine = engine
    app.state.place = None
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", Files(directory=frame.STATIC, check_dir=False), name="static")
    logging.getLogger("uvicorn.access").addFilter(_no_query)
    return app


def _no_query(record: logging.LogRecord) -> bool:
    """What people search for and where they look is nobody's business in a log."""
    if isinstance(record.args, tuple) and len(record.args) >= 3:
        parts = list(record.args)
        parts[2] = str(parts[2]).split("?")[0]
        record.args = tuple(parts)
    return True
