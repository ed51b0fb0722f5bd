# SPDX-License-Identifier: GPL-3.0-or-later
"""The service manager and the real program (fault P7), signals (P1), crashes (P3, P5), its own file (P6)."""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import qt_program
from host_kit import Manager, Paper
from qt_program import Folder, Program, Skip, call, rows, run, status, until

SOURCE = pathlib.Path(os.environ["QT_SOURCE"])
CRASHES = int(os.environ.get("QT_CRASHES", "3"))  # threads of which one crashes; QT_CRASHES=16 for all
CRASH_SIGNALS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT)
HANG = os.environ.get("QT_HANG_LIBRARY")


def service_manager_hears_ready_after_the_account_is_read_the_mode_and_the_end():
    with Folder() as folder:
        manager = Manager(folder)
        with Paper(env=manager.env()) as paper:
            paper.start()
            until("READY", lambda: "READY=1" in manager.heard())
            first = manager.heard().index("READY=1")
            assert not any(line.startswith("STATUS=NORMAL") and "not read" not in line for line in manager.lines[:first])
            until("mode", lambda: any(line.startswith("STATUS=NORMAL, ") for line in manager.heard()))
            assert paper.call("pause").returncode == 0
            until("PAUSED", lambda: any(line.startswith("STATUS=PAUSED, ") for line in manager.heard()))
            assert paper.process()["service_manager"] is True
            assert "NOTIFY_SOCKET" not in paper.call("status").stdout
            assert paper.engine.stop() == 0
            assert "STOPPING=1" in manager.heard() and not any("WATCHDOG" in line for line in manager.lines)


def P7_watchdog_is_fed_while_the_engine_moves_and_not_when_it_hangs():
    if not HANG:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Folder() as folder:
        manager = Manager(folder, watchdog_s=2)
        hang = folder / "hang"
        hang.mkdir()
        env = {**manager.env(), "LD_PRELOAD": HANG, "QT_HANG": str(hang)}
        fed = lambda: manager.heard().count("WATCHDOG=1")  # noqa: E731
        with Paper({"health": {"stuck_ms": 2000}}, env=env) as paper:
            paper.start()
            until("fed", lambda: fed() >= 3)
            (hang / "engine").touch()
            until("named", lambda: paper.log("part.stuck"))
            count = fed()
            for _ in range(3):  # all other threads move, and answer
                assert status(paper.state)["engine_silent_s"] is not None
                time.sleep(1)
            assert fed() == count, "fed by a thread that is not the engine's"
            (hang / "engine").unlink()
            until("fed again", lambda: fed() > count)
            paper.engine.process.kill()  # what the manager does to one that is not fed
            paper.engine.wait()
            paper.env = {}
            paper.start()
            assert paper.mode() == "PAUSED", "the pause of the hang was forgotten"
            assert paper.process()["starts_without_end"] == 1
            assert paper.engine.stop() == 0


def verify_unit(name):
    tool = shutil.which("systemd-analyze")
    if not tool:
        raise Skip("systemd-analyze is not installed")
    unit = SOURCE / "data" / name
    done = subprocess.run([tool, "verify", str(unit)], capture_output=True, text=True, check=False)
    known = ("RestartSteps", "RestartMaxDelaySec", "is not executable", "'man ")  # systemd 254; not installed here
    wrong = [line for line in done.stderr.splitlines() if name in line and not any(k in line for k in known)]
    assert not wrong, wrong
    return unit.read_text()


