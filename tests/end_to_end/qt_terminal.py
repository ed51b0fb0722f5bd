# SPDX-License-Identifier: GPL-3.0-or-later
"""The real program on a pseudo terminal that can hang up, stop reading and be reset; and a simulated venue beside it."""
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import struct
import termios
import time

from qt_program import BINARY, PATIENCE, Program, placed, until

TRADING = {"scan": {"top": 10, "max_correlation": 0.99},  # whatever the hour, one of ten has a reason to be bought
           "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                        "cooldown_min": 0},
           "engine": {"sync_s": 5}}


class Terminal:
    """A program with a terminal of its own; text is everything it has drawn since the last clear()."""

    def __init__(self, *words, width=80, height=24, env=None, address_space=None):
        self.child, self.master = pty.fork()
        if self.child == 0:
            if address_space:
                resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            os.environ.update({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **(env or {})})
            os.execv(BINARY, [BINARY, *placed(words)])
        self.resize(width, height)
        self.pid, self.text = self.child, ""

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        self.hang_up()

    def resize(self, width, height):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def hang_up(self):
        """The line drops: the kernel tells the program, as it does when a connection is lost."""
        if self.master >= 0:
            os.close(self.master)
        self.master = -1

    def take(self, seconds=0.1):
        if self.master < 0:
            time.sleep(seconds)
            return False
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.text += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError:
                return False
        return True

    def words(self):
        """What was drawn, without the sequences that move and colour it."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", self.text)

    def expect(self, pattern):
        return until(pattern, lambda: (self.take(), re.search(pattern, self.words()))[1])

    def whole(self):
        """The frame that is drawn when all is drawn anew."""
        self.take(0.3)
        self.clear()
        self.press("\x0c")
        self.expect("quit")
        return self.words()

    def clear(self):
        self.text = ""

    def press(self, text):
        os.write(self.master, text.encode())

    def answer(self, question, line):
        """Types a line when it is asked for; text is what came since."""
        self.expect(re.escape(question))
        self.clear()
        self.press(line + "\n")

    def end(self):
        """Its exit status; what it drew last is in text."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            self.take(0.05)
            done, state = os.waitpid(self.child, os.WNOHANG)
            if done:
                self.child = 0
                while self.take(0.05) and select.select([self.master], [], [], 0.05)[0]:
                    pass
                self.hang_up()
                return os.waitstatus_to_exitcode(state)
        raise AssertionError("the program does not end")


class Venue:
    """The simulated exchange as a process of its own, and configs that point at it."""

    def __init__(self, folder, *words):
        self.folder, self.credentials = folder, folder / "credentials.json"
        self.program = Program("venue", "serve", "--symbols", "20", "--credentials", str(self.credentials), *words)
        urls = until("ready", self.urls)
        self.settings = {**TRADING, "venue": {"rest_url": urls["rest"], "ws_url": urls["stream"],
                                              "ws_api_url": urls["api"], "credentials_file": str(self.credentials)}}

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.program.__exit__(*exc)

    def config(self, name="config", **sections):
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps({**self.settings, **sections}))
        return str(path)

    def urls(self):
        lines = self.program.text().splitlines()
        pairs = dict(line.partition("=")[::2] for line in lines if "=" in line)
        return pairs if "ready" in lines else None
