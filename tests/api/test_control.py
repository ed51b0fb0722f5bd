# SPDX-License-Identifier: GPL-3.0-or-later
"""The control socket under bad company (faults N4, P4) and a store on a full disk (S4), with the real program."""
import json
import os
import pathlib
import random
import resource
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(os.environ["QT_SOURCE"]) / "tests/end_to_end"))
from qt_program import Folder, Program, Skip, call, rows, run, status, until  # noqa: E402


class Demo:
    """A small demo on a folder of its own, with the defaults or such a config."""

    def __init__(self, config=None):
        self.config = config

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        words = ["--data-dir", str(self.path)]
        if self.config:
            (self.path / "config.json").write_text(json.dumps(self.config))
            words += ["--config", str(self.path / "config.json")]
        self.program = Program("-v", *words, "demo", "--headless", "--symbols", "5")
        until("status", lambda: status(self.path))
        return self

    def __exit__(self, *exc):
        self.program.__exit__(*exc)
        self.folder.__exit__()

    def connect(self):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(90)
        client.connect(str(self.path / "control.sock"))
        return client

    def ask(self, text):
        with self.connect() as client:
            client.sendall(text)
            return read_line(client)


def read_line(client):
    data = b""
    while not data.endswith(b"\n"):
        more = client.recv(65536)
        if not more:
            return None
        data += more
    return json.loads(data)


STATUS = b'{"v":1,"command":"status"}\n'


def bad_requests_are_answered_with_what_is_wrong():
    rows = [(b"\n", "JSON"), (b"sing\n", "JSON"), (b"[1]\n", "JSON"), (b'{"v":1\n', "JSON"), (b"{}\n", "version"),
            (b'{"v":2,"command":"status"}\n', "version"), (b'{"v":1}\n', "command"),
            (b'{"v":1,"command":"sing"}\n', "command"), (b'{"v":1,"command":7}\n', "command"),
            (b'{"v":1,"v":1,"command":"status"}\n', "JSON"), (b'\xff\xfe\n', "JSON"),
            (b'{"v":1,"command":"status","x":' + b"[" * 30000 + b"\n", "JSON")]
    with Demo() as demo:
        for text, word in rows:
            answer = demo.ask(text)
            assert answer["ok"] is False and answer["v"] == 1 and word in answer["error"], (text[:40], answer)
        assert demo.ask(STATUS)["status"]["mode"] == "NORMAL"


def A2_mutated_lines_are_answered_or_dropped():
    dice = random.Random(int(os.environ.get("QT_SEED", "31")))
    whole = b'{"v":1,"command":"pause","source":"command","reason":"a\\u00e9b","confirm":true}\n'
    with Demo() as demo:
        for _ in range(int(os.environ.get("QT_CASES", "400"))):
            line = bytearray(whole[:-1].replace(b"pause", dice.choice([b"status", b"sing", b"pausf"])))
            for _ in range(dice.randint(1, 5)):
                at = dice.randrange(len(line))
                match dice.randrange(4):
                    case 0:
                        line[at] = dice.choice(b'{}[]",:\\-+.0123456789eEtfn/u\x00\x7f\x80\xff ')
                    case 1:
                        del line[at:at + dice.randint(1, 12)]
                    case 2:
                        line[at:at] = line[at:at + dice.randint(1, 12)]
                    case _:
                        line[at] ^= 1 << dice.randrange(8)
                line = line or bytearray(b" ")
            answer = demo.ask(bytes(line).replace(b"\n", b" ") + b"\n")
            assert answer is None or answer["v"] == 1, line
        assert demo.ask(STATUS)["status"]["mode"] == "NORMAL"


def N4_socket_is_for_its_owner_only():
    with Demo() as demo:
        assert os.stat(demo.path / "control.sock").st_mode & 0o777 == 0o600
        if os.geteuid() != 0:
            raise Skip("needs root to try another user")
        os.chmod(demo.path, 0o755)
        os.chmod(demo.path / "control.sock", 0o666)
        child = os.fork()
        if child == 0:  # nobody, with the door open: the engine itself must refuse
            os.setgid(65534)
            os.setuid(65534)
            try:
                with demo.connect() as client:
                    client.sendall(b'{"v":1,"command":"pause"}\n')
                    os._exit(1 if client.recv(100) else 0)
            except OSError:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "another user was answered"
        until("in the log", lambda: "control.refused uid=65534" in demo.program.errors())
        assert status(demo.path)["mode"] == "NORMAL"
        note = until("N4: in the audit", lambda: rows(demo.path, "SELECT detail FROM audit WHERE action = 'control.refused'"))
        assert note[0][0].startswith("uid 65534 pid"), note


