# SPDX-License-Identifier: GPL-3.0-or-later
"""A run and its terminal: lines that drop, terminals that are not read, signals in every mode and in a storm
(faults T1, T2, T7, T8, T9, P1). Whatever happens to them, open positions stay guarded."""
import json
import os
import pathlib
import signal
import time

from qt_program import PATIENCE, Folder, Program, Skip, call, run, seal, status, until
from qt_terminal import TRADING, Terminal, Venue

LIBRARY = os.environ.get("QT_HANG_LIBRARY")


class Place:
    """A venue, and a state folder for runs on it."""

    def __init__(self, *words):
        self.words = words

    def __enter__(self):
        self.folder = Folder()
        folder = self.folder.__enter__()
        self.state = folder / "state"
        os.mkdir(self.state, 0o700)
        self.venue = Venue(folder, *self.words)
        return self

    def __exit__(self, *exc):
        self.venue.__exit__(*exc)
        self.folder.__exit__(*exc)

    def words_of(self, *words, **sections):
        config = self.venue.config(**sections)
        seal(config, self.state)
        return ["--config", config, "--data-dir", str(self.state), "run", "--live", *words]

    def on_terminal(self, **sections):
        return Terminal(*self.words_of(**sections))

    def status(self):
        return status(self.state)

    def is_ready(self):
        return (self.status() or {}).get("equity")


def alive(pid):
    done, _ = os.waitpid(pid, os.WNOHANG)
    return done == 0


def T1_dropped_line_leaves_positions_guarded_and_attach_shows_them():
    with Place() as place, place.on_terminal() as screen:
        screen.expect("Top five")
        until("a position", lambda: (screen.take(), (place.status() or {}).get("positions"))[1], 2 * PATIENCE)
        screen.hang_up()
        before = place.status()["time_ms"]
        until("it goes on", lambda: place.status()["time_ms"] - before > 5_000)
        document = place.status()
        assert alive(screen.pid) and document["mode"] == "NORMAL" and document["engine_silent_s"] is None
        with Terminal("--data-dir", str(place.state), "attach") as again:
            again.expect("Top five")
            again.press("P")
            until("PAUSED", lambda: (again.take(), place.status()["mode"] == "PAUSED")[1])
            again.press("q")
            assert again.end() == 0
        os.kill(screen.pid, signal.SIGHUP)
        until("still there", lambda: alive(screen.pid) and place.status())
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.end() == 0


def T1_policy_of_the_config_pauses_or_liquidates_at_a_hang_up():
    for policy, mode in (("pause", "PAUSED"), ("liquidate", "EMERGENCY")):
        with Place() as place, place.on_terminal(screen={"on_hangup": policy}) as screen:
            screen.expect("Top five")
            until("the account", lambda: (screen.take(), place.is_ready())[1])
            screen.hang_up()
            until(mode, lambda: place.status()["mode"] == mode)
            assert place.status()["mode_reason"] == "signal: the terminal went away"
            if mode == "EMERGENCY":
                until("flat", lambda: place.status()["liquidating"] is False)
                assert place.status()["positions"] == []
            assert alive(screen.pid)
            os.kill(screen.pid, signal.SIGTERM)
            assert screen.end() == 0


def T2_terminal_that_stops_reading_for_ten_minutes_changes_no_decision():
    with Folder() as folder, Folder() as state:
        config = folder / "config.json"
        config.write_text(json.dumps({"scan": TRADING["scan"], "strategy": TRADING["strategy"]}))
        with Terminal("--config", str(config), "--data-dir", str(state), "demo", "--symbols", "10", "--journal",
                      str(folder / "j"), width=200, height=60) as screen:
            screen.expect("Top five")
            before = until("status", lambda: status(state))
            until("ten minutes unread", lambda: status(state)["time_ms"] - before["time_ms"] > 600_000)
            document = status(state)
            assert document["engine_silent_s"] is None
            assert document["dropped"]["trades"] == document["dropped"]["orders"] == 0, document["dropped"]
            os.kill(screen.pid, signal.SIGTERM)
            assert screen.end() == 0
        done = call("replay", str(folder / "j"), "--verify", "--json")  # the same decisions with no screen at all
        assert done.returncode == 0, done.stderr
        verdict = json.loads(done.stdout)
        assert verdict["first_difference"] is None and verdict["decisions"] > 100, verdict


