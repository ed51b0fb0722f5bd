# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real program takes away from itself, what lies in its folder (fault A4), what is written to its log (A5)."""
import json
import os
import pathlib
import resource
import socket

from host_kit import Paper
from qt_program import Folder, Skip, call, run, status, until


def field(pid, name):
    """A line of /proc/PID/status of a thread."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(line.split()[1] for line in text.splitlines() if line.startswith(name + ":"))


def sandbox_is_in_force_for_every_thread_and_the_status_says_what_is():
    with Paper() as paper:
        pid = paper.start().process.pid
        until("sealed", lambda: paper.log("sandbox.entered"))
        box = paper.process()["sandbox"]
        assert box["enabled"] and box["limits"] and box["descriptors"] <= 4096, box
        for task in os.listdir(f"/proc/{pid}/task"):
            assert field(f"{pid}/task/{task}", "NoNewPrivs") == "1"
            if box["seccomp"]:
                assert field(f"{pid}/task/{task}", "Seccomp") == "2", task
        core = next(line for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if "core file" in line)
        assert core.split()[4:6] == ["0", "0"], core
        assert "limits" in paper.call("status").stdout
        if not box["seccomp"]:
            assert box["seccomp_detail"], box
        assert paper.log("sandbox.entered") and not paper.log("sandbox.off")
        assert paper.engine.stop() == 0


def sandbox_that_kills_lets_a_whole_session_live():
    config = {"sandbox": {"refused": "kill"}, "engine": {"workers": 2, "equity_s": 1}}
    with Paper(config) as paper:
        pid = paper.start().process.pid
        until("sealed", lambda: paper.log("sandbox.entered"))
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, before[1]))  # the control server ends ...
        until("no answer", lambda: status(paper.state) is None)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)  # ... and a new thread takes its place
        until("an answer", lambda: status(paper.state))
        for words, mode in ((("pause",), "PAUSED"), (("resume", "--yes"), "NORMAL"), (("reduce",), "REDUCED")):
            assert paper.call(*words).returncode == 0
            until(mode, lambda: paper.mode() == mode)
        done = paper.call("store", "backup", str(paper.state / "copy.qtb"))
        assert done.returncode == 0, done.stderr
        assert paper.call("liquidate", "--yes", "--reason", "test").returncode == 0
        assert paper.mode() == "EMERGENCY" and paper.engine.stop() == 0
        assert paper.engine.document()["conserved"] is True


def sandbox_that_is_off_says_so_loudly():
    with Paper({"sandbox": {"enabled": False}}) as paper:
        pid = paper.start().process.pid
        assert paper.process()["sandbox"]["enabled"] is False
        assert field(pid, "Seccomp") == "0" and field(pid, "NoNewPrivs") == "0"
        assert "OFF" in paper.call("status").stdout
        assert paper.log("sandbox.off")[0].split()[1] == "error"
        assert paper.engine.stop() == 0


def sandbox_refuses_a_folder_that_is_not_there():
    with Folder() as folder:
        config = folder / "config.json"
        config.write_text(json.dumps({"sandbox": {"writable": str(folder / "absent")}}))
        done = call("--config", str(config), "demo", "--headless", "--symbols", "2", "--for", "1s")
        assert done.returncode == 3 and "sandbox.writable" in done.stderr and "absent" in done.stderr, done.stderr


def sandbox_keeps_writes_below_the_state_folder():
    """The journal's folder becomes a link out of the state folder: the market state of the end would be made there."""
    for enabled in (False, True):  # without the sandbox it is: the case can fail
        with Paper({"sandbox": {"enabled": enabled}}) as paper:
            paper.start()
            if enabled and not paper.process()["sandbox"]["landlock"]:
                raise Skip("this kernel has no landlock")
            outside = paper.state.parent / "outside"
            outside.mkdir()
            os.rename(paper.state / "journal", paper.state / "moved")
            os.symlink(outside, paper.state / "journal")
            assert paper.engine.stop() == 0
            assert bool(os.listdir(outside)) != enabled, (enabled, os.listdir(outside))


def A4_links_and_strangers_in_the_state_folder_are_refused():
    with Folder() as folder:
        state = folder / "state"
        state.mkdir(mode=0o700)
        words = ("--data-dir", str(state), "demo", "--headless", "--symbols", "2", "--for", "1s")
        assert call(*words).returncode == 0
        victim = folder / "victim"
        victim.write_text("mine")

        def refused(word):
            done = call(*words)
            assert done.returncode == 3 and word in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
            assert victim.read_text() == "mine"
        for name in ("store.db-journal", "lock", "starts", "store.db-wal"):
            kept = (state / name).read_bytes() if (state / name).exists() else None
            (state / name).unlink(missing_ok=True)
            os.symlink(victim, state / name)
            refused("symbolic link")
            os.unlink(state / name)
            os.link(victim, state / name)
            refused("hard link")
            os.unlink(state / name)
            if kept is not None:
                (state / name).write_bytes(kept)
        os.symlink(folder, state / "journal")
        refused("symbolic link")
        os.unlink(state / "journal")
        if os.geteuid() == 0:
            (state / "other").write_text("")
            os.chown(state / "other", 65534, 65534)
            refused("another user")
            os.unlink(state / "other")
        for mode in (0o777, 0o750, 0o701):
            state.chmod(mode)
            refused("chmod 700")
        state.chmod(0o700)
        os.symlink(state, folder / "link")
        done = call("--data-dir", str(folder / "link"), *words[2:])
        assert done.returncode == 3 and "a link or a file" in done.stderr, done.stderr
        assert call(*words).returncode == 0


def A5_reason_with_newlines_quotes_and_escapes_is_one_record():
    evil = 'x"\n2026-11-21T00:00:00.000Z error forged.event mode=NORMAL\r\x1b[2J\x00} {"level":"error"} \u202e mode=NORMAL'
    with Paper() as paper:
        paper.start()
        before = len(paper.engine.errors().splitlines())
        request = json.dumps({"v": 1, "command": "pause", "reason": evil.replace("\x00", "")}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(paper.state / "control.sock"))
            client.sendall(request)
            assert json.loads(client.makefile().readline())["ok"] is True
        until("PAUSED", lambda: paper.mode() == "PAUSED")
        text = paper.engine.errors()
        assert "\x1b" not in text and "\r" not in text
        new = text.splitlines()[before:]
        assert not any(line.split()[2:3] == ["forged.event"] for line in new), new
        assert len(paper.log("engine.mode")) == 1 and "mode=PAUSED" in paper.log("engine.mode")[0]
        assert "\x1b" not in paper.call("status").stdout
        assert paper.engine.stop() == 0


run([sandbox_is_in_force_for_every_thread_and_the_status_says_what_is, sandbox_that_kills_lets_a_whole_session_live,
     sandbox_that_is_off_says_so_loudly, sandbox_refuses_a_folder_that_is_not_there,
     sandbox_keeps_writes_below_the_state_folder, A4_links_and_strangers_in_the_state_folder_are_refused,
     A5_reason_with_newlines_quotes_and_escapes_is_one_record])