def unit_of_the_watchman_is_the_engines_user_and_as_walled_in():
    engine, watchman = verify_unit("qtrade.service"), verify_unit("qtrade-watch.service")

    def settings(text):
        service = text.split("[Service]")[1].split("[Install]")[0]
        return {line for line in service.splitlines() if line and line[0] != "#"}
    walls = {line for line in settings(engine) if line.startswith(("Protect", "Restrict", "Private", "Capab", "Ambient", "NoNew",
             "Lock", "Memory", "SystemCallArch", "SystemCallError", "LimitCORE", "UMask", "Dynamic", "User", "StateDir",
             "RemoveIPC", "DevicePolicy", "LoadCredential"))}
    realtime = {"RestrictRealtime=no"}  # the kill switch's thread
    assert len(walls) > 25 and walls - settings(watchman) == realtime, walls - settings(watchman)
    assert "SystemCallFilter=@system-service" in settings(watchman) and "PrivateDevices=yes" in settings(watchman)
    assert "\nAfter=network-online.target time-sync.target qtrade.service\n" in watchman
    for word in ("BindsTo=", "PartOf=", "Requires="):
        assert word not in watchman, "it outlives the engine"


def unit_is_what_systemd_understands():
    text = verify_unit("qtrade.service")
    for line in ("Type=notify", "OOMScoreAdjust=-500", "StartLimitBurst=5", "Restart=on-failure", "NotifyAccess=main",
                 "ProtectSystem=strict", "MemoryDenyWriteExecute=yes", "DeviceAllow=char-gpiochip rw"):
        assert f"\n{line}\n" in text, line
    watchdog = int(text.split("\nWatchdogSec=")[1].split("\n")[0])
    stuck = json.loads(call("config", "defaults").stdout)["health"]["stuck_ms"]
    assert watchdog * 1000 > 2 * stuck, "the program's own watchdog must come first"


# Signals, crashes, its own file

def P1_storm_of_signals_leaves_a_session_that_ends_in_order():
    with Paper() as paper:
        paper.start()
        for _ in range(200):
            for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGWINCH, signal.SIGXFSZ):
                paper.engine.process.send_signal(number)
        until("PAUSED", lambda: paper.mode() == "PAUSED")
        for _ in range(50):
            paper.engine.process.send_signal(signal.SIGUSR2)
        until("EMERGENCY", lambda: paper.mode() == "EMERGENCY")
        paper.engine.process.send_signal(signal.SIGUSR1)  # tightens nothing, loosens nothing
        for _ in range(20):
            if paper.engine.process.poll() is None:
                paper.engine.process.send_signal(signal.SIGTERM)
                paper.engine.process.send_signal(signal.SIGINT)
        assert paper.engine.wait() == 0
        assert paper.engine.document()["mode"] == "EMERGENCY" and paper.engine.document()["conserved"] is True
        assert not (paper.state / "starts").exists()


def crash_in_thread(paper, which, crash):
    engine = paper.start()
    secrets = list(json.loads((paper.state.parent / "account").read_text()).values())
    assert all(len(secret) > 16 for secret in secrets), "the account's file has another form"
    assert paper.process()["starts_without_end"] == crash and paper.mode() == "NORMAL"
    before = set(os.listdir("."))
    pid = engine.process.pid
    threads = sorted(int(task) for task in os.listdir(f"/proc/{pid}/task"))  # as they were started: the first is main's
    for task in threads:  # a real crash where the signal is blocked ends without its handler
        lines = pathlib.Path(f"/proc/{pid}/task/{task}/status").read_text().splitlines()
        blocked = int(next(line for line in lines if line.startswith("SigBlk")).split()[1], 16)
        assert not any(blocked >> (number - 1) & 1 for number in CRASH_SIGNALS), (threads.index(task), hex(blocked))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.syscall(234, pid, threads[which % len(threads)], signal.SIGSEGV) == 0  # tgkill: a crash in that thread
    assert engine.wait() == -signal.SIGSEGV
    assert set(os.listdir(".")) == before and not list(paper.state.glob("core*"))
    for path in paper.state.rglob("*"):
        assert not path.is_file() or not any(secret.encode() in path.read_bytes() for secret in secrets), path
    assert not any(secret in engine.errors() for secret in secrets)


