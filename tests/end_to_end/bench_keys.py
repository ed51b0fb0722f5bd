# SPDX-License-Identifier: GPL-3.0-or-later
"""From the last letter of FLAT, a real key press on a pseudo terminal, to the arrival of the first cancel at the venue's
socket, by the wall clock: the kernel stamps the bytes as they come (SO_TIMESTAMPNS). The market of 200 symbols is passed
on with each quote QT_FLOOD times; engine_busy is the share of a core that the engine's thread had. A
slower figure is time in which a position is still held that a person wants to be rid of.

QT_SAMPLES=40 QT_FLOOD=100 are the defaults."""
import json
import os
import pathlib
import select
import socket
import struct
import threading
import time
import urllib.parse

from qt_exchange import Exchange
from qt_program import Folder, call, seal, status, until
from qt_terminal import Terminal

SAMPLES, FLOOD = int(os.environ.get("QT_SAMPLES", "40")), int(os.environ.get("QT_FLOOD", "100"))
SO_TIMESTAMPNS = 35
ROUND = 10
HAND_S = 0.08  # between two letters: faster is no hand


class Passage:
    """Passes connections on to another loopback port; what each side sent goes through a method of its own."""

    def __init__(self, url):
        self.url = urllib.parse.urlsplit(url)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self.accept, daemon=True).start()

    def here(self):
        return self.url._replace(netloc=f"127.0.0.1:{self.listener.getsockname()[1]}").geturl()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection((self.url.hostname, self.url.port))
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.pump, args=(near, far, self.up), daemon=True).start()
            threading.Thread(target=self.pump, args=(far, near, self.down), daemon=True).start()

    def pump(self, source, sink, through):
        try:
            through(source, sink)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def plain(self, source, sink):
        while data := source.recv(1 << 16):
            sink.sendall(data)

    up = down = plain


class Requests(Passage):
    """Notes when a cancel came, in ns of the wall clock."""

    def __init__(self, url):
        self.cancels = []
        super().__init__(url)

    def up(self, source, sink):
        source.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        while True:
            data, stamps, _, _ = source.recvmsg(1 << 16, 256)
            if not data:
                return
            if b"DELETE /api/v3/o" in data:
                stamp = next((struct.unpack("qq", value[:16]) for level, kind, value in stamps
                              if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS), None)
                self.cancels.append(stamp[0] * 10**9 + stamp[1] if stamp else time.time_ns())
            sink.sendall(data)


class Flood(Passage):
    """Each frame of a quote many times."""

    def down(self, source, sink):
        data = b""
        while b"\r\n\r\n" not in data:
            data += source.recv(1 << 16)
        head, _, rest = data.partition(b"\r\n\r\n")
        sink.sendall(head + b"\r\n\r\n")
        while True:
            at, out = 0, []
            while len(rest) - at >= 4:
                n, skip = rest[at + 1] & 127, 2
                if n == 126:
                    n, skip = struct.unpack_from("!H", rest, at + 2)[0], 4
                elif n == 127:
                    if len(rest) - at < 10:
                        break
                    n, skip = struct.unpack_from("!Q", rest, at + 2)[0], 10
                if len(rest) - at < skip + n:
                    break
                frame = rest[at:at + skip + n]
                out.append(frame * (FLOOD if b'"B":' in frame else 1))
                at += skip + n
            rest = rest[at:]
            if out:
                sink.sendall(b"".join(out))
            data = source.recv(1 << 18)
            if not data:
                return
            rest += data


def configure(folder, venue, requests, market):
    config = folder / "config.json"
    config.write_text(json.dumps({
        "venue": {**venue.config, "rest_url": requests.here(), "ws_url": market.here()},
        "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
        "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                     "cooldown_min": 0},
        "engine": {"sync_s": 5, "flat_gap_ms": 1000}}))
    return config


def keep_drawing(screen, condition):
    """until, while the terminal goes on reading."""
    def look():
        while select.select([screen.master], [], [], 0)[0]:
            screen.take(0)
        return condition()
    return until("a state", look)


def holds(state):
    """A position with its stop at the venue. An engine that has paused, for a machine that is too slow, is resumed."""
    found = status(state) or {}
    if found.get("mode") in ("EMERGENCY", "PAUSED"):
        call("--data-dir", str(state), "resume", "--yes", "--reason", "the next one")
    return found.get("mode") == "NORMAL" and any(row["protected"] for row in found["positions"])


def sample(screen, state, requests):
    """Microseconds from the press of T to the first cancel."""
    keep_drawing(screen, lambda: holds(state))
    before = len(requests.cancels)
    for letter in "XFLA":
        screen.press(letter)
        end = time.monotonic() + HAND_S
        while time.monotonic() < end:
            screen.take(0.01)
    pressed = time.time_ns()
    screen.press("T")
    keep_drawing(screen, lambda: len(requests.cancels) > before)
    first = min(stamp for stamp in requests.cancels[before:])
    if first < pressed:
        return None  # one of its own, just before
    keep_drawing(screen, lambda: status(state)["liquidating"] is False)
    screen.press("\x1b")
    return (first - pressed) / 1000


def busy(pid):
    """Seconds of the processor that the thread which works most has had."""
    spent = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        spent = max(spent, int(fields[11]) + int(fields[12]))
    return spent / os.sysconf("SC_CLK_TCK")


def play(found, until_n):
    """Samples of one engine; how busy its thread was. One engine stops entering after so many losses."""
    with Folder() as folder:
        state = folder / "state"
        os.mkdir(state, 0o700)
        with Exchange(folder, "--symbols", "200") as venue:
            requests, market = Requests(venue.rest), Flood(venue.config["ws_url"])
            config = configure(folder, venue, requests, market)
            seal(config, state)
            with Terminal("--config", str(config), "--data-dir", str(state), "run", "--live") as screen:
                keep_drawing(screen, lambda: status(state))
                begun, spent = time.monotonic(), busy(screen.pid)
                while len(found) < until_n:
                    took = sample(screen, state, requests)
                    if took is not None:
                        found.append(took)
                        print(f"# {took:.0f} us", flush=True)
                return (busy(screen.pid) - spent) / (time.monotonic() - begun)


def main():
    found, shares = [], []
    while len(found) < SAMPLES:
        shares.append(play(found, min(len(found) + ROUND, SAMPLES)))
    found.sort()
    print(json.dumps({"name": "key.press_to_cancel", "unit": "us", "n": len(found), "median": found[len(found) // 2],
                      "p90": found[len(found) * 9 // 10], "max": found[-1], "symbols": 200, "flood": FLOOD,
                      "engine_busy": round(sum(shares) / len(shares), 2)}))


main()