def T3_on_a_line_of_300_bytes_a_second_keys_are_acted_on():
    with Folder() as state, Terminal("--data-dir", str(state), "demo", "--symbols", "10") as screen:
        until("status", lambda: status(state))
        for key, mode in (("P", "PAUSED"), ("Ry", "NORMAL"), ("P", "PAUSED")):
            for letter in key:
                screen.press(letter)
                time.sleep(0.5)
            until(mode, lambda: (time.sleep(0.1), os.read(screen.master, 30), status(state)["mode"] == mode)[2])
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.end() == 0


def T7_run_without_a_fit_terminal_says_one_line_and_leaves_no_engine():
    with Place() as place:
        with Terminal(*place.words_of(), env={"TERM": "rotor"}) as screen:
            assert screen.end() == 1
            assert 'no terminal "rotor" is known' in screen.text and "\x1b[?1049h" not in screen.text, screen.text
        done = call(*place.words_of())
        assert done.returncode == 1 and "no terminal" in done.stderr and done.stdout == "", done
        assert call("--data-dir", str(place.state), "status").returncode == 5


def T8_crash_or_kill_of_a_run_and_what_it_leaves():
    with Folder() as state, Terminal("--data-dir", str(state), "demo", "--symbols", "5") as screen:
        screen.expect("Top five")
        os.kill(screen.pid, signal.SIGSEGV)
        assert screen.end() in (-signal.SIGSEGV, -signal.SIGABRT, 66)  # a sanitizer makes its own end of it
        assert "\x1b[?1049l" in screen.text and "\x1b[?25h" in screen.text, "restored after a crash"
    with Folder() as state, Terminal("--data-dir", str(state), "demo", "--symbols", "5") as screen:
        screen.expect("Top five")
        screen.clear()
        os.kill(screen.pid, signal.SIGKILL)
        assert screen.end() == -signal.SIGKILL
        assert "\x1b[?1049l" not in screen.text, "nobody can restore it after kill -9: the manual says so"


def T9_key_repeat_and_a_paste_liquidate_nothing():
    with Folder() as state, Terminal("--data-dir", str(state), "demo", "--symbols", "5") as screen:
        screen.expect("Top five")
        until("status", lambda: status(state))
        for bytes_ in ("X" * 500, "FLAT" * 500, "\x1b[200~" + "XFLAT\r" * 20_000 + "\x1b[201~", "X\rFLAT\r"):
            for at in range(0, len(bytes_), 1024):
                screen.press(bytes_[at:at + 1024])
                screen.take(0)
            screen.take(0.3)
        seq = status(state)["time_ms"]
        until("later", lambda: (screen.take(), status(state)["time_ms"] - seq > 60_000)[1])
        assert status(state)["mode"] == "NORMAL", status(state)["mode_reason"]
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.end() == 0