def P3_crash_leaves_no_core_and_no_key_and_the_next_start_reconciles():
    if not HANG:
        raise Skip("a sanitizer's runtime takes the signal of a crash for itself")
    config = {"health": {"starts": 60}}
    with Paper(config, credentials=True, words=("run", "--live", "--headless")) as paper:
        for crash in range(CRASHES):
            crash_in_thread(paper, -1 if crash == 0 else crash - 1, crash)
        paper.start()
        assert paper.process()["starts_without_end"] == CRASHES and paper.mode() == "NORMAL"
        assert paper.engine.stop() == 0


def P5_crash_loop_begins_paused_and_a_trip_is_kept():
    with Paper({"health": {"starts": 3}}) as paper:
        for crash in range(2):
            paper.start()
            assert paper.mode() == "NORMAL" and paper.process()["starts_without_end"] == crash
            paper.engine.process.kill()
            paper.engine.wait()
        paper.start()
        until("PAUSED", lambda: paper.mode() == "PAUSED")
        assert "3 starts in 10 min" in status(paper.state)["mode_reason"] and paper.log("start.loop")
        assert rows(paper.state, "select count(*) from audit where action = 'pause' and"
                    " detail like '%starts in 10 min%'")[0][0] == 1
        assert paper.call("liquidate", "--yes", "--reason", "test").returncode == 0
        paper.engine.process.kill()
        paper.engine.wait()
        paper.start()
        until("EMERGENCY", lambda: paper.mode() == "EMERGENCY")
        assert paper.call("resume", "--yes").returncode == 1, "left EMERGENCY without a reason"
        assert paper.engine.stop() == 0 and not (paper.state / "starts").exists()
        paper.start()
        until("EMERGENCY", lambda: paper.mode() == "EMERGENCY")
        assert paper.process()["starts_without_end"] == 0
        assert paper.engine.stop() == 0


def P5_file_of_starts_that_is_damaged_is_replaced():
    with Paper() as paper:
        for text in (b"\xff\x00\n", b"", b"9" * 5000, b"-1\n-2\n", b"12\n" * 500):
            (paper.state / "starts").write_bytes(text)
            with Program("--config", str(paper.path), "--data-dir", str(paper.state), "run", "--headless") as engine:
                until("equity", lambda: (status(paper.state) or {}).get("equity"))
                assert status(paper.state)["process"]["starts_without_end"] == 0
                assert engine.stop() == 0


def P6_program_whose_file_is_replaced_runs_on_and_says_so():
    with Paper() as paper:
        copy = paper.state.parent / "qtrade"
        shutil.copy2(qt_program.BINARY, copy)
        whole, qt_program.BINARY = qt_program.BINARY, str(copy)
        try:
            paper.start()
        finally:
            qt_program.BINARY = whole
        assert paper.process()["program"] == "as started"
        other = paper.state.parent / "newer"
        other.write_text("#!/bin/false\n")
        os.rename(other, copy)
        until("told", lambda: paper.process()["program"] == "binary replaced")
        assert "binary replaced" in paper.call("status").stdout and len(paper.log("program.replaced")) == 1
        os.unlink(copy)  # and now there is none at all
        assert paper.process()["program"] == "binary replaced"
        time_ms = status(paper.state)["time_ms"]
        until("runs on", lambda: status(paper.state)["time_ms"] > time_ms)
        assert paper.engine.stop() == 0


run([service_manager_hears_ready_after_the_account_is_read_the_mode_and_the_end,
     P7_watchdog_is_fed_while_the_engine_moves_and_not_when_it_hangs, unit_is_what_systemd_understands,
     unit_of_the_watchman_is_the_engines_user_and_as_walled_in,
     P1_storm_of_signals_leaves_a_session_that_ends_in_order,
     P3_crash_leaves_no_core_and_no_key_and_the_next_start_reconciles,
     P5_crash_loop_begins_paused_and_a_trip_is_kept, P5_file_of_starts_that_is_damaged_is_replaced,
     P6_program_whose_file_is_replaced_runs_on_and_says_so])
