# SPDX-License-Identifier: GPL-3.0-or-later
"""qtrade attach: the screen of a running engine over the control socket, as often as wanted and whatever becomes of
it; what the dashboard withholds (faults T2, T7, T8); a person that is there or not."""
import json
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import threading

from qt_program import BINARY, PATIENCE, Folder, Program, call, rows, run, status, until
from qt_terminal import TRADING, Terminal

EASY = {"scan": TRADING["scan"], "strategy": TRADING["strategy"]}


class Engine:
    """A demo without a screen."""

    def __init__(self, *words, **config):
        self.words, self.config = words, config

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        self.globals = ["--data-dir", str(self.path)]
        if self.config:
            (self.path / "config.json").write_text(json.dumps(self.config))
            self.globals += ["--config", str(self.path / "config.json")]
        self.start()
        return self

    def __exit__(self, *exc):
        self.program.__exit__(*exc)
        self.folder.__exit__(*exc)

    def start(self):
        self.program = Program("-v", *self.globals, "demo", "--headless", "--symbols", "20", *self.words)
        until("status", self.status)

    def status(self):
        return status(self.path)

    def attach(self, *words, **how):
        return Terminal("--data-dir", str(self.path), "attach", *words, **how)

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(PATIENCE)
        client.connect(str(self.path / "control.sock"))
        return client

    def picture(self):
        with self.connect() as client, client.makefile("rb") as answers:
            client.sendall(b'{"v":1,"command":"picture","after":0}\n')
            return json.loads(answers.readline())["picture"]["picture"]


def mode_is(engine, mode):
    return until(mode, lambda: (engine.status() or {}).get("mode") == mode)


def attach_draws_the_screen_and_its_keys_are_audited_commands():
    with Engine() as engine:
        with engine.attach() as screen:
            for word in ("NORMAL", "Top five", "Market regime", "Risk", "Positions", "Events", "eligible", "USDT"):
                screen.expect(word)
            screen.press("P")
            mode_is(engine, "PAUSED")
            assert engine.status()["mode_reason"] == f"attach: operator pressed P (uid {os.geteuid()})"
            screen.expect("PAUSED")
            screen.press("R")
            screen.expect("y +resume")
            screen.press("y")
            mode_is(engine, "NORMAL")
            screen.press("q")
            assert screen.end() == 0
            assert "\x1b[?1049l" in screen.text[-40:], repr(screen.text[-60:])
        assert engine.status()["mode"] == "NORMAL", "who leaves takes nothing along"
        assert engine.program.stop() == 0
        told = [row[0:2] for row in rows(engine.path, "SELECT actor, action FROM audit ORDER BY id")]
        assert ["attach", "pause"] in told and ["attach", "resume"] in told, told


def T2_attached_screens_that_stop_reading_cost_the_engine_nothing():
    with Engine() as engine:
        stuck = [engine.attach() for _ in range(3)]
        hung = engine.connect()
        hung.sendall(b'{"v":1,"command":"picture","after":0}\n' * 400)
        for screen in stuck:
            screen.expect("Top five")
        os.kill(stuck[0].pid, signal.SIGSTOP)  # the others' terminals are just not read any more
        before = engine.status()["time_ms"]
        until("ten minutes", lambda: engine.status()["time_ms"] - before > 600_000)
        assert engine.status()["engine_silent_s"] is None
        with engine.attach() as screen:
            screen.expect("Top five")
            screen.press("q")
            assert screen.end() == 0
        os.kill(stuck[0].pid, signal.SIGCONT)
        for screen in stuck:
            until("live", lambda: "NO ENGINE" not in screen.whole())
            screen.press("q")
            assert screen.end() == 0
            screen.__exit__()
        hung.close()
        assert engine.program.stop() == 0


def engine_that_ends_is_told_with_its_age_and_the_next_one_is_found():
    with Engine() as engine, engine.attach() as screen:
        screen.expect("Top five")
        engine.program.process.kill()
        engine.program.wait()
        screen.expect(r"NO ENGINE: what is shown is \d+s old")
        screen.press("P")
        screen.expect("pause was refused: no engine is running")
        engine.start()
        until("live again", lambda: "NO ENGINE" not in screen.whole())
        screen.press("P")
        mode_is(engine, "PAUSED")
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.end() == -signal.SIGTERM and "\x1b[?1049l" in screen.text
        assert engine.program.stop() == 0


