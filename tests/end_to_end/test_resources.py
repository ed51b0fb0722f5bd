# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that runs out: memory (fault R1), the out-of-memory killer (R2), descriptors (R3), threads and time (R4),
the log's disk (R5). QT_POOR_LIBRARY is tests/lib/poor.c, preloaded. QT_CASES=400 QT_SEED=n tries more of R1."""
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import time

import qt_program
from host_kit import Paper
from qt_program import Folder, Skip, call, rows, run, status, until

POOR = os.environ.get("QT_POOR_LIBRARY")


def poor(*words, **how):
    """Runs to the end on a machine that has no more; the result, and how many allocations it made."""
    if not POOR:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    out, into = os.pipe()
    env = {f"QT_POOR_{name.upper()}": str(value) for name, value in how.items()}
    try:
        done = subprocess.run([qt_program.BINARY, *words], capture_output=True, text=True, timeout=qt_program.PATIENCE,
                              env={**os.environ, **env, "LD_PRELOAD": POOR, "QT_POOR_COUNT": str(into)},
                              pass_fds=[into], check=False)
    finally:
        os.close(into)
    text = os.read(out, 32)
    os.close(out)
    return done, int(text or 0)


def R1_allocation_that_fails_once_or_for_good_is_a_clean_error_and_the_store_stays_whole():
    dice = random.Random(int(os.environ.get("QT_SEED", "5")))
    words = ("demo", "--headless", "--symbols", "3", "--for", "1s")
    _, total = poor(*words)
    assert total > 10000, total
    ends = [0, 0]
    for case in range(int(os.environ.get("QT_CASES", "8"))):
        # the first hundreds, and the session itself: between them certificates are read
        n = dice.randint(1, 400) if case % 4 == 0 else total - dice.randrange(20000)
        is_for_good = case % 3 != 1
        with Folder() as folder:
            done, _ = poor("--data-dir", str(folder), *words, memory=n, **({"for_good": 1} if is_for_good else {}))
            told = (n, is_for_good, done.returncode, done.stderr[-300:])
            assert 0 <= done.returncode <= 7, told
            assert done.returncode == 0 or done.stderr.splitlines()[-1].startswith("qtrade: "), told
            ends[done.returncode != 0] += 1
            check = call("--data-dir", str(folder), "store", "check")
            assert check.returncode == 0 or "there is no store.key" in check.stderr, (told, check.stderr)
            if (folder / "store.db").exists():
                with_memory = call("--data-dir", str(folder), *words)
                assert with_memory.returncode == 0, (told, with_memory.stderr)
    assert ends[1] > 0, "no allocation that failed was noticed"


def R1_command_without_memory_is_an_error_and_never_half_an_answer():
    dice = random.Random(int(os.environ.get("QT_SEED", "6")))
    tries = int(os.environ.get("QT_CASES", "8"))
    with Folder() as folder:
        first, state, copy = folder / "first", folder / "state", folder / "copy"
        first.mkdir(mode=0o700)
        data = ("--data-dir", str(state))
        done = call("--data-dir", str(first), "demo", "--headless", "--symbols", "3", "--for", "1s", "--journal",
                    str(first / "journal"))
        assert done.returncode == 0, done.stderr
        assert call("--data-dir", str(first), "store", "backup", str(copy)).returncode == 0
        assert call("--data-dir", str(first), "config", "seal").returncode == 0
        local = ("--key-file", str(state / "local.key"))
        refused = 0
        for words, is_reading in ((("store", "info", "--json"), True), (("store", "check", "--json"), True),
                                  (("audit", "verify", "--json"), True), (("audit", "show", "--json"), True),
                                  (("config", "diff", "--json"), True), (("keys", "list", "--json"), True),
                                  (("config", "seal"), False), (("store", "rekey", *local), False),
                                  (("store", "rekey", "--pages", *local), False),
                                  (("store", "restore", str(copy), "--force"), False),
                                  (("store", "backup", str(folder / "other"), "--force"), False),
                                  (("replay", str(state / "journal"), "--verify", "--json"), False)):
            shutil.rmtree(state, ignore_errors=True)
            shutil.copytree(first, state)
            whole, total = poor(*data, *words)
            assert whole.returncode == 0 and total > 100, (words, whole.stderr)
            near = range(total - min(60, 4 * tries), total + 1) if is_reading else ()  # where documents are made
            for n in [*(dice.randint(1, total) for _ in range(tries)), *near]:
                if not is_reading:
                    shutil.rmtree(state, ignore_errors=True)
                    shutil.copytree(first, state)
                done, _ = poor(*data, *words, memory=n, **({"for_good": 1} if n % 3 == 0 else {}))
                told = (words, n, total, done.returncode, done.stderr[-300:])
                assert 0 <= done.returncode <= 7, told
                assert done.returncode == 0 or done.stderr.splitlines()[-1].startswith("qtrade: "), told
                assert "nothing said why" not in done.stderr, told
                assert done.returncode or not is_reading or done.stdout == whole.stdout, (told, done.stdout)
                refused += done.returncode != 0
                check = is_reading or call(*data, "store", "check").returncode == 0
                assert check and (is_reading or call(*data, "config", "diff").returncode == 0), told
        assert refused > tries, refused


