# SPDX-License-Identifier: GPL-3.0-or-later
"""The real program under test: started, asked, stopped and killed; and a TAP runner for the cases.

QT_BINARY is the program, QT_MARKET the recorded data. A case is a function; its name is its sentence.
"""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

BINARY = os.environ["QT_BINARY"]
MARKET = pathlib.Path(os.environ.get("QT_MARKET", "../shared/market"))
PATIENCE = 240  # seconds; sanitizers on a loaded machine are slow
START = "2026-03-10T14:13"  # calm, and stops that lie within reach of a large sale


class Skip(Exception):
    """The case cannot be shown here; the text says why."""


def market(path):
    found = MARKET / path
    if not found.is_dir():
        raise Skip(f"recorded market data is absent: {found}")
    return str(found)


def placed(words, start=START):
    """The words of a program, its generated market the same whenever it is played: that is a function of the seed and of
    the start, and one that begins now (None) is another one each minute."""
    has_market = ("demo" in words or "serve" in words) and not {"--start", "--replay"} & set(words)
    return [*words, "--start", start] if has_market and start else [*words]


def call(*words, input=None, env=None, timeout=PATIENCE, cwd=None):
    """Runs to the end; the result has returncode, stdout, stderr."""
    full = dict(os.environ, **(env or {}))
    return subprocess.run([BINARY, *placed(words)], input=input, capture_output=True, text=True, env=full,
                          timeout=timeout, cwd=cwd)


class Program:
    """A running qtrade; ended by the with statement."""

    def __init__(self, *words, env=None, start=START):
        self.err = tempfile.TemporaryFile(mode="w+")
        self.out = tempfile.TemporaryFile(mode="w+")
        for file in (self.err, self.out):  # reading from the start must not move where the program writes
            fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
        self.process = subprocess.Popen([BINARY, *placed(words, start)], stdout=self.out, stderr=self.err,
                                        stdin=subprocess.DEVNULL,
                                        env=dict(os.environ, **(env or {})))

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        ended = self.process.poll()
        if ended is None:
            self.process.kill()
        self.process.wait()
        if failure:
            print(f"# {' '.join(self.process.args[1:])}: {'ran' if ended is None else f'had ended with {ended}'}")
            for line in self.errors().splitlines()[-20:]:
                print(f"#   {line}")

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def freeze(self):
        """Stops it as SIGSTOP does; it has when this returns: each of its threads."""
        self.process.send_signal(signal.SIGSTOP)
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        until("every thread stopped", lambda: all(
            (task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks.iterdir()))

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def text(self):
        self.out.seek(0)
        return self.out.read()

    def errors(self):
        self.err.seek(0)
        return self.err.read()

    def document(self):
        return json.loads(self.text())


class Folder:
    """A folder of mode 0700 for a run's state."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="qtrade-test-"))
        return self.path

    def __exit__(self, *exc):
        shutil.rmtree(self.path, ignore_errors=True)


def until(what, condition, patience=PATIENCE):
    """Waits for a condition; its value when it is true."""
    end, pause = time.monotonic() + patience, 0.1
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
        pause = min(pause * 1.1, 0.5)  # to ask is to start a program, and sanitized ones start slowly
    raise AssertionError(f"never came: {what}")


def status(folder):
    done = call("--data-dir", str(folder), "status", "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def seal(config, folder):
    """Without its config sealed nothing is traded live."""
    done = call("--config", str(config), "--data-dir", str(folder), "config", "seal")
    assert done.returncode == 0, done.stderr
    return done


def rows(folder, sql):
    """Rows of a query on the encrypted store, which local.key in its folder opens."""
    tool = pathlib.Path(BINARY).resolve().parents[2] / "tests/lib/store_rows"
    done = subprocess.run([tool, str(folder), sql], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(cases):
    """Runs the cases in order and speaks TAP."""
    only = os.environ.get("CK_RUN_CASE")
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        name = case.__name__
        if only and only not in name:
            print(f"ok {number} - {name} # SKIP not asked for")
            continue
        try:
            case()
            print(f"ok {number} - {name}")
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}")
        except Exception:
            failed += 1
            print(f"not ok {number} - {name}")
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