def no_engine_is_an_exit_status_of_its_own():
    with Folder() as folder:
        done = call("--data-dir", str(folder), "attach")
        assert done.returncode == 5 and len(done.stderr.splitlines()) == 1 and "no engine" in done.stderr, done.stderr


HOSTILE = "a\x1b[31mb\nc\x9b2J\x1b]52;c;QQ==\x07d\x7f"


def is_clean(text):
    return not any(ord(c) < 32 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in text)


def T6_no_control_byte_of_a_reason_or_an_engine_reaches_terminal_or_log():
    with Engine() as engine:
        done = call("--data-dir", str(engine.path), "pause", "--reason", HOSTILE)
        assert done.returncode == 0 and is_clean(done.stdout) and len(done.stdout.splitlines()) == 1, repr(done.stdout)
        page = call("--data-dir", str(engine.path), "status").stdout
        assert is_clean(page) and "a?[31mb?c" in page, repr(page)
        assert is_clean(engine.program.errors()) and "a?[31mb?c" in engine.program.errors()
        with engine.attach(width=160, height=50) as screen:
            screen.expect(r"a\?\[31mb\?c")
            screen.press("q")
            assert screen.end() == 0
            assert "\x1b]52" not in screen.text and "\x9b" not in screen.text
        assert engine.program.stop() == 0
    with Folder() as folder:  # an engine that is none
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(folder / "control.sock"))
        server.listen(8)

        def answer():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer.makefile("rb") as lines:
                    lines.readline()
                row = {"symbol": HOSTILE, "why": HOSTILE, "score": 1}
                peer.sendall(json.dumps({"v": 1, "ok": True, "status": {
                    "mode": HOSTILE, "mode_reason": HOSTILE, "venues": [{"name": HOSTILE}], "selected": [row],
                    "positions": [row], "components": [{"name": HOSTILE, "state": HOSTILE}]}}).encode() + b"\n")
                peer.close()
        threading.Thread(target=answer, daemon=True).start()
        done = call("--data-dir", str(folder), "status")
        server.close()
        assert done.returncode == 0 and is_clean(done.stdout) and "a?[31mb?c" in done.stdout, done


