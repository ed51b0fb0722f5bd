# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that was acknowledged survives the engine, which dies in the moment of its answer; and a disk that does not
answer delays neither the stop nor, for long, an honest answer. QT_HANG_LIBRARY is tests/lib/hang.c, preloaded: the store,
or the journal, hangs as long as a file exists."""
import json
import os
import select
import socket

from live_place import Place
from qt_program import Folder, Program, Skip, call, rows, run, status, until

LIBRARY = os.environ.get("QT_HANG_LIBRARY")


class Paper:
    """An engine on paper, which can be started again on its folder; its store hangs when that is wanted."""

    def __enter__(self):
        if not LIBRARY:
            raise Skip("a sanitizer's runtime must be the first library of a program")
        self.folder = Folder()
        folder = self.folder.__enter__()
        self.state, self.hang = folder / "state", folder / "hang"
        os.mkdir(self.state, 0o700)
        os.mkdir(self.hang)
        self.venue = Program("venue", "serve", "--symbols", "5")
        urls = until("ready", self.urls)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({
            "venue": {"rest_url": urls["rest"], "ws_url": urls["stream"], "ws_api_url": urls["api"]},
            "health": {"starts": 60}}))
        return self

    def __exit__(self, *exc):
        self.venue.__exit__(*exc)
        self.folder.__exit__()

    def urls(self):
        lines = self.venue.text().splitlines()
        pairs = dict(line.partition("=")[::2] for line in lines if "=" in line)
        return pairs if "ready" in lines else None

    def run(self):
        return Program("--config", str(self.config), "--data-dir", str(self.state), "run", "--headless",
                       env={"LD_PRELOAD": LIBRARY, "QT_HANG": str(self.hang)})

    def stick(self):
        (self.hang / "store").touch()

    def release(self):
        (self.hang / "store").unlink()


def ask(state, command):
    """The connection on which the command was sent."""
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(90)
    client.connect(str(state / "control.sock"))
    client.sendall(json.dumps({"v": 1, "command": command, "reason": "drill"}).encode() + b"\n")
    return client


def answer(client):
    with client, client.makefile() as lines:
        return json.loads(lines.readline())


def survives(command, mode):
    """Acknowledged, and killed in the same moment: the next engine knows of it. While the disk hangs there is no
    acknowledgement."""
    with Paper() as paper:
        while True:
            with paper.run() as engine:
                before = until("the engine", lambda: status(paper.state))
                assert before["mode"] == "NORMAL", before["mode"]
                paper.stick()
                client = ask(paper.state, command)
                early, _, _ = select.select([client], [], [], 0.2)
                paper.release()
                said = answer(client)
                engine.process.kill()
                engine.wait()
            assert said["ok"] is True and "kept" in said, said
            if said["kept"] and not early:
                break
            assert "the disk" in said["warning"], said  # the machine was slower than the patience of the answer
            with paper.run():
                until("the engine", lambda: status(paper.state))
                call("--data-dir", str(paper.state), "resume", "--yes", "--reason", "again")
                until("NORMAL", lambda: status(paper.state)["mode"] == "NORMAL")
        with paper.run():
            found = until("the next engine", lambda: status(paper.state))
            assert found["mode"] == mode, found["mode"]


def pause_that_was_acknowledged_survives_kill_9():
    survives("pause", "PAUSED")


def reduce_that_was_acknowledged_survives_kill_9():
    survives("reduce", "REDUCED")


def liquidate_that_was_acknowledged_survives_kill_9():
    survives("liquidate", "EMERGENCY")


def S6_disk_that_hangs_is_told_and_the_engine_obeys_meanwhile():
    with Paper() as paper, paper.run() as engine:
        until("the engine", lambda: status(paper.state))
        paper.stick()
        done = call("--data-dir", str(paper.state), "reduce", "--reason", "drill")
        assert done.returncode == 0 and "the disk has not taken it" in done.stderr, (done.returncode, done.stderr)
        until("it acts", lambda: status(paper.state)["mode"] == "REDUCED")
        said = answer(ask(paper.state, "pause"))
        assert said["ok"] is True and said["kept"] is False and "the disk" in said["warning"], said
        paper.release()
        until("kept", lambda: answer(ask(paper.state, "pause")) == {"v": 1, "ok": True, "kept": True})
        assert status(paper.state)["mode"] == "REDUCED"
        assert engine.stop() == 0, engine.errors()


def S6_liquidation_is_over_at_the_venue_before_the_disk_answers():
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Place() as place:
        hang = place.path / "hang"
        os.mkdir(hang)
        begun = place.assets()
        with place.run(env={"LD_PRELOAD": LIBRARY, "QT_HANG": str(hang)}) as engine:
            until("protected positions", place.protected)
            (hang / "store").touch()
            said = answer(ask(place.state, "liquidate"))
            assert said["ok"] is True and said["kept"] is False and "the disk" in said["warning"], said
            until("no order and no coin", lambda: not place.resting() and place.has_no_more_than(begun))
            (hang / "store").unlink()
            until("kept", lambda: answer(ask(place.state, "liquidate"))["kept"])
            until("flat", lambda: place.status()["liquidating"] is False)
            assert engine.stop() == 0, engine.errors()
        place.check_books()
        place.verify()


def S6_journal_whose_ring_is_full_pauses_and_keeps_no_cancel_and_no_exit_back():
    """A busy market fills the journal's ring while its disk hangs. With a position out nothing waits for the disk: trading
    pauses and says why, everything is sold, and what the store keeps is whole when the disk is back."""
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Folder() as folder:
        state, hang, journal = folder / "state", folder / "hang", folder / "journal"
        os.mkdir(state, 0o700)
        os.mkdir(hang)

        def health():
            return next(row for row in status(state)["health"] if row["component"] == "journal")

        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "40", "--speed", "20", "--journal",
                     str(journal), env={"LD_PRELOAD": LIBRARY, "QT_HANG": str(hang)}) as engine:
            until("a position and its stop", lambda: (status(state) or {}).get("positions") and status(state)["open_orders"])
            (hang / "journal").touch()
            until("a pause", lambda: status(state)["mode"] == "PAUSED")
            told = status(state)
            assert "does not keep up" in told["mode_reason"], told["mode_reason"]
            until("the lag", lambda: health()["state"] == "bad" and "16384 records waiting" in health()["detail"])
            done = call("--data-dir", str(state), "liquidate", "--yes", "--reason", "the disk hangs")
            assert done.returncode == 0 and "flat" in done.stdout, done.stdout + done.stderr
            assert status(state)["positions"] == [] and status(state)["open_orders"] == [], status(state)
            assert (hang / "journal").exists()
            (hang / "journal").unlink()
            until("kept", lambda: rows(state, "SELECT mode FROM modes ORDER BY id DESC LIMIT 1") == [["EMERGENCY"]])
            assert engine.stop() == 0, engine.errors()
            document = engine.document()
            assert document["conserved"] is True, document
        modes = [mode for mode, in rows(state, "SELECT mode FROM modes ORDER BY id")]
        assert modes[-2:] == ["PAUSED", "EMERGENCY"], modes
        seqs = [seq for seq, in rows(state, "SELECT seq FROM fills ORDER BY id")]
        assert seqs == sorted(seqs) and len(seqs) >= 2, seqs
        sums = rows(state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        done = call("--data-dir", str(state), "store", "check")
        assert done.returncode == 0, done.stdout + done.stderr
        done = call("--data-dir", str(state), "replay", "--verify", str(journal))
        assert "every decision is the recorded one" in done.stdout, done.stdout + done.stderr  # up to where it ends
        assert done.returncode == 6 and "the journal did not keep up" in done.stderr, (done.returncode, done.stderr)


run([pause_that_was_acknowledged_survives_kill_9, reduce_that_was_acknowledged_survives_kill_9,
     liquidate_that_was_acknowledged_survives_kill_9, S6_disk_that_hangs_is_told_and_the_engine_obeys_meanwhile,
     S6_liquidation_is_over_at_the_venue_before_the_disk_answers,
     S6_journal_whose_ring_is_full_pauses_and_keeps_no_cancel_and_no_exit_back])
