# SPDX-License-Identifier: GPL-3.0-or-later
"""The vault through the real program: credentials go in unseen, come out nowhere but in requests (K3), are not
swapped out in silence (K4), and what a venue says of a key is heeded (K6)."""
import ctypes
import json
import os
import pathlib
import re
import resource
import signal
import stat
import subprocess
import time

from host_kit import where_is
from qt_program import BINARY, PATIENCE, Folder, Program, Skip, call, rows, run, seal, status, until
from qt_terminal import Terminal

SECRETS = ("Xq7pWm2RtY9vKd4LsZ8cNb3HgJf6TaUe5QoViSyEx1rDwPkMlGnBhCjFzAuOtIyR",
           "sJ5kL2mN8bV4cX7zQ1wE9rT6yU3iO0pAaSdFgHjKlZxCvBnMqWeRtYuIoPlKjHgF")


def give_bytes(words, data, folder, config=None, **more):
    """keys add or rotate, with data through a pipe."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    try:
        globals_ = ("--config", str(config)) if config else ()
        return subprocess.run([BINARY, *globals_, "--data-dir", str(folder), "keys", *words, "--fd", str(reader)],
                              pass_fds=[reader], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE, check=False, **more)
    finally:
        os.close(reader)


def give(words, key, secret, folder, config=None, **more):
    return give_bytes(words, f"{key}\n{secret}\n".encode(), folder, config, **more)


def listed(folder, config=None):
    globals_ = ("--config", str(config)) if config else ()
    done = call(*globals_, "--data-dir", str(folder), "keys", "list", "--json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)["keys"]}


def unseen(*texts):
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        for secret in SECRETS:
            assert secret.encode() not in data and secret[:12].encode() not in data


class Venue:
    """The simulated exchange, a config that points at it, and its key in the vault of a state folder."""

    def __init__(self, folder, *words):
        self.folder, self.state, self.config = folder, folder / "state", folder / "config.json"
        self.file = folder / "credentials.json"
        self.program = Program("venue", "serve", "--symbols", "5", "--credentials", str(self.file), *words)
        self.urls = until("the venue", self.ready)
        self.pair = json.loads(self.file.read_text())
        os.mkdir(self.state, 0o700)
        self.write()

    def ready(self):
        lines = self.program.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def write(self, **venue):
        self.config.write_text(json.dumps({
            "venue": {"rest_url": self.urls["rest"], "ws_url": self.urls["stream"], "ws_api_url": self.urls["api"],
                      **venue}, "engine": {"sync_s": 5}}))

    def be_perpetuals(self):
        """From now on the config is of the venue's perpetuals."""
        self.urls.update(rest=self.urls["usdm_rest"], stream=self.urls["usdm_stream"], api=self.urls["usdm_api"])
        self.write(name="binance-usdm")

    def add(self, name="main"):
        done = give(["add", name], self.pair["key"], self.pair["secret"], self.state, self.config)
        assert done.returncode == 0, done.stderr
        seal(self.config, self.state)

    def live(self, seconds="1s"):
        return call("--config", str(self.config), "--data-dir", str(self.state), "run", "--live", "--headless",
                    "--for", seconds)


def entries_are_added_listed_rotated_and_removed():
    with Folder() as folder:
        done = give(["add", "main"], *SECRETS, folder)
        assert done.returncode == 0, done.stderr
        assert stat.S_IMODE((folder / "vault").stat().st_mode) == 0o600
        assert give(["add", "main"], *SECRETS, folder).returncode == 2
        row = listed(folder)["main"]
        assert (row["venue"], row["kind"], row["scope"], row["rotated_ms"], row["age_days"]) == \
            ("binance", "hmac", None, None, 0), row
        assert give(["rotate", "main"], *SECRETS, folder).returncode == 2  # the same
        assert give(["rotate", "main"], "another", SECRETS[1], folder).returncode == 0
        assert listed(folder)["main"]["rotated_ms"] >= row["added_ms"]
        data = ("--data-dir", str(folder))
        assert call(*data, "keys", "remove", "main").returncode == 2
        assert call(*data, "keys", "remove", "main", "--yes").returncode == 0
        assert listed(folder) == {} and "empty" in call(*data, "keys", "list").stdout