def N4_line_may_come_byte_by_byte():
    with Demo() as demo, demo.connect() as client:
        for i in range(len(STATUS)):
            client.sendall(STATUS[i:i + 1])
        assert read_line(client)["ok"] is True


def two_lines_in_one_packet_have_two_answers_in_order():
    with Demo() as demo, demo.connect() as client:
        client.sendall(b'{"v":1,"command":"sing"}\n' + STATUS)
        data = b""
        while data.count(b"\n") < 2:
            data += client.recv(65536)
        first, second = (json.loads(line) for line in data.splitlines())
        assert first["ok"] is False and second["ok"] is True


def N4_megabyte_without_a_newline_is_dropped():
    with Demo() as demo, demo.connect() as client:
        try:
            for _ in range(16):
                client.sendall(b"x" * 65536)
            assert client.recv(100) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert demo.ask(STATUS)["ok"] is True


def N4_thousand_clients_do_not_keep_the_operator_out():
    with Demo() as demo:
        crowd, met = [], 0
        for _ in range(1000):
            try:
                crowd.append(demo.connect())
                met += 1
            except (BlockingIOError, TimeoutError):
                break  # the queue of the socket is full
            if len(crowd) > 200:
                crowd.pop(0).close()
        assert met > 32
        # Those that stay say nothing: each holds its place for ten seconds at most.
        until("an answer beside them", lambda: call("--data-dir", str(demo.path), "status", "--json").returncode == 0)
        for client in crowd:
            client.close()
        assert status(demo.path)["engine_silent_s"] is None


def N4_client_that_leaves_in_the_answer_harms_nobody():
    with Demo() as demo:
        for _ in range(50):
            client = demo.connect()
            client.sendall(STATUS * 20)
            client.close()
        assert demo.ask(STATUS)["ok"] is True


def N4_half_a_line_is_dropped_after_ten_seconds():
    with Demo() as demo, demo.connect() as client:
        client.sendall(b'{"v":1,')
        begun = time.monotonic()
        try:
            assert client.recv(10) == b""
        except ConnectionResetError:
            pass
        assert 5 < time.monotonic() - begun < 80


def N4_byte_a_second_each_way_is_bounded_in_time():
    """Neither who asks a byte a second nor who takes the answer so slowly keeps its place."""
    with Demo() as demo, demo.connect() as asks, demo.connect() as takes:
        takes.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        takes.sendall(b'{"v":1,"command":"picture","after":0}\n' * 400)
        line, ended, taken = STATUS * 20, set(), 0

        def step():
            nonlocal line, taken
            try:
                asks.sendall(b" " if len(line) < 2 else b"{")
                line = line[1:]
            except OSError:
                ended.add("asks")
            try:
                more = takes.recv(1)
                taken += len(more)
                if not more:
                    ended.add("takes")
            except OSError:
                ended.add("takes")
            if "takes" not in ended and taken > 12:
                try:
                    takes.sendall(b" ")
                except OSError:
                    ended.add("takes")
            time.sleep(0.9)
            return ended == {"asks", "takes"}
        until("both dropped", step)
        assert demo.ask(STATUS)["status"]["engine_silent_s"] is None


def P4_socket_left_by_a_killed_engine_is_replaced_and_a_file_is_not():
    with Folder() as folder:
        words = ("--data-dir", str(folder), "demo", "--headless", "--symbols", "5")
        with Program(*words) as first:
            until("status", lambda: status(folder))
            first.process.send_signal(signal.SIGKILL)
            first.wait()
        assert (folder / "control.sock").exists()
        (folder / "lock").write_text(f"{os.getpid()}\n")  # its number belongs to another, living process now
        with Program(*words) as second:
            until("status", lambda: status(folder))
            assert second.stop() == 0
        assert not (folder / "control.sock").exists()
        (folder / "control.sock").write_text("mine")
        done = call(*words, "--for", "1s")
        assert done.returncode == 3 and "control.sock" in done.stderr, done.stderr
        assert (folder / "control.sock").read_text() == "mine"


