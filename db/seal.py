"""What must not be read by whoever reads the database: sealed with a key that lies outside of it, in the home folder, for its owner alone.

AES-256-GCM. Every sealed value carries the id of its key and is bound to its place (a table, a row): moved elsewhere, or changed by a bit, it does not
open. This room refuses to know what is sealed, and no error of it says anything but where the key lies.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from db import lock
from db.errors import GroundError
from db.settings import folder, folder_error, home, make_folder

FILE = "seal.key"
_MARK = b"H1"
_NONCE, _KEY, _ID = 12, 32, 8


@dataclass(frozen=True, slots=True)
class Sealed:
    value: bytes
    key_id: str


def sealed(plain: bytes, place: str) -> Sealed:
    """The key is made on first use. GroundError ``seal_key_open`` where others may read the key file, ``seal_key_unreadable``."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = _keys(make=True)[-1]
    nonce, mark = secrets.token_bytes(_NONCE), _id(key)
    box = AESGCM(key).encrypt(nonce, plain, _bound(mark, place))
    return Sealed(_MARK + mark + nonce + box, mark.hex())


def opened(value: bytes, place: str) -> bytes:
    """GroundError ``seal_key_missing`` where its key is not in the file, ``seal_broken`` where it is not what was sealed for this place."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    mark, nonce, box = value[2 : 2 + _ID], value[2 + _ID : 2 + _ID + _NONCE], value[2 + _ID + _NONCE :]
    if value[:2] != _MARK or len(box) < 16:
        raise GroundError("seal_broken", place=place)
    key = next((key for key in _keys() if _id(key) == mark), None)
    if key is None:
        raise GroundError("seal_key_missing", key=mark.hex(), file=str(home() / FILE))
    try:
        return AESGCM(key).decrypt(nonce, box, _bound(mark, place))
    except InvalidTag:
        raise GroundError("seal_broken", place=place) from None


def _id(key: bytes) -> bytes:
    return hashlib.sha256(b"hetu seal" + key).digest()[:_ID]


def _bound(mark: bytes, place: str) -> bytes:
    return _MARK + mark + place.encode()


def _keys(make: bool = False) -> list[bytes]:
    """All keys of the file, a line of hex each; the last one seals."""
    path = home() / FILE
    if make and not path.exists():
        with lock.alone(folder("run") / "seal.lock"):
            if not path.exists():
                _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Whole or not at all: a key cut short would seal what nobody can ever open."""
    make_folder(path.parent, 0o711)
    partial = path.with_name(f"{FILE}.{secrets.token_hex(4)}.partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(_KEY).hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as refusal:
        partial.unlink(missing_ok=True)
        raise folder_error(refusal, path.parent) from refusal


def _read(path: Path) -> list[bytes]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    except OSError as refusal:
        raise GroundError("seal_key_unreadable", file=str(path), reason=refusal.strerror or "") from refusal
    with os.fdopen(handle, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise GroundError("seal_key_open", file=str(path), mode=f"{mode:o}")
        words = file.read(64 * 1024).split()
    try:
        keys = [bytes.fromhex(word.decode("ascii")) for word in words]
    except ValueError:
        keys = []
    if not keys or any(len(key) != _KEY for key in keys):
        raise GroundError("seal_key_unreadable", file=str(path), reason="hex")
    return keys