def wrong_words_and_wrong_input_are_one_line_that_shows_nothing():
    with Folder() as folder:
        assert give(["add", "main"], *SECRETS, folder).returncode == 0
        for words, code in ((("keys",), 2), (("keys", "burn"), 2), (("keys", "add"), 2), (("keys", "list", "x"), 2),
                            (("keys", "list", "--fd", "3"), 2), (("keys", "remove", "nobody", "--yes"), 2),
                            (("keys", "add", "other", "--fd", "77"), 2), (("keys", "add", "other", "--fd", "x"), 2)):
            done = call("--data-dir", str(folder), *words)
            assert done.returncode == code and done.stderr.count("\n") == 1, (words, done.returncode, done.stderr)
        key, secret = (text.encode() for text in SECRETS)
        for job in ("add", "other"), ("rotate", "main"):
            for data in (b"", b"\n", b"\n\n", key, key + b"\n", key + b"\n\n", b"\n" + secret, key * 3 + b"\n" + secret,
                         key + b"\ntwo words\n", key + b"\n" + secret + b"\n" + secret + b"\n",
                         key + b"\n" + b"x" * 2000, key + b"\0\n" + secret, key + b"\n" + secret + b"\0",
                         b"\0" * 1024, key + b"\n" + secret + b"\xc3\xa4\n", key + b"\n" + secret + b"\x1b\n"):
                done = give_bytes(job, data, folder)
                assert done.returncode == 2 and done.stderr.count("\n") == 1, (data, done.returncode, done.stderr)
                unseen(done.stdout, done.stderr)
                assert "two words" not in done.stderr
        with (folder / "written").open("wb") as closed:  # which cannot be read
            done = subprocess.run([BINARY, "--data-dir", str(folder), "keys", "add", "other", "--fd", str(closed.fileno())],
                                  pass_fds=[closed.fileno()], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
        done = subprocess.run([BINARY, "--data-dir", str(folder), "keys", "add", "other"], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, check=False, start_new_session=True)
        assert done.returncode == 4 and "no terminal" in done.stderr, (done.returncode, done.stderr)
        assert set(listed(folder)) == {"main"} and listed(folder)["main"]["rotated_ms"] is None
        assert give_bytes(("add", "other"), key + b"\r\n" + secret, folder).returncode == 0  # no last newline
        assert set(listed(folder)) == {"main", "other"}


def what_is_typed_is_judged_as_what_a_descriptor_gives():
    with Folder() as folder:
        key, secret = SECRETS
        for lines, code in (([""], 2), ([key, ""], 2), ([key, "\x16\0" + secret], 2), ([key, "two words"], 2),
                            ([key, "x" * 2000], 2), ([key, secret], 0)):
            with Terminal("--data-dir", str(folder), "keys", "add", "main") as terminal:
                for question, line in zip(("API key (not shown): ", "secret (not shown): "), lines):
                    terminal.answer(question, line)
                assert terminal.end() == code, (lines, terminal.text)
                unseen(terminal.text)
        assert set(listed(folder)) == {"main"}


def credentials_of_vault_and_file_together_are_refused():
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            venue.add()
            venue.write(credentials_file=str(venue.file))
            seal(venue.config, venue.state)
            done = venue.live()
            assert done.returncode == 3 and "keep one of them" in done.stderr, done.stderr
            venue.write(credentials="nobody")
            seal(venue.config, venue.state)
            assert "no such entry" in venue.live().stderr
            venue.write()
            seal(venue.config, venue.state)
            assert give(["add", "second"], *SECRETS, venue.state).returncode == 0
            assert "name one in venue.credentials" in venue.live().stderr
            venue.write(credentials="main")
            seal(venue.config, venue.state)
            done = venue.live("2s")
            assert done.returncode == 0, done.stderr
            scope = listed(venue.state)["main"]["scope"]
            assert scope["trade"] and scope["ip_bound"] and not scope["withdraw"], scope
            assert listed(venue.state)["second"]["scope"] is None


def k3_secret_is_in_locked_memory_and_nowhere_else():
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            venue.add()
            venue.file.unlink()
            secret = venue.pair["secret"].encode()
            with Program("-vv", "--config", str(venue.config), "--data-dir", str(venue.state), "run", "--live",
                         "--headless") as engine:
                until("equity", lambda: (status(venue.state) or {}).get("equity"))
                proc = pathlib.Path(f"/proc/{engine.process.pid}")
                texts = [(proc / "environ").read_bytes(), (proc / "cmdline").read_bytes(), engine.errors().encode(),
                         call("--data-dir", str(venue.state), "status", "--json").stdout.encode()]
                texts += [path.read_bytes() for path in venue.state.rglob("*") if stat.S_ISREG(path.lstat().st_mode)]
                for text in texts:
                    assert secret not in text and venue.pair["key"].encode() not in text
                try:
                    places = where_is(engine.process.pid, secret)
                except PermissionError:
                    places = None
                locks = not re.search("lib[at]san", (proc / "maps").read_text())  # they make mlock do nothing
                if places is not None:
                    assert len(places) >= 1
                    for flags in places:
                        assert "dd" in flags, ("a core file would have it", flags)
                        assert "lo" in flags or not locks, ("it may be swapped out", flags)
                assert engine.stop() == 0
                assert secret not in engine.text().encode() and secret not in engine.errors().encode()


def k3_crash_leaves_no_core_file():
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            venue.add()

            def unlimited():
                soft = resource.getrlimit(resource.RLIMIT_CORE)[1]
                resource.setrlimit(resource.RLIMIT_CORE, (soft, soft))

            process = subprocess.Popen([BINARY, "--config", str(venue.config), "--data-dir", str(venue.state), "run",
                                        "--live", "--headless"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       cwd=folder, preexec_fn=unlimited)
            until("equity", lambda: (status(venue.state) or {}).get("equity"))
            process.send_signal(signal.SIGABRT)
            _, ended = os.waitpid(process.pid, 0)
            process.returncode = 1
            assert os.WIFSIGNALED(ended) and not os.WCOREDUMP(ended), ended
            assert not list(folder.glob("core*"))


def no_locked_memory():
    """As a service without LimitMEMLOCK: root may lock in any case, so without that right."""
    pr_capbset_drop, cap_ipc_lock = 24, 14
    ctypes.CDLL(None, use_errno=True).prctl(pr_capbset_drop, cap_ipc_lock, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


def k4_memory_that_cannot_be_locked_is_warned_of_once_or_refused():
    with Folder() as folder:
        config = folder / "config.json"
        config.write_text("{}")
        done = give(["add", "main"], *SECRETS, folder / "state", config, preexec_fn=no_locked_memory)
        if "swap" not in done.stderr and done.returncode == 0:
            raise Skip("this user may lock memory whatever the limit")
        assert done.returncode == 0 and done.stderr.count("may reach the swap") == 1, done.stderr
        config.write_text(json.dumps({"store": {"locked_memory": "require"}}))
        done = give(["add", "other"], *SECRETS, folder / "state", config, preexec_fn=no_locked_memory)
        assert done.returncode == 4 and "cannot be kept out of swap" in done.stderr, done.stderr
        assert done.stderr.count("\n") == 1
        unseen(done.stderr)

        def session():
            return subprocess.run([BINARY, "--config", str(config), "--data-dir", str(folder / "state"), "demo",
                                   "--headless", "--symbols", "2", "--for", "1s"], preexec_fn=no_locked_memory,
                                  capture_output=True, text=True, timeout=PATIENCE, check=False)
        done = session()
        assert done.returncode == 4 and "cannot be kept out of swap" in done.stderr, done.stderr
        config.write_text("{}")
        done = session()
        assert done.returncode == 0 and done.stderr.count("may reach the swap") == 1, done.stderr
        assert set(listed(folder / "state", config)) == {"main"}
        assert give(["add", "other"], *SECRETS, folder / "state", config).returncode == 0


def k5_key_file_that_is_a_link_a_fifo_or_readable_by_others_is_refused():
    with Folder() as folder:
        key, config = folder / "key", folder / "config.json"
        config.write_text(json.dumps({"store": {"key_file": str(key)}}))
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        assert give(["add", "main"], *SECRETS, folder / "state", config).returncode == 0

        def refused(word):
            done = call("--config", str(config), "--data-dir", str(folder / "state"), "keys", "list")
            assert done.returncode == 4 and word in done.stderr and done.stderr.count("\n") == 1, done.stderr

        key.chmod(0o640)
        refused("chmod 600")
        key.chmod(0o600)
        key.rename(folder / "aside")
        key.symlink_to(folder / "aside")
        refused("link")
        key.unlink()
        os.mkfifo(key, 0o600)
        refused("must be a file")


def k6_key_that_may_withdraw_or_not_trade_is_refused_and_one_without_addresses_warned_of():
    for rights, code, word in (("withdraw", 3, "may withdraw"), ("read-only", 3, "may not trade"),
                               ("anywhere", 0, "any address")):
        with Folder() as folder:
            venue = Venue(folder, "--key-rights", rights)
            with venue.program:
                venue.add()
                done = venue.live()
                assert done.returncode == code and word in done.stderr, (rights, done.returncode, done.stderr)
                row = listed(venue.state)["main"]
                assert row["scope"]["withdraw"] == (rights == "withdraw"), row
                assert len(row["warnings"]) == (rights != "read-only"), row
                assert bool(list((venue.state / "journal").glob("*.qtj"))) == (code == 0)


def k6_rights_that_a_key_gets_or_loses_while_it_trades_pause_it_and_are_told_again_after_a_resume():
    """They are looked at once a day, and when the account's stream comes back."""
    why = "the API key may withdraw"
    with Folder() as folder:
        venue = Venue(folder, "--key-rights", "withdraw", "--fault", "rights=30s", "--fault", "cut=10s:all")
        with venue.program:
            venue.add()
            data = ("--data-dir", str(venue.state))

            def pauses():
                return [row for row in rows(venue.state, "SELECT actor, action, detail FROM audit")
                        if row[1:] == ["pause", why]]
            with Program("--config", str(venue.config), *data, "run", "--live", "--headless") as engine:
                until("a pause", lambda: (status(venue.state) or {}).get("mode") == "PAUSED")
                assert why in status(venue.state)["mode_reason"], status(venue.state)
                assert call(*data, "resume", "--yes", "--reason", "as if it were well").returncode == 0
                until("paused again", lambda: len(pauses()) == 2)
                assert status(venue.state)["mode"] == "PAUSED"
                assert engine.stop() == 0
            assert {row[0] for row in pauses()} == {"engine"}, pauses()
            done = call("--config", str(venue.config), *data, "replay", str(venue.state / "journal"), "--verify")
            assert done.returncode == 0, (done.stdout, done.stderr)
            done = venue.live()
            assert done.returncode == 3 and why in done.stderr, "and at the start it is refused"


def refused_while_it_runs(venue):
    """A session whose key the venue refuses after a while, and one that is begun with it afterwards."""
    with Program("-v", "--config", str(venue.config), "--data-dir", str(venue.state), "run", "--live",
                 "--headless") as engine:
        until("equity", lambda: (status(venue.state) or {}).get("equity"))
        until("a pause", lambda: status(venue.state)["mode"] == "PAUSED")
        assert "API key" in status(venue.state)["mode_reason"], status(venue.state)
        told = until("named", lambda: [line for line in engine.errors().splitlines() if "-2015" in line])
        time.sleep(10)  # a storm would fill them with requests
        assert len(told) <= 4 and engine.process.poll() is None, told
        assert engine.stop() == 0
    done = venue.live()
    assert done.returncode != 0 and "Invalid API-key" in done.stderr, done.stderr


def refusals(venue, name):
    """Of how many requests the venue counted that the key was not good; it ends."""
    assert venue.program.stop() == 0
    return int(re.search(rf"{name} (\d+)", venue.program.text())[1])


def k6_key_that_has_expired_pauses_and_is_not_tried_in_a_storm():
    for perpetuals in (False, True):
        with Folder() as folder:
            venue = Venue(folder, "--fault", "revoke=20s")
            with venue.program:
                if perpetuals:
                    venue.be_perpetuals()
                venue.add()
                refused_while_it_runs(venue)
                assert 1 <= refusals(venue, "revoke") <= 10


def k6_key_that_was_rotated_at_the_venue_is_named_and_the_new_one_goes_on():
    with Folder() as folder:
        venue = Venue(folder, "--fault", "rotate=20s")
        with venue.program:
            venue.add()
            following = json.loads((folder / "credentials.json.next").read_text())
            refused_while_it_runs(venue)
            done = give(["rotate", "main"], following["key"], following["secret"], venue.state)
            assert done.returncode == 0, done.stderr
            with Program("--config", str(venue.config), "--data-dir", str(venue.state), "run", "--live",
                         "--headless") as engine:
                until("equity", lambda: (status(venue.state) or {}).get("equity"))
                assert status(venue.state)["mode"] == "PAUSED", "a new key is no reason to trade on"
                assert call("--data-dir", str(venue.state), "resume", "--yes").returncode == 0
                until("NORMAL", lambda: status(venue.state)["mode"] == "NORMAL")
                assert engine.stop() == 0
            assert listed(venue.state)["main"]["rotated_ms"]
            assert 1 <= refusals(venue, "rotate") <= 10


run([entries_are_added_listed_rotated_and_removed, wrong_words_and_wrong_input_are_one_line_that_shows_nothing,
     what_is_typed_is_judged_as_what_a_descriptor_gives,
     credentials_of_vault_and_file_together_are_refused, k3_secret_is_in_locked_memory_and_nowhere_else,
     k3_crash_leaves_no_core_file, k4_memory_that_cannot_be_locked_is_warned_of_once_or_refused,
     k5_key_file_that_is_a_link_a_fifo_or_readable_by_others_is_refused,
     k6_key_that_may_withdraw_or_not_trade_is_refused_and_one_without_addresses_warned_of,
     k6_rights_that_a_key_gets_or_loses_while_it_trades_pause_it_and_are_told_again_after_a_resume,
     k6_key_that_has_expired_pauses_and_is_not_tried_in_a_storm,
     k6_key_that_was_rotated_at_the_venue_is_named_and_the_new_one_goes_on])
