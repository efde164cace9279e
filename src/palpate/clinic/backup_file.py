"""A backup file: a line that says what it is, then chunks, each bound to its place, and a last one that says so.

With a key, AES-256-GCM over every chunk, by a key made for this file alone; without one, a SHA-256 in its place, which
finds damage but hides nothing. A chunk that was changed, left out, doubled, moved or cut off is found while reading,
and so is anything behind the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

CHUNK = 1 << 20  # bytes before encryption
MAGIC = b"palpate backup 1\n"
MOST = 4 << 20  # bytes that are unpacked at a time
LONGEST_HEADER = 4096
_LENGTH = struct.Struct(">I")


class BadBackup(Exception):
    """A backup file that cannot be read; says why in a sentence."""


class NotRestored(RuntimeError):
    """A restore that is refused; nothing was changed. Says why in a sentence."""


class _Seal:
    """Protects chunk after chunk. The number of the chunk and whether it is the last are part of what is protected."""

    def __init__(self, header: bytes, told: dict[str, Any], key: str) -> None:
        self.at = 0
        self.mark = hashlib.sha256(header).digest()
        self.cipher: Any = None
        if told["encrypted"]:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self.cipher = AESGCM(_derived(key, bytes.fromhex(told["salt"]), b"palpate backup"))

    def _about(self, last: bool) -> bytes:
        return self.mark + struct.pack(">Q?", self.at, last)

    def close(self, data: bytes, last: bool) -> bytes:
        about = self._about(last)
        self.at += 1
        if self.cipher is not None:
            return bytes(self.cipher.encrypt(struct.pack(">IQ", 0, self.at), data, about))
        return data + hashlib.sha256(about + data).digest()

    def open(self, data: bytes, last: bool) -> bytes | None:
        """The chunk, or None when it is not what stood here."""
        about = self._about(last)
        if self.cipher is None:
            text, told = data[:-32], data[-32:]
            if hashlib.sha256(about + text).digest() != told:
                return None
        else:
            from cryptography.exceptions import InvalidTag

            try:
                text = self.cipher.decrypt(struct.pack(">IQ", 0, self.at + 1), data, about)
            except InvalidTag:
                return None
        self.at += 1
        return text


def _derived(key: str, salt: bytes, what: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, salt, what).derive(key.encode())


class Writer:
    """Writes a backup file. Use as a context; the file is whole only once `close` has returned."""

    def __init__(self, out: IO[bytes], about: dict[str, Any], key: str) -> None:
        told = {**about, "encrypted": bool(key)}
        if key:
            salt = os.urandom(32)
            told |= {"salt": salt.hex(), "key": _derived(key, salt, b"palpate backup, which key").hex()[:16]}
        header = MAGIC + json.dumps(told, sort_keys=True).encode() + b"\n"
        self.out, self.seal = out, _Seal(header, told, key)
        self.packer = zlib.compressobj(6)
        self.waiting = bytearray()
        out.write(header)

    def write(self, data: bytes) -> None:
        self.waiting += self.packer.compress(data)
        while len(self.waiting) > CHUNK:  # one chunk is kept back, since the last must be marked as such
            self._chunk(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]

    def close(self) -> None:
        self.waiting += self.packer.flush()
        while len(self.waiting) > CHUNK:
            self._chunk(bytes(self.waiting[:CHUNK]), last=False)
            del self.waiting[:CHUNK]
        self._chunk(bytes(self.waiting), last=True)

    def _chunk(self, data: bytes, *, last: bool) -> None:
        closed = self.seal.close(data, last)
        self.out.write(_LENGTH.pack(len(closed)) + closed)


def header_of(source: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """What the first lines of a backup file say, and their bytes. Errors: BadBackup."""
    magic = source.read(len(MAGIC))
    line = source.readline(LONGEST_HEADER)
    try:
        told = json.loads(line)
        if magic != MAGIC or not line.endswith(b"\n") or type(told["encrypted"]) is not bool:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise BadBackup("this is not a backup of palpate") from None
    return told, magic + line


class Reader:
    """Reads a backup file as one stream of bytes. `about` is what its header says.

    Errors  BadBackup: wrong or missing key, damage, a missing end.
    """

    def __init__(self, source: IO[bytes], key: str) -> None:
        self.about, header = header_of(source)
        if self.about["encrypted"]:
            if not key:
                raise BadBackup("this backup is encrypted; set PALPATE_BACKUP_KEY to the key it was made with")
            try:
                which = _derived(key, bytes.fromhex(self.about["salt"]), b"palpate backup, which key").hex()[:16]
            except (KeyError, ValueError, TypeError):
                raise BadBackup("its first lines are damaged") from None
            if which != self.about.get("key"):
                raise BadBackup("this backup was made with another key than PALPATE_BACKUP_KEY")
        self.source, self.seal = source, _Seal(header, self.about, key)
        self.held = bytearray()
        self.parts = self._parts()

    def read(self, size: int) -> bytes:
        """Exactly so many bytes. Errors: BadBackup, also where fewer are left."""
        while len(self.held) < size:
            part = next(self.parts, None)
            if part is None:
                raise BadBackup("its contents break off")
            self.held += part
        found = bytes(self.held[:size])
        del self.held[:size]
        return found

    def line(self) -> bytes:
        """Up to and with the next line end. Errors: BadBackup."""
        while (at := self.held.find(b"\n")) < 0:
            part = next(self.parts, None)
            if part is None:
                raise BadBackup("its contents break off")
            self.held += part
        return self.read(at + 1)

    def rest(self) -> Iterator[bytes]:
        """All that is left, to the end, which is checked. Errors: BadBackup."""
        if self.held:
            yield bytes(self.held)
            self.held.clear()
        yield from self.parts

    def _parts(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj()
        last = False
        while not last:
            told = self.source.read(_LENGTH.size)
            if len(told) < _LENGTH.size:
                raise BadBackup("it was cut off")
            (length,) = _LENGTH.unpack(told)
            if not 16 <= length <= CHUNK + 64:
                raise BadBackup("it is damaged")
            data = self.source.read(length)
            if len(data) < length:
                raise BadBackup("it was cut off")
            text = self.seal.open(data, last=False)
            if text is None:
                text, last = self.seal.open(data, last=True), True
            if text is None:
                raise BadBackup("it is damaged")
            yield from _unpacked(unpacker, text)
        if not unpacker.eof or self.source.read(1):
            raise BadBackup("something stands behind its end, or its end is missing")


def _unpacked(unpacker: Any, text: bytes) -> Iterator[bytes]:
    """What a chunk unpacks to, a part at a time: a small file can unpack to a very large one."""
    try:
        part = b""
        while text or len(part) == MOST:  # a full part may have more behind it, though all input is taken
            part = unpacker.decompress(text, MOST)
            text = unpacker.unconsumed_tail
            if part:
                yield part
            if unpacker.unused_data:
                raise BadBackup("it is damaged")
    except zlib.error:
        raise BadBackup("it is damaged") from None