def S4_full_disk_pauses_and_nothing_is_lost_when_space_returns():
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    with Folder() as folder:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(folder)],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip(f"no file system can be mounted here: {done.stderr.strip()}")
        try:
            with Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "20") as demo:
                until("status", lambda: status(folder))
                with open(folder / "ballast", "wb", buffering=0) as ballast:
                    try:
                        while True:
                            ballast.write(b"x" * 4096)
                    except OSError:
                        pass
                until("PAUSED", lambda: status(folder)["mode"] == "PAUSED")
                assert "store" in status(folder)["mode_reason"]
                os.unlink(folder / "ballast")
                until("resumed", lambda: call("--data-dir", str(folder), "resume", "--yes").returncode == 0)
                time.sleep(3)
                assert status(folder)["mode"] == "NORMAL", status(folder)["mode_reason"]
                assert status(folder)["bus"]["dead_letters"] == 0
                assert demo.stop() == 0
                assert demo.document()["conserved"] is True
                assert rows(folder, "select count(*) from fills")[0][0] == demo.document()["fills"]
                booked = [row[0] for row in rows(folder, "select distinct txn from postings order by txn")]
                assert booked == list(range(1, len(booked) + 1)), "a transaction is missing in the store"
        finally:
            subprocess.run(["umount", str(folder)], check=False)


def part(folder, name):
    """The row of a part in the status; empty while nobody answers."""
    found = status(folder)
    return next((row for row in (found or {}).get("components", []) if row["name"] == name), {})


def status_names_every_part_and_every_topic():
    with Demo() as demo:
        until("the venue", lambda: part(demo.path, "venue").get("state") == "running")
        document = status(demo.path)
        rows = {row["name"]: row for row in document["components"]}
        assert {"store", "control", "venue", "engine"} <= set(rows), rows
        assert all(row["state"] == "running" for row in rows.values()), rows
        assert rows["control"]["needs"] == ["engine", "switch"] and "store" in rows["engine"]["needs"]
        assert rows["engine"]["heartbeat_ms"] is not None and rows["engine"]["failures"] == 0
        topics = {row["topic"]: row for row in document["bus"]["topics"]}
        assert list(topics) == ["market", "signal", "trade", "risk", "system"]
        assert topics["system"]["published"] == topics["system"]["delivered"] > 0
        assert document["bus"]["dead_letters"] == 0 and document["bus"]["letters"] == []
        assert document["engine_silent_s"] is None


def control_server_that_ends_is_started_again_and_one_that_keeps_ending_pauses_trading():
    with Demo({"health": {"failures": 3}}) as demo:
        pid = demo.program.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        until("the server's part", lambda: part(demo.path, "control").get("state") == "running")
        up = status(demo.path)["uptime_s"]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, before[1]))  # its poll asks for 34 descriptors
        until("no answer", lambda: status(demo.path) is None)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        until("an answer", lambda: status(demo.path))
        row = part(demo.path, "control")
        assert row["restarts"] >= 1 and row["failures"] >= 1 and row["last_failure"], row
        assert status(demo.path)["uptime_s"] > up
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (16, before[1]))
        until("failures", lambda: demo.program.errors().count("is_answering=0") >= 3)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        until("PAUSED", lambda: (status(demo.path) or {}).get("mode") == "PAUSED")
        assert "control socket" in status(demo.path)["mode_reason"]
        assert part(demo.path, "control")["is_failing"] is True
        assert call("--data-dir", str(demo.path), "resume", "--yes").returncode == 0
        assert demo.program.stop() == 0


run([bad_requests_are_answered_with_what_is_wrong, A2_mutated_lines_are_answered_or_dropped,
     N4_socket_is_for_its_owner_only, N4_line_may_come_byte_by_byte, two_lines_in_one_packet_have_two_answers_in_order,
     N4_megabyte_without_a_newline_is_dropped, N4_thousand_clients_do_not_keep_the_operator_out,
     N4_client_that_leaves_in_the_answer_harms_nobody, N4_half_a_line_is_dropped_after_ten_seconds,
     N4_byte_a_second_each_way_is_bounded_in_time,
     P4_socket_left_by_a_killed_engine_is_replaced_and_a_file_is_not,
     status_names_every_part_and_every_topic,
     control_server_that_ends_is_started_again_and_one_that_keeps_ending_pauses_trading,
     S4_full_disk_pauses_and_nothing_is_lost_when_space_returns])
