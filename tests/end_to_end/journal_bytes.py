# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of a journal's segment by qtrade-journal(5), opened and sealed again."""
import ctypes
import hashlib


def sodium():
    library = ctypes.CDLL("libsodium.so.23")
    assert library.sodium_init() >= 0
    return library


def chunks(key, segment, visit, head=None):
    """Opens every chunk by qtrade-journal(5), gives its text to visit, and seals what comes back, under another head
    if there is one."""
    head = head or segment[:64]
    library, out, at, number = sodium(), bytearray(head), 64, 0
    secret, seal = (hashlib.blake2b(each, key=key, digest_size=32).digest() for each in (segment[:64], head))
    while at < len(segment):
        length = segment[at:at + 4]
        n = int.from_bytes(length, "little")
        nonce = number.to_bytes(8, "little") + bytes(16)
        plain = ctypes.create_string_buffer(n)
        assert library.crypto_aead_xchacha20poly1305_ietf_decrypt(
            plain, None, None, segment[at + 4:at + 20 + n], ctypes.c_ulonglong(n + 16), length,
            ctypes.c_ulonglong(4), nonce, secret) == 0
        text = visit(plain.raw)
        sealed = ctypes.create_string_buffer(len(text) + 16)
        length_out = len(text).to_bytes(4, "little")
        library.crypto_aead_xchacha20poly1305_ietf_encrypt(
            sealed, None, text, ctypes.c_ulonglong(len(text)), length_out, ctypes.c_ulonglong(4), None, nonce, seal)
        out += length_out + sealed.raw
        at, number = at + 20 + n, number + 1
    return bytes(out)
