# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole program under each fault of the simulated exchange: nothing is lost, and the journal is the run.

How to add a fault: a row in MATRIX. tests/venue/test_exchange_faults sees each at a raw client.
"""
import json
import os
import re
import signal

from qt_program import BINARY, Folder, Program, call, run, status, until

WILLING = {"scan": {"top": 10, "max_correlation": 0.99},  # whatever the hour, one of ten has a reason to be bought
           "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                        "cooldown_min": 0},
           "engine": {"sync_s": 5}}
PATIENCE = 240

# Faults of one run, those that must have happened at its end, and what must be there before it ends.
MATRIX = [
    (["latency=0.2:300ms", "5xx=0.1", "storm=4s:1s"], ["latency", "5xx", "storm"]),
    (["lost-ack=1", "reject=0.2", "reject-cancel=0.5"], ["lost-ack"]),
    (["drop=0.05", "drop-user=1", "duplicate=0.05", "gap=0.1", "reorder=0.1"], ["drop", "drop-user", "duplicate"]),
    (["cut=3s", "half-open=5s"], ["cut", "half-open"]),
    (["cut=4s:all", "halt=all@6s:3s"], ["cut", "halt"]),
    (["skew=90s@5s"], ["skew"]),
    (["skew=-90s@5s"], ["skew"]),
    (["reject=0.2", "cut=5s", "lost-ack=0.1", "5xx=0.05", "latency=0.02:1s"], ["cut", "5xx"]),
]


def words_of(faults):
    return [word for fault in faults for word in ("--fault", fault)]


def verify(journal):
    hashes = set()
    for workers in ("1", "2", "3", "8"):
        done = call("replay", str(journal), "--verify", "--workers", workers, "--json", timeout=PATIENCE)
        assert done.returncode == 0, (workers, done.returncode, done.stderr)
        document = json.loads(done.stdout)
        assert document["first_difference"] is None, document
        hashes.add(document["decision_hash"])
    assert len(hashes) == 1, hashes


def has_lived(folder):
    """Orders were filled and some more time has gone by."""
    state = status(folder)
    return state if state and state["positions"] and state["uptime_s"] >= 12 else None


def under(faults, happened):
    with Folder() as folder:
        config, state, journal = folder / "config.json", folder / "state", folder / "journal"
        config.write_text(json.dumps(WILLING))
        os.mkdir(state, 0o700)
        with Program("--config", str(config), "--data-dir", str(state), "demo", "--headless", "--symbols", "12",
                     "--journal", str(journal), *words_of(faults)) as demo:
            until("a position", lambda: has_lived(state), PATIENCE)
            assert demo.stop() == 0, demo.errors()
            document = demo.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        assert document["mode"] in ("NORMAL", "PAUSED"), document["mode"]
        assert document["orders"] > 0 and document["fills"] > 0, document
        assert set(document["faults"]) == {fault.partition("=")[0] for fault in faults}, document["faults"]
        for name in happened:
            assert document["faults"][name] > 0, document["faults"]
        verify(journal)


def case_of(faults, happened):
    def case():
        under(faults, happened)
    case.__name__ = "demo_is_whole_under_" + "_and_".join(fault.partition("=")[0] for fault in faults)
    return case


def demo_without_faults_says_so():
    done = call("demo", "--headless", "--symbols", "5", "--for", "2s")
    assert done.returncode == 0 and json.loads(done.stdout)["faults"] == {}, done.stdout


def venue_says_at_its_end_what_it_did():
    with Program("venue", "serve", "--symbols", "3", "--fault", "skew=1s", "--fault", "reject=0.5") as venue:
        until("ready", lambda: "ready" in venue.text().splitlines())
        assert venue.stop(signal.SIGINT) == 0
        told = re.search("^faults: reject 0, skew ([12])$", venue.text(), re.MULTILINE)  # spot and perpetuals, each in its turn
        assert told, venue.text()


assert BINARY
run([*(case_of(faults, happened) for faults, happened in MATRIX), demo_without_faults_says_so,
     venue_says_at_its_end_what_it_did])