def shape(document):
    """Which keys a document has, at every depth; of a list those of its first row."""
    if isinstance(document, dict):
        return {key: shape(value) for key, value in document.items() if isinstance(value, (dict, list))} | \
            {key: None for key, value in document.items() if not isinstance(value, (dict, list))}
    return None


def R1_answer_without_memory_is_refused_and_never_half_of_it():
    if not POOR:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    with Folder() as folder, Paper(env={"LD_PRELOAD": POOR, "QT_POOR_ANSWERS": str(folder / "poor")}) as paper:
        paper.start()
        whole = status(paper.state)
        (folder / "poor").touch()
        refused = answered = 0
        for _ in range(60):
            done = paper.call("status", "--json")
            assert paper.engine.process.poll() is None
            if done.returncode == 0:
                found = json.loads(done.stdout)
                assert shape(found) == shape(whole), (shape(found), shape(whole))
                assert len(found["components"]) == len(whole["components"]), found["components"]
                assert len(found["bus"]["topics"]) == len(whole["bus"]["topics"]), found["bus"]
                answered += 1
            else:
                assert done.returncode == 1 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
                refused += 1
        (folder / "poor").unlink()
        assert refused > 0 and answered > 0, (refused, answered)
        assert status(paper.state)["mode"] == "NORMAL" and paper.engine.stop() == 0


