"""`import --draft`: what a delivery holds, written as a catalogue to edit. It reads as an import reads, and keeps nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from api.cli import terminal
from api.cli.progress import progress

if TYPE_CHECKING:
    from layers.model import Kind


def draft_of(path: Path, words: Mapping[str, Any]) -> str:
    """The guesses as a catalogue: read as an import reads, in degrees (grids as they are), and nothing is kept. What could not be
    read is said beside it.
    """
    from gis import crs, readers
    from layers.draft import DraftEntry, draft
    from workflows.base_map.intake import sources
    from workflows.base_map.intake.said import understood

    said = understood(words)

    with progress() as tell:
        reading = readers.read(
            path,
            project_crs=crs.parse(4326),
            source_crs=said.source_crs,
            answers=said.answers,
            grids_as_they_are=True,
            nodata=said.nodata,
            on_progress=lambda name, done, total: tell("reading", name, done, total),
        )
    for no in reading.refused:
        terminal.warn(f"✕ {no.path}: {terminal.speech().reason(no.code, no.params)}")
    guesses = [sources.guessed(*each) for each in sources.named(reading)]
    return draft(
        DraftEntry(each.name, cast("Kind", each.kind), each.source, each.identify, each.classify, each.code)
        for each in guesses
    )
