# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen of the real program on a real terminal: what it shows, its keys, its end (faults T4, T8, T9)."""
import os
import re
import signal
import time

from qt_program import Folder, run, status, until
from qt_terminal import Terminal


class Screen(Terminal):
    """qtrade demo on a terminal, in a folder of its own."""

    def __init__(self, width, height, *words, env=None):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        super().__init__("--data-dir", str(self.path), "demo", "--symbols", "15", *words, width=width, height=height,
                         env=env)

    def __exit__(self, *exc):
        super().__exit__(*exc)
        self.folder.__exit__()


def demo_fills_its_panes_and_leaves_the_terminal_as_it_was():
    with Screen(80, 24) as screen:
        for word in ("NORMAL", "Top five", "Market regime", "Risk", "Positions", "Events", r"eligible", r"USDT"):
            screen.expect(word)
        until("equity", lambda: (screen.take(), (status(screen.path) or {}).get("equity"))[1])
        time.sleep(1)
        screen.clear()
        screen.press("\x0c")  # everything anew, in one piece
        screen.expect(r"(100|99),\d\d\d\.\d\d")
        screen.press("q")
        assert screen.end() == 0
        assert "\x1b[?1049l" in screen.text and "\x1b[?1049h" not in screen.text.split("\x1b[?1049l")[-1]


def keys_pause_resume_and_open_help_and_symbol():
    with Screen(100, 30) as screen:
        until("status", lambda: status(screen.path))
        screen.expect("Top five")
        screen.press("P")
        until("PAUSED", lambda: (screen.take(), status(screen.path)["mode"] == "PAUSED")[1])
        screen.clear()
        screen.press("?")
        screen.expect("Keys and signs")
        screen.press("\x1b")
        until("a top row", lambda: (screen.take(), status(screen.path)["selected"])[1])
        time.sleep(1)
        screen.clear()
        screen.press("\r")
        screen.expect("Why it")
        screen.press("\x1b")
        screen.press("q")
        assert screen.end() == 0


def only_flat_typed_key_by_key_liquidates():
    with Screen(80, 24) as screen:
        until("status", lambda: status(screen.path))
        screen.expect("Top five")
        screen.press("X")
        screen.expect("Type FLAT")
        for paste in ("\r", "FLAT\r", "\x1b[200~FLAT\x1b[201~\r"):
            screen.press(paste)
            time.sleep(0.7)
            screen.take()
            assert status(screen.path)["mode"] == "NORMAL", repr(paste)
        screen.press("\x1b")
        time.sleep(0.5)
        screen.press("X")
        time.sleep(0.5)
        for letter in "FLAT":
            screen.press(letter)
            time.sleep(0.4)
            screen.take()
        until("EMERGENCY", lambda: (screen.take(), status(screen.path)["mode"] == "EMERGENCY")[1])
        until("flat", lambda: (screen.take(), not status(screen.path)["liquidating"])[1])
        screen.expect("any key closes this")
        screen.press(" ")
        time.sleep(0.5)
        screen.press("q")
        assert screen.end() == 0


def any_size_is_survived():
    with Screen(80, 24) as screen:
        screen.expect("Top five")
        for width, height in ((20, 5), (1, 1), (300, 100), (60, 14), (500, 200), (79, 23), (80, 24)):
            screen.resize(width, height)
            for _ in range(3):
                screen.take(0.2)
        screen.clear()
        screen.resize(80, 25)
        screen.expect("Market regime")
        screen.press("q")
        assert screen.end() == 0


def ascii_and_no_colour_draw_with_plain_bytes_only():
    with Screen(80, 24, "--ascii", env={"NO_COLOR": "1"}) as screen:
        screen.expect("Top five")
        screen.expect("Market regime")
        assert all(ord(char) < 127 for char in screen.text), [c for c in screen.text if ord(c) > 126][:5]
        colour = r"(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])"
        assert not re.search(rf"\x1b\[(?:\d+;)*{colour}(?:;\d+)*m", screen.text)  # not a cursor's way to column 33
        screen.press("q")
        assert screen.end() == 0


def terminal_that_goes_away_ends_the_demo():
    with Screen(80, 24) as screen:
        screen.expect("Top five")
        os.kill(screen.child, signal.SIGHUP)
        assert screen.end() in (0, 1)


run([demo_fills_its_panes_and_leaves_the_terminal_as_it_was, keys_pause_resume_and_open_help_and_symbol,
     only_flat_typed_key_by_key_liquidates, any_size_is_survived, ascii_and_no_colour_draw_with_plain_bytes_only,
     terminal_that_goes_away_ends_the_demo])
