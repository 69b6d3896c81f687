"""Where the demo's luck comes from: one stream of random numbers per name.

A recipe asks for the stream of its own name, so a new recipe never changes what an older one draws. Nothing here knows what is drawn.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, crc32(name.encode())]))
