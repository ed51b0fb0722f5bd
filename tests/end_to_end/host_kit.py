# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated exchange as a process of its own, an engine on paper beside it, and the machine around them: its wall
clock (tests/lib/step.c), the service manager's socket, signals; and what lies in the memory of a process."""
import json
import os
import pathlib
import re
import socket
import struct

from qt_program import Folder, Program, Skip, call, seal, status, until

STEP = os.environ.get("QT_STEP_LIBRARY")


def ready_urls(venue):
    lines = venue.text().splitlines()
    pairs = dict(line.partition("=")[::2] for line in lines if "=" in line)
    return pairs if "ready" in lines else None


def where_is(pid, word):
    """Each place of a word in the memory of a process, with the flags of its mapping."""
    found, flags, ranges = [], set(), []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ", line)
        if head:
            ranges.append((int(head[1], 16), int(head[2], 16), head[3], set()))
        elif line.startswith("VmFlags:"):
            ranges[-1][3].update(line.split()[1:])
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for begin, end, rights, flags in ranges:
            if rights[0] != "r" or end > 1 << 47 or end - begin > 1 << 30:
                continue  # a sanitizer's shadow among them
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except OSError:
                continue
            if word in data:
                found.append(flags)
    return found


class Clock:
    """What the program takes for the machine's wall clock."""

    def __init__(self, path, ahead_s=0):
        if not STEP:
            raise Skip("a sanitizer's runtime must be the first library of a program")
        self.path = path
        path.write_bytes(bytes(16))
        self.set(ahead_s)

    def set(self, ahead_s):
        with open(self.path, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", int(ahead_s * 1e9)))

    def sleep(self, slept_s):
        """As if the machine had been suspended for so long since its start: no monotonic clock counts that."""
        with open(self.path, "r+b", buffering=0) as file:
            file.seek(8)
            file.write(struct.pack("=q", int(slept_s * 1e9)))

    def env(self):
        return {"LD_PRELOAD": STEP, "QT_STEP": str(self.path)}


class Manager:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, folder, watchdog_s=None):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.watchdog_s = watchdog_s
        self.lines = []

    def env(self):
        watchdog = {"WATCHDOG_USEC": str(int(self.watchdog_s * 1e6))} if self.watchdog_s else {}
        return {"NOTIFY_SOCKET": str(self.path), **watchdog}

    def heard(self):
        """All lines so far."""
        while True:
            try:
                self.lines += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.lines


class Paper:
    """An engine on paper; more sections of its config, environment and words as given."""

    def __init__(self, config=None, env=None, words=("run", "--headless"), credentials=False, speed="1",
                 venue_env=None):
        self.config, self.env, self.words, self.speed = config or {}, env or {}, words, speed
        self.venue_env = venue_env
        self.credentials = credentials

    def __enter__(self):
        self.home = Folder()
        folder = self.home.__enter__()
        self.state, self.path = folder / "state", folder / "config.json"
        os.mkdir(self.state, 0o700)
        keys = folder / "account"
        self.venue = Program("venue", "serve", "--symbols", "5", "--speed", self.speed, "--credentials", str(keys),
                             env=self.venue_env, start=None)  # now: its clock and the machine's are compared
        self.urls = until("ready", lambda: ready_urls(self.venue))
        venue = {"rest_url": self.urls["rest"], "ws_url": self.urls["stream"], "ws_api_url": self.urls["api"]}
        if self.credentials:
            venue["credentials_file"] = str(keys)
        self.path.write_text(json.dumps({**self.config, "venue": {**venue, **self.config.get("venue", {})}}))
        if self.credentials:
            seal(self.path, self.state)
        self.engine = None
        return self

    def start(self, wait=True):
        self.engine = Program("-v", "--config", str(self.path), "--data-dir", str(self.state), *self.words, env=self.env)
        if wait:
            until("equity", lambda: (status(self.state) or {}).get("equity"))
        return self.engine

    def __exit__(self, *exc):
        if self.engine:
            self.engine.__exit__(*exc)
        self.venue.__exit__(None)
        self.home.__exit__()

    def mode(self):
        return (status(self.state) or {}).get("mode")

    def process(self):
        return (status(self.state) or {}).get("process") or {}

    def call(self, *words):
        return call("--data-dir", str(self.state), *words)

    def log(self, event):
        return [line for line in self.engine.errors().splitlines() if f" {event} " in line]
