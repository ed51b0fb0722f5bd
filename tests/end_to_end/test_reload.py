# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGHUP: a running engine takes a changed config whole or not at all (K1), live only as it was sealed (K2), and a
journal across changes replays to the same decisions."""
import json
import os
import re
import shutil
import signal

from qt_program import PATIENCE, Folder, Program, call, rows, run, seal, status, until

WILLING = {"scan": {"top": 10, "max_correlation": 0.99},
           "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                        "cooldown_min": 0}}


class Session:
    """The simulated exchange and an engine without a screen that trades on it."""

    def __init__(self, folder, *words):
        self.state, self.config = folder / "state", folder / "config.json"
        credentials = folder / "credentials.json"
        os.mkdir(self.state, 0o700)
        self.venue = Program("venue", "serve", "--symbols", "12", "--credentials", str(credentials))
        urls = until("the venue", self.ready)
        self.sections = {"venue": {"rest_url": urls["rest"], "ws_url": urls["stream"], "ws_api_url": urls["api"],
                                   "credentials_file": str(credentials)}, **WILLING}
        self.write()
        if words:
            seal(self.config, self.state)
        self.engine = Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--headless",
                              *words)
        until("equity", lambda: (status(self.state) or {}).get("equity"))

    def ready(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def write(self, **sections):
        self.config.write_text(json.dumps({**self.sections, **sections}))

    def answers(self):
        return [line for line in self.engine.errors().splitlines() if "config.reload" in line]

    def reload(self):
        """What the log says of it."""
        before = len(self.answers())
        self.engine.process.send_signal(signal.SIGHUP)
        return until("an answer", lambda: self.answers()[before:])[0]

    def changes(self):
        return [detail for detail, in rows(self.state, "SELECT detail FROM audit WHERE action = 'config.set'"
                                                       " ORDER BY id")]


def k1_bad_config_is_named_and_the_running_one_stays():
    with Folder() as folder:
        it = Session(folder)
        with it.venue, it.engine:
            bad = ['{"risk": {"max_heat": 0.2', '{"risk": {"max_heat": "x"}}', '{"risk":\n{"max_haet": 0.1}}',
                   '{"risk": {"max_heat": 0.1, "max_heat": 0.2}}', '{"risk": {"max_heat": NaN}}',
                   '{"risk": {"max_heat": 1e308}}', '{"risk": {"max_heat": 1e999}}', "[" * 100000, "", "null", "[]",
                   '{"risk": {"max_heat": 0.1}, "rsik": {}}']
            for text in bad:
                it.config.write_text(text)
                answer = it.reload()
                assert "refused=1" in answer and f"{it.config}:" in answer and "ERROR" in answer.upper(), answer
                assert re.search(re.escape(str(it.config)) + r":\d+: ", answer), answer
            with open(it.config, "w", encoding="utf-8") as huge:
                huge.truncate(100 << 20)
            assert "refused=1" in it.reload()
            it.config.unlink()
            assert "refused=1" in it.reload()
            os.mkfifo(it.config)
            assert "refused=1" in it.reload()  # and nobody hangs on it
            it.config.unlink()
            it.write()
            assert "changed=0 needs_restart=0" in it.reload()
            assert status(it.state)["mode"] == "NORMAL"
            assert it.engine.stop() == 0
        assert it.changes() == []


def limits_change_while_it_trades_and_the_journal_replays_across_it():
    with Folder() as folder:
        it = Session(folder)
        with it.venue, it.engine:
            until("a position", lambda: status(it.state)["positions"], PATIENCE)
            it.write(risk={"max_position": 0.002, "max_open_orders": 2}, engine={"workers": 3})
            answer = it.reload()
            assert "changed=2 needs_restart=1" in answer and "engine.workers" in answer, answer
            until("both changes", lambda: len(it.changes()) == 2)
            before = status(it.state)["cycles"] if "cycles" in status(it.state) else None
            it.write(risk={"max_position": 0.04})
            assert "changed=2 needs_restart=0" in it.reload()
            until("all changes", lambda: len(it.changes()) == 4)
            assert before is None or status(it.state)["cycles"] >= before
            until("time with them", lambda: status(it.state)["uptime_s"] > 15, PATIENCE)
            assert it.engine.stop() == 0
            document = it.engine.document()
            assert document["conserved"] is True and document["incidents"] == 0, document
        assert it.changes() == ["risk.max_position 0.05 -> 0.002", "risk.max_open_orders 50 -> 2",
                                "risk.max_position 0.002 -> 0.04", "risk.max_open_orders 2 -> 50"], it.changes()
        hashes = set()
        for workers in ("1", "2", "3", "8"):
            done = call("replay", str(it.state / "journal"), "--verify", "--workers", workers, "--json")
            assert done.returncode == 0, (workers, done.stderr)
            document = json.loads(done.stdout)
            assert document["first_difference"] is None and document["decisions"] > 0, document
            hashes.add(document["decision_hash"])
        assert len(hashes) == 1


def k2_live_reload_wants_a_newer_seal_and_holds_what_is_looser():
    with Folder() as folder:
        it = Session(folder, "--live")
        file = it.state / "config.seal"
        with it.venue, it.engine:
            shutil.copy(file, folder / "first")
            it.write(risk={"max_heat": 0.1, "max_position": 0.2})
            assert "not what was sealed" in it.reload()
            seal(it.config, it.state)
            assert "changed=1 needs_restart=0" in it.reload()  # the tighter one
            until("the change", it.changes)
            assert it.changes() == ["risk.max_heat 0.25 -> 0.1"], it.changes()
            until("the store to know", lambda: rows(it.state, "SELECT value FROM meta WHERE key = 'seal'")[0][0]
                  .startswith("2 "))
            good = file.read_bytes()
            shutil.copy(folder / "first", file)
            it.write()
            assert "old one put back" in it.reload()
            file.write_bytes(good[:-3] + b"0\n")
            assert "broken" in it.reload()
            file.unlink()
            assert "without a sealed config" in it.reload()
            file.write_bytes(good)
            it.write(risk={"max_heat": 0.1, "max_position": 0.2})
            assert "changed=0" in it.reload()
            assert it.changes() == ["risk.max_heat 0.25 -> 0.1"]
            assert it.engine.stop() == 0
        shutil.copy(folder / "first", file)
        it.write()
        done = call("--config", str(it.config), "--data-dir", str(it.state), "run", "--live", "--headless", "--for", "1s")
        assert done.returncode == 6 and "old one put back" in done.stderr, done.stderr
        loads = [detail for detail, in rows(it.state, "SELECT detail FROM audit WHERE action = 'config.load'")]
        assert [text.partition(", ")[0] for text in loads] == ["number 1", "number 2"], loads


run([k1_bad_config_is_named_and_the_running_one_stays,
     limits_change_while_it_trades_and_the_journal_replays_across_it,
     k2_live_reload_wants_a_newer_seal_and_holds_what_is_looser])
