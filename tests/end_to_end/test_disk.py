# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that fails under the real program: full (S4), with errors (S5), read-only (S7). Trading pauses and says why,
stops are obeyed, and when the disk works again nothing is missing. QT_DISK_LIBRARY is tests/lib/disk.c, preloaded;
which fault is a file's existence."""
import json
import os

from live_place import Place
from qt_program import Folder, Program, Skip, call, rows, run, status, until

LIBRARY = os.environ.get("QT_DISK_LIBRARY")


def mode(state):
    return (status(state) or {}).get("mode")


def states(state):
    return {part["name"]: part["state"] for part in (status(state) or {}).get("components", [])}


def live_with(fault):
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Folder() as folder:
        state, faults, journal = folder / "state", folder / "faults", folder / "journal"
        os.mkdir(state, 0o700)
        os.mkdir(faults)
        config = folder / "config.json"
        config.write_text(json.dumps({"engine": {"equity_s": 1}, "journal": {"sync": "every"}}))
        with Program("--config", str(config), "--data-dir", str(state), "demo", "--headless", "--symbols", "5",
                     "--journal", str(journal), env={"LD_PRELOAD": LIBRARY, "QT_DISK": str(faults)}) as engine:
            until("trading", lambda: mode(state) == "NORMAL" and rows(state, "SELECT * FROM equity"))
            before = rows(state, "SELECT count(*) FROM equity")[0][0]
            (faults / fault).touch()
            until("a pause", lambda: mode(state) == "PAUSED")
            told = status(state)
            assert "cannot be written" in told["mode_reason"], told["mode_reason"]
            until("its name", lambda: "degraded" in (states(state).get("store"), states(state).get("journal")))
            done = call("--data-dir", str(state), "reduce", "--reason", "the disk fails")
            assert done.returncode == 0 and until("reduced", lambda: mode(state) == "REDUCED"), done.stderr
            assert len(engine.errors()) < 1 << 18  # no log that spins
            (faults / fault).unlink()
            until("the disk works", lambda: states(state).get("store") == states(state).get("journal") == "running")
            until("rows", lambda: rows(state, "SELECT count(*) FROM equity")[0][0] > before)
            until("the mode on disk", lambda: rows(state, "SELECT mode FROM modes ORDER BY id DESC LIMIT 1") == [["REDUCED"]])
            assert engine.stop() == 0, engine.errors()
        assert rows(state, "SELECT mode FROM modes WHERE mode = 'PAUSED'") == [["PAUSED"]]
        done = call("--data-dir", str(state), "store", "check")
        assert done.returncode == 0, done.stdout + done.stderr
        done = call("--data-dir", str(state), "replay", "--verify", str(journal))
        assert done.returncode == 0, done.stdout + done.stderr


def sold_out_under(fault):
    """Cancels and exits leave while nothing can be written; what they did is written when it can."""
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Place() as place:
        faults = place.path / "faults"
        os.mkdir(faults)
        begun = place.assets()
        with place.run(env={"LD_PRELOAD": LIBRARY, "QT_DISK": str(faults)}) as engine:
            until("protected positions", place.protected)
            (faults / fault).touch()
            until("a pause", lambda: mode(place.state) == "PAUSED")
            with Program("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "the disk fails") as order:
                until("no order and no coin", lambda: not place.resting() and place.has_no_more_than(begun))
                assert (faults / fault).exists()
                (faults / fault).unlink()
                assert order.wait() == 0 and "flat" in order.text(), order.text() + order.errors()
            until("the disk works", lambda: states(place.state).get("store") == "running")
            assert engine.stop() == 0, engine.errors()
            document = engine.document()
            assert document["conserved"] is True and document["incidents"] == 0, document
        place.check_books()
        place.verify()


def S4_full_disk_pauses_and_nothing_is_lost():
    live_with("enospc")


def S5_disk_with_errors_pauses_and_nothing_is_lost():
    live_with("eio")


def S7_disk_that_turns_read_only_pauses_and_nothing_is_lost():
    live_with("erofs")


def S4_full_disk_keeps_no_cancel_and_no_exit_back():
    sold_out_under("enospc")


def S5_S7_disk_with_errors_keeps_no_cancel_and_no_exit_back():
    sold_out_under("eio")


run([S4_full_disk_pauses_and_nothing_is_lost, S5_disk_with_errors_pauses_and_nothing_is_lost,
     S7_disk_that_turns_read_only_pauses_and_nothing_is_lost,
     S4_full_disk_keeps_no_cancel_and_no_exit_back, S5_S7_disk_with_errors_keeps_no_cancel_and_no_exit_back])
