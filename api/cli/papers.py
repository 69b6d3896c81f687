"""What a check is kept as beside the terminal: which documents were asked for, what each file is called, and where it goes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from api.cli import terminal
from layers.refusal import Refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.documents.writing import Kind
    from layers.model import Grade

ENDINGS = {
    "pdf": ".pdf",
    "docx": ".docx",
    "xlsx": ".xlsx",
    "csv": ".csv",
    "gpkg": ".gpkg",
    "geojson": ".geojson",
    "txt": ".txt",
    "map": ".html",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """``given``: a file, a folder, or nothing: then it is called after what it tells, in the current folder."""

    kind: str
    given: str

    def path(self, name: str) -> Path:
        called = f"hetu-{name}{ENDINGS[self.kind]}"
        if not self.given:
            return Path(called)
        chosen = Path(self.given).expanduser()
        return chosen / called if chosen.is_dir() or self.given.endswith("/") else chosen

    def keep(self, content: bytes, name: str) -> Path:
        """Refused ``cannot_write``."""
        path = self.path(name)
        try:
            path.write_bytes(content)
        except OSError as refusal:
            raise Refused(
                "cannot_write", file=str(path), reason=refusal.strerror or str(refusal)
            ) from refusal
        return path

    def write(self, engine: Engine, answer: dict[str, Any], sees: Grade) -> Path:
        """The document of this kind about a stored check, as ``sees`` may see it."""
        from api.documents.writing import write
        from db import session

        with session.read(engine) as connection:
            made = write(cast("Kind", self.kind), connection, answer["id"], terminal.speech(), sees)
        return self.keep(made.content, answer["id"])


def wanted(**asked: str | None) -> list[Paper]:
    """By kind, what was said of it: None where it was not asked for."""
    return [Paper(kind, given) for kind, given in asked.items() if given is not None]
