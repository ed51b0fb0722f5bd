# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals of the real program, replayed: the same decisions with any number of workers, after kill -9, and
every change of a byte, of the length or of a decision caught and named."""
import json
import os
import random
import shutil
import signal
import time

from journal_bytes import chunks
from qt_program import Folder, Program, call, market, run, status, until

SPRING = "klines/binance-spot-2024-spring-5m"
EAGER = {"scan": {"top": 10, "max_correlation": 0.99},  # whatever the hour, one of ten has a reason to be bought
         "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                      "cooldown_min": 0},
         "engine": {"workers": 3, "sync_s": 5}}


def replay(journal, *words, env=None):
    """The replay's document; it must verify."""
    done = call("replay", journal, "--verify", "--json", *words, env=env, timeout=900)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["first_difference"] is None and document["decisions"] > 0
    return document


def segments(journal):
    return sorted(journal.glob("*.qtj"))


class Recorded:
    """A demo with three workers, a pause, a reduction, a liquidation; and its journal."""

    def __init__(self, folder):
        self.journal = folder / "journal"
        state, config = folder / "state", folder / "config.json"
        os.mkdir(state, 0o700)
        config.write_text(json.dumps(EAGER))
        words = ("--config", str(config), "--data-dir", str(state))
        with Program(*words, "demo", "--headless", "--speed", "60", "--symbols", "20", "--journal",
                     str(self.journal)) as demo:
            until("status", lambda: status(state))
            data = ("--data-dir", str(state))
            until("a position", lambda: (status(state) or {}).get("positions"))
            assert call(*data, "pause", "--reason", "news").returncode == 0
            assert call(*data, "resume", "--yes").returncode == 0
            assert call(*data, "reduce", "--reason", "evening").returncode == 0
            assert call(*data, "liquidate", "--yes", "--reason", "test").returncode == 0
            assert call(*data, "resume", "--yes", "--reason", "again").returncode == 0
            assert demo.stop() == 0, demo.errors()
            self.document = demo.document()


def session_with_stops_replays_with_any_number_of_workers():
    with Folder() as folder:
        recorded = Recorded(folder)
        hashes = set()
        for workers in ("1", "2", "3", "8"):
            document = replay(str(recorded.journal), "--workers", workers)
            hashes.add(document["decision_hash"])
            for key in ("orders", "fills", "equity", "mode", "cycles"):
                assert document["state"][key] == recorded.document[key], key
            assert document["state"]["mode"] == "PAUSED"
        assert len(hashes) == 1
        dump = call("replay", str(recorded.journal), "--dump")
        assert dump.returncode == 0, dump.stderr
        kinds, decided = {}, None
        for line in dump.stdout.splitlines():
            record = json.loads(line)
            if record["record"] == "decision" and decided is None:
                decided = record["seq"]
            kinds[record["record"]] = kinds.get(record["record"], 0) + 1
        for kind in ("quote", "trade", "bar", "report", "balance", "link", "sync", "command", "order", "decision",
                     "cycle"):
            assert kinds.get(kind), (kind, kinds)
        assert kinds["order"] == recorded.document["orders"] and kinds["command"] >= 5
        assert call("replay", str(recorded.journal), "--verify", "--until", str(decided)).returncode == 0
        done = call("compare", str(recorded.journal), "--signals", "--json")
        assert done.returncode == 0, done.stderr
        beside = json.loads(done.stdout)
        assert len(beside["orders"]) == recorded.document["orders"] and beside["events"] > 0
        assert beside["signals"]["both"] + beside["signals"]["recorded"] == len(beside["orders"])
        assert sum(row["recorded"]["filled"] != "0" and row["recorded"]["price"] is not None
                   for row in beside["orders"]) == sum(beside["totals"]["filled"][side] for side in ("both", "recorded"))
        assert beside["calibration"]["latency"]["query_answer"]["n"] > 0  # requests have the time they left
        back = replay(str(recorded.journal), "--until", str(decided + 100))
        assert decided <= back["last_seq"] <= decided + 100 and back["ending"] == "not read to its end"


