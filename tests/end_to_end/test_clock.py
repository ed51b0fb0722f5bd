# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's clock and the real program: faults C1 to C5. QT_STEP_LIBRARY is tests/lib/step.c, preloaded: to set the
clock of this machine for real (C4) would set it for all that runs on it. Its monotonic clocks are really moved, in a time
namespace."""
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request

from host_kit import Clock, Manager, Paper
from qt_program import BINARY, PATIENCE, Folder, Program, Skip, call, rows, run, status, until

HOUR = 3600


def C1_step_of_the_clock_by_an_hour_pauses_and_moves_no_timer():
    with Folder() as folder:
        clock = Clock(folder / "step")
        with Paper({"engine": {"equity_s": 1}}, env=clock.env(), credentials=True,
                   words=("run", "--live", "--headless")) as paper:
            paper.start()
            for step in (HOUR, -HOUR):
                before, jumps = status(paper.state)["time_ms"], paper.process()["clock_jumps"]
                clock.set(step)
                until("PAUSED", lambda: paper.mode() == "PAUSED")
                until("told", lambda: paper.process()["clock_jumps"] > jumps)
                assert "clock jumped by" in status(paper.state)["mode_reason"]
                until("time goes on", lambda: status(paper.state)["time_ms"] > before + 2000)
                now = status(paper.state)["time_ms"]
                assert now < before + 90 * 1000, "the session's time followed the step"
                assert abs(abs(paper.process()["last_clock_jump_ms"]) - abs(step if step > 0 else 2 * HOUR) * 1000) < 60000
                assert paper.call("resume", "--yes").returncode == 0
                until("NORMAL", lambda: paper.mode() == "NORMAL")
            reads = [row[0] for row in rows(paper.state, "select count(*) from equity")]
            until("equity goes on", lambda: rows(paper.state, "select count(*) from equity")[0][0] > reads[0] + 1)
            assert paper.log("clock.jump") and "-1021" not in paper.engine.errors()
            assert paper.engine.stop() == 0


def venue_ahead_s(paper):
    """How far the venue's clock is ahead of the session's, which is this machine's."""
    with urllib.request.urlopen(paper.urls["rest"] + "/api/v3/time") as answer:
        venue = json.load(answer)["serverTime"]
    return (venue - status(paper.state)["time_ms"]) / 1000


def C2_drift_is_followed_by_signed_requests():
    """A hundred times the drift of the list, so that it is more than a request may be old within a minute."""
    with Paper({"engine": {"sync_s": 5}, "venue": {"recv_window_ms": 5000}}, credentials=True,
               words=("run", "--live", "--headless"), speed="1.1") as paper:
        paper.start()
        until("a clock that would be refused", lambda: venue_ahead_s(paper) > 7)
        reads = account_reads(paper)
        until("signed requests that are taken", lambda: account_reads(paper) > reads + 2)
        assert "-1021" not in paper.engine.errors() and not paper.log("clock.jump")
        assert status(paper.state)["mode"] == "NORMAL", status(paper.state)["mode_reason"]
        operations = status(paper.state)["venues"][0]["operations"]
        assert all(row["failed"] == 0 for row in operations if row["operation"] == "account"), operations
        assert paper.engine.stop() == 0


def gap_passed(state):
    """The status once the session's time is past the ten minutes of its pause."""
    document = status(state)
    return document if document["time_ms"] - document["mode_since_ms"] > 500 * 1000 else None


