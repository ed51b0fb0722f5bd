# SPDX-License-Identifier: GPL-3.0-or-later
"""One thread of the real program hangs in a call that does not return (fault P2): it is named, the others go on,
and it heals. QT_HANG_LIBRARY is tests/lib/hang.c, preloaded; which call hangs is a file's existence."""
import json
import os

from qt_program import Folder, Program, Skip, call, run, status, until

LIBRARY = os.environ.get("QT_HANG_LIBRARY")


class Paper:
    """The simulated exchange as a process of its own, and an engine on paper with the library in it."""

    def __enter__(self):
        if not LIBRARY:
            raise Skip("a sanitizer's runtime must be the first library of a program")
        self.folder = Folder()
        folder = self.folder.__enter__()
        self.state, self.hang = folder / "state", folder / "hang"
        os.mkdir(self.state, 0o700)
        os.mkdir(self.hang)
        self.venue = Program("venue", "serve", "--symbols", "5", "--speed", "1")
        urls = until("ready", self.urls)
        config = folder / "config.json"
        config.write_text(json.dumps({
            "venue": {"rest_url": urls["rest"], "ws_url": urls["stream"], "ws_api_url": urls["api"]},
            "health": {"stuck_ms": 3000}, "engine": {"workers": 2, "equity_s": 1}}))
        self.engine = Program("--config", str(config), "--data-dir", str(self.state), "run", "--headless",
                              env={"LD_PRELOAD": LIBRARY, "QT_HANG": str(self.hang)})
        until("equity", lambda: (status(self.state) or {}).get("equity"))
        return self

    def __exit__(self, *exc):
        for name in os.listdir(self.hang):
            os.unlink(self.hang / name)
        self.engine.__exit__(*exc)
        self.venue.__exit__(None)
        self.folder.__exit__()

    def urls(self):
        lines = self.venue.text().splitlines()
        pairs = dict(line.partition("=")[::2] for line in lines if "=" in line)
        return pairs if "ready" in lines else None

    def stick(self, name):
        (self.hang / name).touch()

    def release(self, name):
        (self.hang / name).unlink()

    def part(self, name):
        return next((row for row in (status(self.state) or {}).get("components", []) if row["name"] == name), {})

    def call(self, *words):
        return call("--data-dir", str(self.state), *words)


def P2_engine_that_hangs_is_named_the_gate_shuts_and_answers_are_true():
    with Paper() as paper:
        paper.stick("engine")
        until("named", lambda: paper.part("engine").get("state") == "failed")
        document = status(paper.state)
        assert document["engine_silent_s"] >= 2.5 and document["mode"] == "NORMAL", document["mode"]
        assert "does not answer" in paper.call("status").stdout
        done = paper.call("pause", "--reason", "test")
        assert done.returncode == 1 and "the gate is shut" in done.stderr, (done.returncode, done.stderr)
        done = paper.call("resume", "--yes")
        assert done.returncode == 1 and "nothing can resume" in done.stderr, (done.returncode, done.stderr)
        assert "part.stuck" in paper.engine.errors() and "part=engine" in paper.engine.errors()
        paper.release("engine")
        until("healed", lambda: paper.part("engine").get("state") == "running")
        until("PAUSED", lambda: status(paper.state)["mode"] == "PAUSED")
        document = status(paper.state)
        assert document["engine_silent_s"] is None and paper.part("engine")["failures"] == 1
        assert paper.call("resume", "--yes").returncode == 0
        until("NORMAL", lambda: status(paper.state)["mode"] == "NORMAL")
        assert paper.engine.stop() == 0


def P2_engine_that_hangs_does_not_keep_the_process_alive():
    with Paper() as paper:
        paper.stick("engine")
        until("it hangs", lambda: (paper.part("engine").get("heartbeat_ms") or 0) > 500)
        assert paper.engine.stop() == 1
        assert "the engine's thread does not answer and is left behind" in paper.engine.errors()
        assert not (paper.state / "control.sock").exists()


def P2_writers_that_hang_are_named_and_the_engine_goes_on():
    with Paper() as paper:
        for name in ("store", "journal"):
            paper.stick(name)
            until(f"the {name} is named", lambda: paper.part(name).get("state") == "failed")
            cycles = status(paper.state)["time_ms"]
            until("time goes on", lambda: status(paper.state)["time_ms"] > cycles)
            assert paper.part("engine")["state"] == "running"
            paper.release(name)
            until("healed", lambda: paper.part(name).get("state") == "running")
            assert paper.part(name)["last_failure"].startswith("did not answer")
        assert status(paper.state)["mode"] == "NORMAL"
        assert paper.engine.stop() == 0


def P2_control_server_that_hangs_is_logged_and_heals():
    with Paper() as paper:
        paper.stick("control")
        until("named", lambda: "part=control" in paper.engine.errors())
        paper.release("control")
        until("healed", lambda: paper.part("control").get("state") == "running")
        assert status(paper.state)["mode"] == "NORMAL" and paper.part("control")["failures"] == 1
        assert paper.engine.stop() == 0


run([P2_engine_that_hangs_is_named_the_gate_shuts_and_answers_are_true,
     P2_engine_that_hangs_does_not_keep_the_process_alive,
     P2_writers_that_hang_are_named_and_the_engine_goes_on, P2_control_server_that_hangs_is_logged_and_heals])
