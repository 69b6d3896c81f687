"""What may be set from outside, by concern, and the folders that follow from it.

Every variable begins with ``HETU_`` except ``DATABASE_URL``, which hosts set by that name. Nothing is read at import and nothing
is cached, so that a test may set a variable and be believed. This room refuses to know what the settings are used for.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from db.errors import GroundError

CHECKOUT = Path(__file__).resolve().parents[1]

# Names alone: no scheme, no path and no wildcard, which would let any page of the world write.
_NAME = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
PUBLIC_HOSTS = rf"^\s*({_NAME}\s*(,\s*{_NAME}\s*)*,?\s*)?$"

Folder = Literal["originals", "quarantine", "rasters", "logs", "run"]
"""originals: deliveries by content hash; quarantine: what is being read, emptied by whoever reads it or by the janitor; rasters: grids in the
project CRS; logs; run: pid and lock files."""


class Place(BaseSettings):
    """Where this checkout keeps what it makes."""

    model_config = SettingsConfigDict(env_prefix="HETU_", env_ignore_empty=True, extra="ignore")

    home: Path | None = None


class Ground(BaseSettings):
    """Which PostgreSQL carries the workspaces."""

    model_config = SettingsConfigDict(
        env_prefix="HETU_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    postgres_bin: Path | None = None
    """Folder of initdb, pg_ctl and postgres, where it is not /usr/lib/postgresql/NN/bin."""


class Web(BaseSettings):
    """Which workspace is shown, on which loopback port, and by which public names a proxy shows it."""

    model_config = SettingsConfigDict(env_prefix="HETU_", env_ignore_empty=True, extra="ignore")

    workspace: str = "demo"
    port: int | None = Field(default=None, ge=1, le=65535)
    host: str = Field(default="", pattern=PUBLIC_HOSTS)
    """Names a proxy is reached by, comma separated, with the port where it is not the usual one: ``plans.example,10.1.2.3:8443``."""

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(name for each in self.host.lower().split(",") if (name := each.strip()))


Settings = TypeVar("Settings", bound=BaseSettings)


def read(concern: type[Settings]) -> Settings:
    """The settings of one concern as they stand now; GroundError ``setting`` names the variable that cannot be believed."""
    try:
        return concern()
    except ValidationError as refusal:
        first = refusal.errors()[0]
        name = str(first["loc"][0])
        variable = name if name == "DATABASE_URL" else f"HETU_{name.upper()}"
        raise GroundError(
            "setting", variable=variable, got=str(first["input"]), expected=first["msg"]
        ) from refusal


def home() -> Path:
    """The folder of this checkout's data: HETU_HOME, else one of its own per checkout. Not made here."""
    chosen = read(Place).home
    if chosen is not None:
        return chosen.expanduser().absolute()
    name = f"{CHECKOUT.name}-{hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:8]}"
    if os.geteuid() == 0:
        # A clone in a closed folder cannot be entered by the user PostgreSQL runs as; this one can.
        return Path("/var/lib/hetu") / name
    shared = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (shared if shared.is_absolute() else Path.home() / ".local" / "share") / "hetu" / name


def folder(name: Folder) -> Path:
    """A folder below home, made if it is not there and closed to other users."""
    return make_folder(make_folder(home(), 0o711) / name, 0o700)


def make_folder(path: Path, mode: int) -> Path:
    """The folder, made with its parents where they lack; the mode is set whatever the umask says.

    Only what is made here gets a mode: a folder that exists keeps the one its owner chose.
    """
    try:
        for lacking in reversed([path, *path.parents]):
            if not lacking.exists():
                lacking.mkdir(exist_ok=True)
                lacking.chmod(mode if lacking == path else 0o755)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    except OSError as refusal:
        raise folder_error(refusal, path) from refusal
    return path


def folder_error(refusal: OSError, path: Path) -> GroundError:
    """What the operating system said about a folder, as an error of the ground."""
    if refusal.errno in (errno.ENOSPC, errno.EDQUOT):
        return GroundError("disk_full", folder=str(path))
    return GroundError(
        "folder_unusable", folder=str(refusal.filename or path), reason=refusal.strerror or str(refusal)
    )