def C3_process_that_was_stopped_decides_nothing_before_it_has_paused_and_read_the_account():
    config = {"health": {"stopped_ms": 2000, "stuck_ms": 600000}}
    with Folder() as folder:
        state = folder / "state"
        state.mkdir(mode=0o700)
        path = folder / "config.json"
        path.write_text(json.dumps(config))
        words = ("-v", "--config", str(path), "--data-dir", str(state), "demo", "--headless", "--symbols", "10",
                 "--speed", "150", "--journal", str(folder / "journal"))
        with Program(*words) as demo:
            until("equity", lambda: (status(state) or {}).get("equity"))
            demo.process.send_signal(signal.SIGSTOP)  # ten minutes of the exchange's time
            time.sleep(4.2)
            demo.process.send_signal(signal.SIGCONT)
            until("PAUSED", lambda: (status(state) or {}).get("mode") == "PAUSED")
            document = until("the gap has passed", lambda: gap_passed(state))
            assert "stood still" in document["mode_reason"] and document["late_turns"] >= 1, document["mode_reason"]
            assert call("--data-dir", str(state), "resume", "--yes").returncode == 0
            until("NORMAL", lambda: status(state)["mode"] == "NORMAL")
            assert demo.stop() == 0
            assert demo.document()["conserved"] is True
        paused, at = rows(state, "select seq, t_ns from modes where reason like '%stood still%'")[0]
        resumed = rows(state, f"select min(seq) from modes where seq > {paused}")[0][0]
        done = call("replay", str(folder / "journal"), "--verify", timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert document["time_ms"] - at / 1e6 > 500 * 1000, "the pause does not stand before the gap"
        first = f"seq > {paused} and seq < {resumed} and purpose = 'entry'"
        assert rows(state, f"select count(*) from orders where {first}")[0][0] == 0


def account_reads(paper):
    return next(row["calls"] for row in status(paper.state)["venues"][0]["operations"] if row["operation"] == "account")


def C3_machine_that_slept_for_ten_minutes_pauses_and_reads_the_account_before_anything_else():
    with Folder() as folder:
        clock = Clock(folder / "step")
        config = {"engine": {"equity_s": 1, "sync_s": 3600}}  # no read of the account is due by itself
        with Paper(config, env=clock.env(), venue_env=clock.env(), credentials=True,
                   words=("run", "--live", "--headless")) as paper:
            paper.start()
            until("rows", lambda: rows(paper.state, "select count(*) from equity")[0][0] > 2)
            before, reads = status(paper.state)["time_ms"], account_reads(paper)
            clock.sleep(600)  # the exchange, elsewhere, had those ten minutes too
            until("PAUSED", lambda: paper.mode() == "PAUSED")
            document = status(paper.state)
            assert "stood still for 600" in document["mode_reason"], document["mode_reason"]
            assert document["time_ms"] >= before + 600 * 1000, "the session's time left the sleep out"
            assert paper.process()["clock_jumps"] == 0, "the wall clock is right"
            paused = rows(paper.state, "select seq, t_ns from modes where reason like '%stood still%'")[0]
            until("the account is read", lambda: account_reads(paper) > reads)
            until("rows", lambda: rows(paper.state, f"select count(*) from equity where t_ns > {paused[1]}")[0][0] > 2)
            assert "-1021" not in paper.engine.errors() and paper.engine.process.poll() is None
            assert paper.call("resume", "--yes").returncode == 0
            until("NORMAL", lambda: paper.mode() == "NORMAL")
            assert paper.engine.stop() == 0
            resumed = rows(paper.state, f"select min(seq) from modes where seq > {paused[0]}")[0][0]
            between = f"seq > {paused[0]} and seq < {resumed} and purpose = 'entry'"
            assert rows(paper.state, f"select count(*) from orders where {between}")[0][0] == 0


def C4_year_2038_and_a_leap_second_pass():
    end_of_32_bits = 2 ** 31 - 1
    with Folder() as folder:
        clock = Clock(folder / "step", ahead_s=end_of_32_bits - time.time() - 6)
        with Paper({"engine": {"equity_s": 1}}, env=clock.env()) as paper:
            paper.start()
            until("2038", lambda: status(paper.state)["time_ms"] > (end_of_32_bits + 3) * 1000)
            clock.set(end_of_32_bits - time.time() + 60 - 1)  # any step back by less than the limit is none
            assert "2038-01-19T03:1" in paper.engine.errors()
            assert status(paper.state)["time_ms"] > end_of_32_bits * 1000
            assert paper.engine.stop() == 0


def C4_leap_second_is_no_jump():
    with Folder() as folder:
        clock = Clock(folder / "step")
        with Paper(env=clock.env()) as paper:
            paper.start()
            clock.set(-1)
            first = status(paper.state)["time_ms"]
            until("time goes on", lambda: status(paper.state)["time_ms"] > first + 1500)
            assert paper.mode() == "NORMAL" and paper.process()["clock_jumps"] == 0
            assert paper.engine.stop() == 0


def C4_machine_that_has_been_up_for_a_century():
    """Monotonic nanoseconds beyond 2^61, seconds beyond 2^31: what is computed of them is what it always is."""
    century = str(100 * 366 * 24 * HOUR)
    place = ["unshare", "--time", "--monotonic", century, "--boottime", century, "--fork", "--kill-child"]
    if not shutil.which("unshare") or subprocess.run([*place, "true"], capture_output=True, check=False).returncode:
        raise Skip("no time namespace can be made here")
    with Folder() as folder:
        told = subprocess.run([*place, "cat", "/proc/uptime"], capture_output=True, text=True, check=True).stdout
        assert float(told.split()[0]) > 2 ** 31, told
        words = ("--data-dir", str(folder / "state"), "demo", "--headless", "--symbols", "10", "--journal",
                 str(folder / "journal"), "--fault", "latency=0.2:50ms", "--fault", "cut=2s")
        (folder / "state").mkdir(mode=0o700)
        with subprocess.Popen([*place, BINARY, "-v", *words, "--for", "8s"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as engine:
            document = until("equity", lambda: (status(folder / "state") or {}).get("equity") and status(folder / "state"))
            assert 0 <= document["uptime_s"] < 3600 and document["engine_silent_s"] is None, document["uptime_s"]
            assert all(-1 <= (row["heartbeat_ms"] or 0) < 600000 for row in document["components"]), document["components"]
            assert document["process"]["clock_jumps"] == 0 and document["mode"] == "NORMAL", document["mode_reason"]
            out, told = engine.communicate(timeout=PATIENCE)
        assert engine.returncode == 0, told
        assert json.loads(out)["conserved"] is True and json.loads(out)["events"] > 1000
        assert call("replay", str(folder / "journal"), "--verify", timeout=PATIENCE).returncode == 0


def C5_start_in_1970_waits_until_the_clock_is_set():
    with Folder() as folder:
        clock = Clock(folder / "step", ahead_s=-time.time() + 60)
        manager = Manager(folder)
        with Paper(env={**clock.env(), **manager.env()}) as paper:
            paper.start(wait=False)
            until("says so", lambda: "clock of this machine says 1970-01-01" in paper.engine.errors())
            assert any("waiting until it is set" in line for line in manager.heard())
            assert not (paper.state / "store.db").exists() and paper.engine.process.poll() is None
            clock.set(0)
            until("equity", lambda: (status(paper.state) or {}).get("equity"))
            assert abs(status(paper.state)["time_ms"] / 1000 - time.time()) < 60
            assert paper.engine.stop() == 0
        with Paper(env=Clock(folder / "other", ahead_s=-time.time()).env()) as paper:
            paper.start(wait=False)
            until("says so", lambda: "1970-01-01" in paper.engine.errors())
            assert paper.engine.stop() == 1
            assert "ended while waiting" in paper.engine.errors()


run([C1_step_of_the_clock_by_an_hour_pauses_and_moves_no_timer,
     C2_drift_is_followed_by_signed_requests,
     C3_process_that_was_stopped_decides_nothing_before_it_has_paused_and_read_the_account,
     C3_machine_that_slept_for_ten_minutes_pauses_and_reads_the_account_before_anything_else,
     C4_year_2038_and_a_leap_second_pass, C4_leap_second_is_no_jump,
     C4_machine_that_has_been_up_for_a_century, C5_start_in_1970_waits_until_the_clock_is_set])
