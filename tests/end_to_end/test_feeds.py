# SPDX-License-Identifier: GPL-3.0-or-later
"""A live session with two addresses of one market, one of them behind a relay that fails: silent with its socket
open (F1), alive by its pings and without data (F2). And its journal; and one of the format before streams had names."""
import hashlib
import json
import os
import socket
import threading
import time

from journal_bytes import chunks
from qt_program import Folder, Program, call, run, seal, status, until

SYMBOLS = 20
PASS, SILENT, PINGS = range(3)


class Relay:
    """TCP from a port of its own to the exchange's, frame by frame; mode says what still goes through."""

    def __init__(self, upstream):
        self.upstream, self.mode, self.pongs, self.dropped = upstream, PASS, 0, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                return
            lock = threading.Lock()
            for work, words in ((self.down, (server, client, lock)), (self.up, (client, server)),
                                (self.ping, (client, lock))):
                threading.Thread(target=self.guard, args=(work, client, server, words), daemon=True).start()

    def guard(self, work, client, server, words):
        try:
            work(*words)
        except (OSError, EOFError):
            pass
        for end in (client, server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def exactly(source, n):
        out = b""
        while len(out) < n:
            piece = source.recv(n - len(out))
            if not piece:
                raise EOFError
            out += piece
        return out

    def head(self, source):
        out = b""
        while not out.endswith(b"\r\n\r\n"):
            out += self.exactly(source, 1)
        return out

    def frame(self, source):
        """One WebSocket frame as it came, and its opcode."""
        out = self.exactly(source, 2)
        length = out[1] & 0x7f
        if length >= 126:
            more = self.exactly(source, 2 if length == 126 else 8)
            out, length = out + more, int.from_bytes(more, "big")
        return out + self.exactly(source, length + (4 if out[1] & 0x80 else 0)), out[0] & 0x0f

    def down(self, server, client, lock):
        head = self.head(server)
        if self.mode != SILENT:
            client.sendall(head)
        while True:
            frame, opcode = self.frame(server)
            if self.mode == PASS or (self.mode == PINGS and opcode >= 8):
                with lock:
                    client.sendall(frame)
            else:
                self.dropped += 1

    def up(self, client, server):
        server.sendall(self.head(client))
        while True:
            frame, opcode = self.frame(client)
            self.pongs += opcode == 10 and self.mode == PINGS
            if self.mode != SILENT:
                server.sendall(frame)

    def ping(self, client, lock):
        """The exchange's own pings are minutes apart."""
        while True:
            time.sleep(0.25)
            if self.mode == PINGS:
                with lock:
                    client.sendall(b"\x89\x00")


class Session:
    """The exchange, the relay before its streams, and qtrade with both addresses."""

    def __init__(self, folder):
        credentials = folder / "credentials.json"
        self.state, self.config = folder / "state", folder / "config.json"
        os.mkdir(self.state, 0o700)
        self.venue = Program("venue", "serve", "--symbols", str(SYMBOLS), "--credentials", str(credentials))
        urls = until("the exchange", self.urls)
        self.relay = Relay(int(urls["stream"].rpartition(":")[2]))
        self.config.write_text(json.dumps({
            "venue": {"rest_url": urls["rest"], "ws_url": f"ws://127.0.0.1:{self.relay.port}",
                      "backup_ws_url": urls["stream"], "ws_api_url": urls["api"], "stale_ms": 4000,
                      "credentials_file": str(credentials)},
            "sources": {"stale_ms": 2000, "return_s": 3},
            "scan": {"top": 10, "max_correlation": 0.99, "stale_ms": 5000},
            "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5, "workers": 3}}))
        seal(self.config, self.state)
        self.engine = Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--live",
                              "--headless")

    def urls(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def followed(self, name):
        found = status(self.state)
        return found["streams"][name]["symbols"] if found and found["streams"] else 0


def verify(journal, *words):
    done = call("replay", str(journal), "--verify", "--json", *words, timeout=900)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["first_difference"] is None and document["decisions"] > 0
    return document


def drill(mode):
    with Folder() as folder:
        session = Session(folder)
        with session.venue, session.engine:
            until("a ranking", lambda: (status(session.state) or {}).get("eligible"))
            until("the primary", lambda: session.followed("primary") == SYMBOLS)
            before, began = status(session.state), time.monotonic()
            session.relay.mode = mode
            until("every symbol on the backup", lambda: session.followed("backup") == SYMBOLS)

            def outlived():
                """So long that a symbol without the backup were stale twice over."""
                found = status(session.state)
                return found if found["streams"]["primary"]["age_ms"] > 10000 else None

            found = until("a long failure", outlived)
            assert session.relay.dropped > 0 and (mode != PINGS or session.relay.pongs > 0)
            assert found["venues"][0]["state"] == "up" and found["mode"] == "NORMAL", found
            until("symbols to trade", lambda: status(session.state)["eligible"] >= before["eligible"] / 2)
            until("fresh data", lambda: status(session.state)["streams"]["backup"]["age_ms"] < 2000)
            session.relay.mode = PASS
            until("every symbol back", lambda: session.followed("primary") == SYMBOLS)
            until("the notes of both", lambda: all(f"market.stream taken={name}" in session.engine.errors()
                                                   for name in ("primary", "backup")))
            assert session.engine.stop() == 0, session.engine.errors()
            document, said = session.engine.document(), session.engine.errors()
        assert document["conserved"] is True and document["incidents"] == 0, document
        streams = document["streams"]
        assert streams["apart"] == 0 and streams["bars_unequal"] == 0, streams
        for name in ("primary", "backup"):
            assert streams[name]["taken"] >= SYMBOLS, streams
            told = [line for line in said.splitlines() if "market.stream" in line and f"taken={name}" in line]
            assert 1 <= len(told) <= 2 + (time.monotonic() - began) / 60, told  # and not one a symbol
        hashes = {verify(session.state / "journal", "--workers", n)["decision_hash"] for n in ("1", "2", "3", "8")}
        assert len(hashes) == 1, hashes


def F1_socket_open_and_silent_leaves_every_symbol_tradable_on_the_backup():
    drill(SILENT)


def F2_pings_without_data_leave_every_symbol_tradable_on_the_backup():
    drill(PINGS)


def backup_address_that_is_none_is_refused():
    with Folder() as folder:
        config = folder / "config.json"
        for address, why in (("https://data-stream.binance.vision", "expected wss://"),
                             ("ws://192.0.2.1:80", "must be on this machine"), ("nonsense", "backup")):
            config.write_text(json.dumps({"venue": {"backup_ws_url": address}}))
            done = call("--config", str(config), "--data-dir", str(folder), "run", "--headless", "--for", "1s")
            assert done.returncode == 3 and why in done.stderr and "backup address" in done.stderr, done.stderr


def journal_of_the_format_before_is_still_verified():
    with Folder() as folder:
        journal, quotes, reports = folder / "journal", [], []
        state, config = folder / "state", folder / "config.json"
        os.mkdir(state, 0o700)
        config.write_text(json.dumps({"scan": {"top": 10, "max_correlation": 0.99},
                                      "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0}}))
        with Program("--config", str(config), "--data-dir", str(state), "demo", "--headless", "--speed", "60",
                     "--symbols", "20", "--journal", str(journal)) as demo:
            until("some journal", lambda: sum(path.stat().st_size for path in journal.glob("*.qtj")) > 1000000)
            until("an order", lambda: (status(state) or {}).get("positions"))
            assert demo.stop() == 0
        done = call("compare", str(journal))
        assert done.returncode == 0 and "not recorded" not in done.stdout.partition("cancel, to answer")[0], done.stdout
        wanted, key = verify(journal), (journal / "journal.key").read_bytes()

        def shorten(text):
            """Quotes end before their id, which is 0 with one stream, and reports before their request's time."""
            out, at = bytearray(), 0
            while at < len(text):
                length, shift, start = 0, 0, at
                while True:
                    length |= (text[at] & 0x7f) << shift
                    shift, at = shift + 7, at + 1
                    if not text[at - 1] & 0x80:
                        break
                record, at = text[at:at + length], at + length
                if record[0] == 38:
                    end = length - 1
                    while record[end - 1] & 0x80:
                        end -= 1
                    assert end < 0x80
                    reports.append(length - end)
                    out += bytes([end]) + record[:end]
                if record[0] != 33:
                    out += b"" if record[0] == 38 else text[start:at]
                    continue
                assert record[-1] == 0 and length <= 0x80, record
                quotes.append(at)
                out += bytes([length - 1]) + record[:-1]
            return bytes(out)

        for path in journal.glob("*.qtj"):
            whole = path.read_bytes()
            head = whole[:8] + (1).to_bytes(4, "little") + whole[12:56]
            head += hashlib.blake2b(head, key=key, digest_size=32).digest()[:8]
            path.write_bytes(chunks(key, whole, shorten, head))
        assert len(quotes) > 100 and max(reports) > 1
        assert verify(journal)["decision_hash"] == wanted["decision_hash"]
        done = call("compare", str(journal))
        assert done.returncode == 0 and "not recorded" in done.stdout, (done.stdout, done.stderr)


if __name__ == "__main__":
    run([F1_socket_open_and_silent_leaves_every_symbol_tradable_on_the_backup,
         F2_pings_without_data_leave_every_symbol_tradable_on_the_backup, backup_address_that_is_none_is_refused,
         journal_of_the_format_before_is_still_verified])