def damage_of_any_kind_is_caught_and_named():
    with Folder() as folder:
        journal = folder / "journal"
        with Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "10", "--journal", str(journal)) as demo:
            until("symbols are chosen", lambda: (status(folder) or {}).get("selected"))
            assert demo.stop() == 0
        replay(str(journal))
        path = segments(journal)[0]
        whole = path.read_bytes()
        dice = random.Random(7)
        for _ in range(5):
            at = dice.randrange(64, len(whole) - 200)
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << dice.randrange(8)]) + whole[at + 1:])
            done = call("replay", str(journal), "--verify")
            assert done.returncode == 6 and path.name in done.stderr and "damaged" in done.stderr, done.stderr
        for left in (len(whole) - 1, len(whole) - 30, len(whole) * 2 // 3):
            path.write_bytes(whole[:left])
            done = call("replay", str(journal), "--verify")
            assert done.returncode == 6 and "no end" in done.stderr, done.stderr
        path.write_bytes(whole)
        key = journal / "journal.key"
        key.write_bytes(bytes(32))
        assert call("replay", str(journal)).returncode == 4
        key.chmod(0o644)
        done = call("replay", str(journal))
        assert done.returncode == 4 and "chmod 600" in done.stderr
        assert call("replay", str(folder / "nothing")).returncode in (4, 7)


def edited_decision_is_the_first_difference():
    with Folder() as folder:
        journal = folder / "journal"
        with Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "10", "--journal", str(journal)) as demo:
            until("symbols are chosen", lambda: (status(folder) or {}).get("selected"))
            assert demo.stop() == 0
        path = segments(journal)[0]
        key = (journal / "journal.key").read_bytes()
        whole, edits = path.read_bytes(), []

        def edit(text):
            at = text.find(b"selected")
            if at < 0 or edits:
                return text
            edits.append(at)
            return text[:at] + b"rejected" + text[at + 8:]

        path.write_bytes(chunks(key, whole, edit))
        assert edits
        done = call("replay", str(journal), "--verify", "--json")
        assert done.returncode == 6 and "decided otherwise" in done.stderr
        first = json.loads(done.stdout)["first_difference"]
        assert first["recorded"]["kind"] == "rejected" and first["replayed"]["kind"] == "selected"
        assert first["seq"] == first["recorded"]["seq"] == first["replayed"]["seq"]
        assert first["recorded"]["symbol"] == first["replayed"]["symbol"]


def kill_at_any_moment_leaves_a_journal_that_verifies():
    dice = random.Random(11)
    with Folder() as folder:
        journal = folder / "journal"
        words = ("--data-dir", str(folder), "demo", "--headless", "--symbols", "10", "--speed", "300", "--journal",
                 str(journal))
        for _ in range(int(os.environ.get("QT_KILLS", "4"))):
            with Program(*words) as demo:
                until("its key", lambda: (journal / "journal.key").exists())
                time.sleep(dice.uniform(0, 3))
                demo.process.send_signal(signal.SIGKILL)
                demo.wait()
        with Program(*words) as demo:  # recovers the last one
            until("it decides", lambda: (status(folder) or {}).get("selected"))
            assert demo.stop() == 0
        rows = call("replay", str(journal), "--list").stdout.split("\n")
        sessions = [row.split()[0] for row in rows if row]
        assert sessions
        for session in sessions:
            document = json.loads(call("replay", str(journal), "--verify", "--json", "--session", session).stdout)
            assert document["first_difference"] is None
            assert document["ending"] == ("closed" if session == sessions[-1] else "recovered"), session


def record_writes_the_venues_market_and_leaves_nothing_else():
    with Folder() as folder, Program("venue", "serve", "--symbols", "10") as venue:
        journal, config, home = folder / "journal", folder / "config.json", folder / "home"
        os.mkdir(home, 0o700)

        def urls():
            lines = venue.text().splitlines()
            return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

        found = until("the venue", urls)
        config.write_text(json.dumps({"venue": {"rest_url": found["rest"], "ws_url": found["stream"],
                                                "ws_api_url": found["api"]}, "engine": {"workers": 2}}))
        done = call("--config", str(config), "record", "--for", "4s", str(journal), env={"TMPDIR": str(home)})
        assert done.returncode == 0, done.stderr
        wanted = json.loads(done.stdout)
        assert wanted["symbols"] == 10 and wanted["events"] > 1000 and wanted["equity"]
        assert list(home.iterdir()) == []
        document = replay(str(journal), "--workers", "1")
        assert document["run_kind"] == "record" and document["ending"] == "closed"
        assert document["events"] == wanted["events"] and document["state"]["cycles"] == wanted["cycles"]
        assert replay(str(journal), "--speed", "4")["seconds"] > 0.5  # some four seconds of events


def record_needs_a_folder_and_replay_a_journal():
    assert call("record").returncode == 2
    with Folder() as folder:
        done = call("replay", str(folder))
        assert done.returncode == 4 and "journal.key" in done.stderr, done.stderr
        assert call("replay", str(folder), "--list").returncode == 7
        for words in ("replay",), ("replay", "--verify"), ("compare",):
            done = call(*words, str(folder / "none"))
            assert done.returncode == 7 and "none: there is no such journal" in done.stderr, (words, done.stderr)
        done = call("backtest", "--data", market(SPRING), "--from", "2024-03-04", "--to", "2024-03-05", "--journal",
                    "/proc/nowhere")
        assert done.returncode == 1 and "/proc/nowhere" in done.stderr, done.stderr
        shutil.rmtree(folder / "x", ignore_errors=True)


run([session_with_stops_replays_with_any_number_of_workers,
     damage_of_any_kind_is_caught_and_named, edited_decision_is_the_first_difference,
     kill_at_any_moment_leaves_a_journal_that_verifies, record_writes_the_venues_market_and_leaves_nothing_else,
     record_needs_a_folder_and_replay_a_journal])