def R2_killed_for_its_memory_it_restarts_and_reconciles():
    willing = {"scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
               "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                            "cooldown_min": 0}, "engine": {"sync_s": 5}}
    with Paper(willing, credentials=True, words=("run", "--live", "--headless")) as paper:
        paper.start()
        until("a position", lambda: status(paper.state)["positions"])
        assert paper.call("pause", "--reason", "kept").returncode == 0
        until("PAUSED on disk", lambda: rows(paper.state, "SELECT mode FROM modes ORDER BY id DESC LIMIT 1") == [["PAUSED"]])
        before = until("a position", lambda: {row["symbol"] for row in status(paper.state)["positions"]})
        paper.engine.process.kill()  # what the out-of-memory killer sends
        assert paper.engine.wait() == -signal.SIGKILL
        paper.start()
        assert paper.mode() == "PAUSED" and "kept" in status(paper.state)["mode_reason"]
        assert paper.process()["starts_without_end"] == 1
        first = status(paper.state)["time_ms"]  # three reads of the account: two that agree would be believed
        until("reads", lambda: status(paper.state)["time_ms"] > first + 15_000)
        until("stops", lambda: all(row["protected"] for row in status(paper.state)["positions"]))
        now = {row["symbol"] for row in status(paper.state)["positions"]}
        closed = {row[0] for row in rows(paper.state, "SELECT symbol FROM trades")}
        assert before <= now | closed and now <= before | closed, (before, now, closed)
        assert rows(paper.state, "SELECT detail FROM audit WHERE action IN ('adopt', 'adjust', 'incident')") == []
        assert paper.engine.stop() == 0 and paper.engine.document()["conserved"] is True


def cpu_of_threads(pid):
    """Seconds of processor time by thread."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        found[task] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


def R3_no_descriptor_for_a_client_pauses_accepting_and_nothing_else():
    with Paper() as paper:
        pid = paper.start().process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (40, before[1]))  # its poll asks for 34
        crowd = []
        for _ in range(40 - len(os.listdir(f"/proc/{pid}/fd")) + 6):
            client = socket.socket(socket.AF_UNIX)
            client.connect(str(paper.state / "control.sock"))
            crowd.append(client)
        until("full", lambda: len(os.listdir(f"/proc/{pid}/fd")) >= 39)
        spent = cpu_of_threads(pid)
        time.sleep(3)  # in which a poll that is always ready would take all the time there is
        now = cpu_of_threads(pid)
        assert max(now[task] - spent.get(task, 0) for task in now) < 1, (spent, now)
        assert paper.engine.process.poll() is None
        for client in crowd:
            client.close()
        part = until("told", lambda: control_of(paper))
        assert part["failures"] == 1 and "no more clients for now" in part["last_failure"], part
        assert "open files" in part["last_failure"], part
        until("running", lambda: control_of(paper).get("state") == "running")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        document = status(paper.state)
        assert document["mode"] == "NORMAL" and document["venues"][0]["state"] == "up", document["venues"]
        assert paper.engine.stop() == 0


def control_of(paper):
    rows_ = (status(paper.state) or {}).get("components", [])
    return next((row for row in rows_ if row["name"] == "control"), {})


def R4_thread_that_is_refused_ends_the_start_in_one_line():
    refused = 0
    for n in range(1, 20):
        with Folder() as folder:
            config = folder / "config.json"
            config.write_text(json.dumps({"engine": {"workers": 3}}))
            done, _ = poor("--config", str(config), "demo", "--headless", "--symbols", "2", "--for", "1s", "--journal",
                           str(folder / "journal"), thread=n)
            if done.returncode == 0:
                break
            lines = [line for line in done.stderr.splitlines() if not line.startswith("state folder ")]
            named = len(lines) == 1 and ("thread" in lines[0] or "worker" in lines[0])
            assert done.returncode == 1 and named, (n, done.returncode, lines)
            refused += 1
    assert refused >= 6 and done.returncode == 0, (refused, done.stderr)


def R4_starved_engine_counts_its_late_turns_and_pauses_past_the_limit():
    config = {"engine": {"cycle_ms": 250}, "health": {"stopped_ms": 3000, "stuck_ms": 600000}}
    with Paper(config) as paper:
        process = paper.start().process
        assert status(paper.state)["late_turns"] < 20
        end = time.monotonic() + 55
        while time.monotonic() < end and paper.mode() != "PAUSED":
            for _ in range(4):
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.7)
                process.send_signal(signal.SIGCONT)
                time.sleep(0.05)
        until("PAUSED", lambda: paper.mode() == "PAUSED")
        document = status(paper.state)
        assert "engine was late" in document["mode_reason"] or "stood still" in document["mode_reason"], document
        assert document["late_turns"] >= 5, document["late_turns"]
        assert paper.log("engine.late")
        time_ms = document["time_ms"]
        until("goes on", lambda: status(paper.state)["time_ms"] > time_ms + 1000)
        assert paper.call("resume", "--yes").returncode == 0
        assert paper.engine.stop() == 0


class LogTo:
    """Programs whose standard error is that descriptor."""

    def __init__(self, descriptor):
        self.descriptor = descriptor

    def __enter__(self):
        self.popen = subprocess.Popen

        def start(*words, **how):
            return self.popen(*words, **{**how, "stderr": self.descriptor})
        qt_program.subprocess.Popen = start
        return self

    def __exit__(self, *_):
        qt_program.subprocess.Popen = self.popen


def R5_log_that_cannot_be_written_is_counted_and_trading_goes_on():
    reader, pipe = os.pipe()
    full = os.open("/dev/full", os.O_WRONLY)
    os.close(reader)  # EPIPE at every record; the other one is ENOSPC
    for descriptor in (pipe, full):
        with Paper() as paper:
            with LogTo(descriptor):
                paper.start(wait=False)
            until("equity", lambda: (status(paper.state) or {}).get("equity"))
            lost = paper.process()["log_lost"]
            assert lost > 0 and paper.mode() == "NORMAL", (lost, paper.mode())
            assert paper.call("pause").returncode == 0
            until("counted", lambda: paper.process()["log_lost"] > lost)
            assert paper.engine.stop() == 0
        os.close(descriptor)


def R5_log_that_is_deleted_or_cut_while_it_is_written_ends_nothing():
    with Folder() as folder:
        path = folder / "log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with Paper() as paper:
            with LogTo(descriptor):
                paper.start(wait=False)
            until("equity", lambda: (status(paper.state) or {}).get("equity"))
            os.truncate(path, 0)  # copytruncate of logrotate
            assert paper.call("pause").returncode == 0
            until("told again", lambda: "mode=PAUSED" in path.read_text())
            assert path.read_text()[:2] == "20", "a hole at the beginning"
            os.unlink(path)
            assert paper.call("resume", "--yes").returncode == 0
            until("NORMAL", lambda: paper.mode() == "NORMAL")
            assert paper.process()["log_lost"] == 0 and paper.engine.stop() == 0
        os.close(descriptor)


def R5_limit_of_file_sizes_is_an_error_of_the_store_and_heals():
    with Paper({"engine": {"equity_s": 1}}) as paper:
        pid = paper.start().process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))  # SIGXFSZ, else EFBIG
        until("PAUSED", lambda: paper.mode() == "PAUSED")
        assert paper.engine.process.poll() is None
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        until("resumed", lambda: paper.call("resume", "--yes").returncode == 0 and paper.mode() == "NORMAL")
        until("no letters", lambda: status(paper.state)["bus"]["dead_letters"] == 0)
        assert paper.engine.stop() == 0 and paper.engine.document()["conserved"] is True
        assert call("--data-dir", str(paper.state), "store", "check").returncode == 0
        assert rows(paper.state, "select count(*) from equity")[0][0] > 0


run([R1_allocation_that_fails_once_or_for_good_is_a_clean_error_and_the_store_stays_whole,
     R1_command_without_memory_is_an_error_and_never_half_an_answer,
     R1_answer_without_memory_is_refused_and_never_half_of_it,
     R2_killed_for_its_memory_it_restarts_and_reconciles,
     R3_no_descriptor_for_a_client_pauses_accepting_and_nothing_else,
     R4_thread_that_is_refused_ends_the_start_in_one_line,
     R4_starved_engine_counts_its_late_turns_and_pauses_past_the_limit,
     R5_log_that_cannot_be_written_is_counted_and_trading_goes_on,
     R5_log_that_is_deleted_or_cut_while_it_is_written_ends_nothing,
     R5_limit_of_file_sizes_is_an_error_of_the_store_and_heals])
