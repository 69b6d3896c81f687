"""Whether this machine can write Chinese on paper. It looks and installs nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


def chinese() -> bool:
    if any(any(folder.glob("**/*CJK*")) for folder in FOLDERS):
        return True
    lister = shutil.which("fc-list")
    if lister is None:
        return False
    words = [lister, ":lang=zh"]
    listed = subprocess.run(words, capture_output=True, check=False, timeout=30)  # noqa: S603 - a list of words
    return bool(listed.stdout.strip())