STORM = (signal.SIGHUP, signal.SIGPIPE, signal.SIGWINCH, signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def P1_signals_in_every_mode_and_in_a_storm_do_what_the_manual_says():
    steps = (("NORMAL", None), ("PAUSED", "pause"), ("REDUCED", "reduce"), ("EMERGENCY", "liquidate"))
    with Folder() as state, Program("--data-dir", str(state), "demo", "--headless", "--symbols", "5") as engine:
        until("status", lambda: status(state))
        for mode, command in steps:
            if command:
                more = ("--yes",) if command == "liquidate" else ()
                assert call("--data-dir", str(state), command, "--reason", "drill", *more).returncode == 0
            until(mode, lambda: status(state)["mode"] == mode)
            for number in STORM * 20:
                engine.process.send_signal(number)
            assert status(state)["mode"] == mode, (mode, status(state)["mode_reason"])
            if command:
                engine.process.send_signal(signal.SIGUSR1)  # a pause never loosens
                before = status(state)["time_ms"]
                until("later", lambda: status(state)["time_ms"] - before > 60_000)
                assert status(state)["mode"] == mode, status(state)["mode_reason"]
        for _ in range(200):
            engine.process.send_signal(signal.SIGUSR2)
            engine.process.send_signal(signal.SIGUSR1)
        assert engine.stop() == 0
        assert engine.document()["mode"] == "EMERGENCY" and engine.document()["conserved"] is True


def P1_storm_of_signals_under_a_screen_costs_it_nothing():
    with Folder() as state, Terminal("--data-dir", str(state), "demo", "--symbols", "5") as screen:
        screen.expect("Top five")
        until("status", lambda: status(state))
        for _ in range(20):
            for number in (signal.SIGPIPE, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT, signal.SIGUSR1):
                os.kill(screen.pid, number)
            screen.take(0.02)
        until("PAUSED", lambda: (screen.take(), status(state)["mode"] == "PAUSED")[1])
        assert status(state)["mode_reason"] == "signal: SIGUSR1"
        assert "PAUSED" in screen.whole()
        os.kill(screen.pid, signal.SIGTERM)
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.end() == 0
        assert "\x1b[?1049l" in screen.text, "the terminal was given back"


def P1_second_signal_to_end_is_orderly_where_the_first_was():
    for _ in range(3):
        with Folder() as state, Program("--data-dir", str(state), "demo", "--headless", "--symbols", "5") as engine:
            until("status", lambda: status(state))
            engine.process.send_signal(signal.SIGTERM)
            engine.process.send_signal(signal.SIGINT)
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True
            assert call("--data-dir", str(state), "store", "check").returncode == 0


def has_socket(pid):
    try:
        links = [os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:  # one was closed meanwhile
        return False
    return any(link.startswith("socket:") for link in links)


def P1_signal_to_end_is_heard_while_it_still_connects():
    with Place() as place:
        place.venue.program.process.send_signal(signal.SIGSTOP)  # connects, and is never answered
        with Program(*place.words_of("--headless")) as engine:
            until("it connects", lambda: has_socket(engine.process.pid))
            assert engine.stop() == 1
            assert "ended while it was starting" in engine.errors(), engine.errors()
        place.venue.program.process.send_signal(signal.SIGCONT)
        with Program(*place.words_of("--headless")) as engine:
            until("the account", place.is_ready)
            assert engine.stop() == 0


def P1_second_signal_ends_what_a_disk_that_hangs_holds_up():
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Place("--speed", "1") as place:
        hang = place.state.parent / "hang"
        os.mkdir(hang)
        env = {"LD_PRELOAD": LIBRARY, "QT_HANG": str(hang)}
        with Program(*place.words_of("--headless"), env=env) as engine:
            until("the account", place.is_ready)
            (hang / "store").touch()
            (hang / "journal").touch()
            engine.process.send_signal(signal.SIGTERM)
            until("the socket is gone", lambda: not place.status())
            assert engine.process.poll() is None, "it waits for its disk, as long as nobody asks again"
            engine.process.send_signal(signal.SIGTERM)
            assert engine.wait() == 1
            assert "as asked twice" in engine.errors(), engine.errors()
            (hang / "store").unlink()
            (hang / "journal").unlink()
        with Program(*place.words_of("--headless")) as engine:
            until("the account", place.is_ready)
            assert engine.stop() == 0


def P1_end_with_positions_open_is_told():
    with Place() as place, Program(*place.words_of("--headless")) as engine:
        until("a position", lambda: (place.status() or {}).get("positions"), 2 * PATIENCE)
        assert call("--data-dir", str(place.state), "pause").returncode == 0
        symbol = place.status()["positions"][0]["symbol"]
        assert engine.stop() == 0
        told = engine.errors().splitlines()[-1]
        assert "stay open; nothing guards them until qtrade runs again" in told, told
        assert symbol in told or engine.document()["positions"][0]["symbol"] in told, told


run([T1_dropped_line_leaves_positions_guarded_and_attach_shows_them,
     T1_policy_of_the_config_pauses_or_liquidates_at_a_hang_up,
     T2_terminal_that_stops_reading_for_ten_minutes_changes_no_decision,
     T3_on_a_line_of_300_bytes_a_second_keys_are_acted_on,
     T7_run_without_a_fit_terminal_says_one_line_and_leaves_no_engine, T8_crash_or_kill_of_a_run_and_what_it_leaves,
     T9_key_repeat_and_a_paste_liquidate_nothing, P1_signals_in_every_mode_and_in_a_storm_do_what_the_manual_says,
     P1_storm_of_signals_under_a_screen_costs_it_nothing, P1_second_signal_to_end_is_orderly_where_the_first_was,
     P1_signal_to_end_is_heard_while_it_still_connects,
     P1_second_signal_ends_what_a_disk_that_hangs_holds_up,
     P1_end_with_positions_open_is_told])