def T7_attach_without_a_fit_terminal_says_one_line():
    with Engine() as engine:
        for env in ({"TERM": "rotor"}, {"TERM": "dumb"}, {"TERM": ""}):
            with engine.attach(env=env) as screen:
                assert screen.end() == 1
                assert len(screen.text.splitlines()) == 1 and "qtrade: the screen:" in screen.text, screen.text
                assert "\x1b" not in screen.text
        done = call("--data-dir", str(engine.path), "attach")
        assert done.returncode == 1 and "no terminal" in done.stderr and done.stdout == "", done
        master, slave = pty.openpty()
        closed = subprocess.run(["sh", "-c", f'exec "{BINARY}" --data-dir "{engine.path}" attach 0<&-'], stdout=slave,
                                stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        assert closed.returncode == 1 and "standard input is no terminal" in closed.stderr, closed
        os.close(master)
        os.close(slave)
        assert engine.program.stop() == 0


def T8_reset_of_another_program_is_taken_back():
    with Engine() as engine, engine.attach() as screen:
        screen.expect("Top five")
        screen.clear()
        modes = termios.tcgetattr(screen.master)
        modes[3] |= termios.ICANON | termios.ECHO | termios.ISIG
        termios.tcsetattr(screen.master, termios.TCSANOW, modes)
        until("raw again", lambda: (screen.take(), not termios.tcgetattr(screen.master)[3] & termios.ICANON)[1])
        until("drawn anew", lambda: (screen.take(), re.search(r"1049h(?s:.*)Top five", screen.text))[1])
        screen.press("P")
        mode_is(engine, "PAUSED")
        screen.press("q")
        assert screen.end() == 0


def T8_stop_and_continue_of_attach_is_its_own_affair():
    with Engine() as engine, engine.attach() as screen:
        screen.expect("Top five")
        os.kill(screen.pid, signal.SIGSTOP)
        before = engine.status()["time_ms"]
        until("time", lambda: engine.status()["time_ms"] - before > 720_000)  # 12 s: its place at the socket is gone
        screen.clear()
        os.kill(screen.pid, signal.SIGCONT)
        until("live again", lambda: "NO ENGINE" not in screen.whole())
        screen.press("q")
        assert screen.end() == 0


def withheld_results_are_in_no_picture_and_on_no_page():
    for dashboard in ("totals", "sealed"):
        with Engine(**EASY, screen={"dashboard": dashboard}) as engine:
            until("a position", lambda: engine.status()["positions"])
            with engine.attach(width=160, height=50) as screen:
                screen.expect({"totals": "worth", "sealed": "results are sealed"}[dashboard])
                picture = engine.picture()
                page = call("--data-dir", str(engine.path), "status").stdout
                document = engine.status()
                if not document["positions"]:
                    continue  # closed meanwhile: sealed results are told then
                assert document["dashboard"] == dashboard
                assert document["positions"][0]["unrealised_pnl"] is not None, "documents stay whole"
                n = picture["position"]["n"]
                for key in ("unrealised", "realised", "notional", "mark", "entry"):
                    assert picture["position"][key] == [None] * n, (key, picture["position"])
                for key in ("unrealised", "realised", "day_pnl", "cash", "initial_equity", "drawdown", "max_drawdown"):
                    assert picture[key] is None, key
                assert picture["position"]["symbol"] == [""] * n or dashboard == "sealed"
                assert "unrealised" not in page and "today" not in page and "equity" not in page, page
                frame = screen.whole()
                for word in ("uP&L", "drawdown 0", "day +", "day -", "day 0", "equity "):
                    assert word not in frame, (word, frame)
                screen.press("q")
                assert screen.end() == 0


def nobody_seen_is_an_alarm_or_reduces_as_the_config_wants():
    for action, mode in (("alarm", "NORMAL"), ("reduce", "REDUCED")):
        with Engine(operator={"absent_hours": 0.0005, "absent_action": action}) as engine:
            until("missed", lambda: engine.status()["operator_absent"])
            mode_is(engine, mode)
            assert f"action={action}" in engine.program.errors()
            assert "nobody was seen" in call("--data-dir", str(engine.path), "status").stdout
            assert engine.program.stop() == 0


def nobody_seen_for_so_long_pauses_once_and_a_key_is_a_person():
    with Folder() as journal, Engine("--journal", str(journal / "j"),
                                     operator={"absent_hours": 0.0008, "absent_action": "pause"}) as engine:
        mode_is(engine, "PAUSED")
        assert engine.status()["mode_reason"].startswith("absence: no operator seen for"), engine.status()["mode_reason"]
        assert engine.status()["operator_absent"] is True and engine.status()["operator_seen_s"] > 2
        assert "operator.absent" in engine.program.errors()
        with engine.attach() as screen:
            screen.expect("Top five")
            assert engine.status()["operator_absent"] is True, "a picture is no person"
            assert "operator.back" not in engine.program.errors()
            screen.press("\t")
            until("seen", lambda: (screen.take(), "operator.back" in engine.program.errors())[1])
        assert engine.program.stop() == 0
        actors = [row[0] for row in rows(engine.path, "SELECT actor FROM audit")]
        assert "absence" in actors, actors
        done = call("replay", str(journal / "j"), "--verify", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["first_difference"] is None


run([attach_draws_the_screen_and_its_keys_are_audited_commands,
     T2_attached_screens_that_stop_reading_cost_the_engine_nothing,
     engine_that_ends_is_told_with_its_age_and_the_next_one_is_found, no_engine_is_an_exit_status_of_its_own,
     T6_no_control_byte_of_a_reason_or_an_engine_reaches_terminal_or_log,
     T7_attach_without_a_fit_terminal_says_one_line, T8_reset_of_another_program_is_taken_back,
     T8_stop_and_continue_of_attach_is_its_own_affair, withheld_results_are_in_no_picture_and_on_no_page,
     nobody_seen_is_an_alarm_or_reduces_as_the_config_wants, nobody_seen_for_so_long_pauses_once_and_a_key_is_a_person])
