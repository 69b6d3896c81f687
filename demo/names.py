"""What places, roads and firms of the demo are called: put together from syllables, so that none is a real address. No person has a name here."""

from __future__ import annotations

import numpy as np

from demo.chance import stream

_FIRST = "龙坪布横坂平葵吉园宝丹南坑甘李朗樟荷岭沙黄鹅禾麻梅云碧松石清荔竹榕桥塘水新和安泰福康盛源景"
_LAST = "岗田山头湾城冲坑尾背围埔塘涌厦屋洋角湖坳岭溪墩排"
_COMMON = ("中心", "人民", "建设", "翠竹", "同乐", "创业", "科技", "爱联", "向前", "育才")


def places(seed: int, name: str, count: int) -> list[str]:
    """Distinct two-syllable names; beyond all pairs they go on with 东 西 南 北 上 下."""
    pairs = [a + b for a in _FIRST for b in _LAST if a != b]
    order = stream(seed, f"names {name}").permutation(len(pairs))
    plain = [pairs[k] for k in order]
    turns = ("", "东", "西", "南", "北", "上", "下", "新", "老")
    return [plain[k % len(plain)] + turns[(k // len(plain)) % len(turns)] for k in range(count)]


def roads(seed: int, grades: np.ndarray) -> list[str]:
    base = places(seed, "roads", len(grades))
    endings = ("高速公路", "大道", "路", "路", "街")
    lead = stream(seed, "road leads").integers(0, 25, len(grades))
    return [
        (_COMMON[k] if k < len(_COMMON) else base[i]) + endings[int(g)]
        for i, (g, k) in enumerate(zip(grades, lead, strict=True))
    ]
