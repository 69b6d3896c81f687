"""What the demo's words for land use are called in each class system, and how a department writes a class into its file.

It knows class systems of the catalogue; it knows no ground.
"""

from __future__ import annotations

import numpy as np

from demo.draw import Features
from layers.codes import ClassSystem

# word: (land and sea use 2023, GB/T 21010, GB 50137)
_SYSTEMS = ("land_sea_use_2023", "gbt21010", "gb50137")
_WORDS: dict[str, tuple[str, str, str]] = {
    "paddy": ("0101", "0101", "E2"), "irrigated": ("0102", "0102", "E2"), "dry_field": ("0103", "0103", "E2"),
    "orchard": ("0201", "0201", "E2"), "forest": ("0301", "0301", "E2"), "shrub": ("0303", "0305", "E2"),
    "grass": ("0403", "0404", "E2"), "pond": ("1704", "1104", "E1"), "river": ("1701", "1101", "E1"), "reservoir": ("1703", "1103", "E1"),
    "residential": ("0701", "0701", "R2"), "village": ("0703", "0702", "H1"), "industry": ("1001", "0601", "M1"),
    "storage": ("1101", "0604", "W1"), "commercial": ("0901", "05", "B1"), "office": ("0902", "05", "B2"),
    "government": ("0801", "0801", "A1"), "culture": ("0803", "08", "A2"), "school": ("0804", "0803", "A33"),
    "sport": ("0805", "08", "A4"), "hospital": ("0806", "0805", "A5"), "welfare": ("0807", "08", "A6"),
    "park": ("1401", "0810", "G1"), "green_belt": ("1402", "0810", "G2"), "square": ("1403", "0810", "G3"),
    "parking": ("1208", "1005", "S4"), "power": ("1303", "0809", "U1"), "water_supply": ("1301", "0809", "U1"),
    "sewage": ("1302", "0809", "U2"), "sanitation": ("1309", "0809", "U2"), "special": ("15", "09", "H4"),
    "vacant": ("16", "1201", "H1"), "road": ("1207", "1004", "S1"),
}  # fmt: skip


def code(word: str, system: str) -> str:
    return _WORDS[word][_SYSTEMS.index(system)]


def codes(drawn: Features, system: ClassSystem) -> np.ndarray:
    """The class code of each feature."""
    if drawn.use is not None:
        words, where = np.unique(drawn.use, return_inverse=True)
        return np.array([code(str(word), system.code) for word in words], dtype=object)[where]
    if drawn.rank is None:
        raise ValueError(f"no class for a layer classified by {system.code}")
    return np.array(list(system.classes), dtype=object)[drawn.rank]


def written(system: ClassSystem, class_codes: np.ndarray) -> np.ndarray:
    """As it stands in the file: the code where the system is one of numbers or letters, else the Chinese name."""
    if system.hierarchy == "prefix" or all(any(c.isdigit() for c in known) for known in system.classes):
        return class_codes
    return np.array([system.classes[known].zh for known in class_codes], dtype=object)
