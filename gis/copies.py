"""A copy of our own of what was handed over, hashed as it is copied: what was hashed is what will be read, whatever happens to the original."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from gis.quarantine import check_space
from gis.shown import shown
from layers.refusal import Refused


def copied(source: Path, target: Path, budget: int, name: str) -> tuple[int, str]:
    """Bytes and hash of the copy. Refused ``too_large``; GroundError ``no_space``."""
    check_space(target.parent, min(source.stat().st_size, budget), shown(name, 1_000))
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        while block := reading.read(1 << 20):
            size += len(block)
            if size > budget:
                raise Refused("too_large", file=shown(name, 1_000), most=budget)
            digest.update(block)
            writing.write(block)
    return size, digest.hexdigest()


def digest_of(digests: list[tuple[str, str]]) -> str:
    """One hash for several files: of the sorted list of their names and hashes."""
    listing = json.dumps(sorted(digests), ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(listing.encode()).hexdigest()
