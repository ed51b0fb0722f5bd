# SPDX-License-Identifier: GPL-3.0-or-later
"""The sealed config through the real program: nothing is traded live without it, a loosened limit waits for its
cool-down, and a seal that is broken, old or of elsewhere is refused (K2)."""
import json
import os
import pathlib
import re
import shutil
import stat

from qt_program import Folder, call, run, seal

DAY_MS = 24 * 3600 * 1000
NOWHERE = {"rest_url": "http://127.0.0.1:9", "ws_url": "ws://127.0.0.1:9", "ws_api_url": "ws://127.0.0.1:9/ws-api/v3"}


class Sealed:
    """A folder, a config in it that is sealed, and the words that use both."""

    def __init__(self, folder, **sections):
        self.state, self.config = folder / "state", folder / "config.json"
        os.mkdir(self.state, 0o700)
        self.file = self.state / "config.seal"
        self.write(**sections)

    def write(self, **sections):
        self.config.write_text(json.dumps(sections))

    def call(self, *words, **more):
        return call("--config", str(self.config), "--data-dir", str(self.state), *words, **more)

    def seal(self):
        return seal(self.config, self.state)

    def diff(self):
        done = self.call("config", "diff", "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def changes(self):
        return {row["key"]: row for row in self.diff()["changes"]}

    def in_force(self, key):
        section, name = key.split(".")
        return json.loads(self.call("config", "show").stdout)[section][name]

    def live(self):
        """As far as it comes: nobody is at the venue's address, so what is right ends there."""
        return self.call("run", "--live", "--headless", "--for", "1s")


def refused(done, word, code=6):
    assert done.returncode == code and word in done.stderr.splitlines()[-1], (done.returncode, done.stderr)


def every_row_of_the_table_of_limits_is_a_key_and_every_limit_of_risk_has_a_way():
    defaults = json.loads(call("config", "defaults").stdout)
    text = (pathlib.Path(os.environ["QT_SOURCE"]) / "src/cli/limits.c").read_text()
    rows = dict(re.findall(r'^    \{"([a-z0-9_.*]+)", ([A-Z]+)\},', text, re.M))
    assert len(rows) > 50
    for name in rows:
        section, key = name.split(".")
        assert section in defaults and (key == "*" or key in defaults[section]), name
    for key, value in defaults["risk"].items():
        assert rows.get(f"risk.{key}", rows["risk.*"]) in ("UP", "DOWN"), key


def live_wants_a_seal_that_is_the_config():
    with Folder() as folder:
        it = Sealed(folder, venue=NOWHERE)
        refused(it.live(), "without a sealed config")
        it.seal()
        assert stat.S_IMODE(it.file.stat().st_mode) == 0o600
        refused(it.live(), "needs an account", 3)  # the seal is good
        it.write(venue=NOWHERE, risk={"max_heat": 0.2})
        refused(it.live(), "risk.max_heat differs")
        it.write(venue=NOWHERE, risk={"max_heat": 0.25})  # the default, said aloud: the same config
        refused(it.live(), "needs an account", 3)


def tightening_is_at_once_and_loosening_waits():
    with Folder() as folder:
        it = Sealed(folder, risk={"max_heat": 0.2, "reserve_share": 0.5})
        it.seal()
        assert it.diff()["changes"] == [] and it.diff()["is_sealed"]
        it.write(risk={"max_heat": 0.3, "max_position": 0.01, "reserve_share": 0.3}, engine={"workers": 2},
                 venue={"symbols": "BTCUSDT"})
        found = it.changes()
        assert {key: row["change"] for key, row in found.items()} == {
            "risk.max_heat": "looser", "risk.max_position": "tighter", "risk.reserve_share": "looser",
            "engine.workers": "neutral", "venue.symbols": "looser"}, found
        assert not it.diff()["is_sealed"] and all(row["effective_ms"] is None for row in found.values())
        it.seal()
        sealed_ms, found = it.diff()["sealed_ms"], it.changes()
        assert set(found) == {"risk.max_heat", "risk.reserve_share", "venue.symbols"}
        assert all(row["effective_ms"] == sealed_ms + DAY_MS and row["is_sealed"] for row in found.values()), found
        assert [it.in_force(key) for key in ("risk.max_heat", "risk.reserve_share", "venue.symbols")] == [0.2, 0.5, ""]
        assert it.in_force("risk.max_position") == 0.01 and it.in_force("engine.workers") == 2
        assert "risk.max_heat stays 0.2 until" in it.call("config", "show").stderr


def cool_down_is_neither_shortened_nor_begun_anew_by_sealing_again():
    with Folder() as folder:
        it = Sealed(folder, risk={"max_heat": 0.2})
        it.seal()
        it.write(risk={"max_heat": 0.3}, seal={"cooldown_h": 1})
        it.seal()
        first = it.changes()["risk.max_heat"]["effective_ms"]
        assert first == it.diff()["sealed_ms"] + DAY_MS  # the cool-down itself was loosened: the old one counts
        it.seal()
        assert it.changes()["risk.max_heat"]["effective_ms"] == first
        it.write(risk={"max_heat": 0.28}, seal={"cooldown_h": 1})  # less than was asked for
        it.seal()
        assert it.changes()["risk.max_heat"]["effective_ms"] == first
        it.write(risk={"max_heat": 0.4}, seal={"cooldown_h": 1})  # more
        it.seal()
        assert it.changes()["risk.max_heat"]["effective_ms"] == it.diff()["sealed_ms"] + DAY_MS > first
        it.write(risk={"max_heat": 0.1}, seal={"cooldown_h": 1})
        it.seal()
        assert it.in_force("risk.max_heat") == 0.1 and set(it.changes()) == {"seal.cooldown_h"}


def k2_broken_seal_is_refused_and_named():
    with Folder() as folder:
        it = Sealed(folder, venue=NOWHERE)
        it.seal()
        good = it.file.read_bytes()
        for at in list(range(0, len(good), 211)) + [len(good) - 2, len(good) - 60, len(good) - 129, len(good) - 131]:
            it.file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            refused(it.live(), "the seal is broken")
        for cut in (0, 1, len(good) // 2, len(good) - 1):
            it.file.write_bytes(good[:cut])
            refused(it.live(), "the seal is broken")
        it.file.write_bytes(good)
        it.file.chmod(0o666)
        refused(it.live(), "nobody else can write", 4)
        it.file.unlink()
        os.mkfifo(it.file, 0o600)
        refused(it.live(), "must be a file", 4)
        it.file.unlink()
        it.file.symlink_to(folder / "aside")
        refused(it.live(), "symbolic link", 3)  # by the judge of the whole folder


def k2_seal_of_another_store_is_refused():
    with Folder() as folder:
        os.mkdir(folder / "other")
        it, other = Sealed(folder, venue=NOWHERE), Sealed(folder / "other", venue=NOWHERE)
        it.seal()
        other.seal()
        shutil.copy(other.file, it.file)
        refused(it.live(), "of another store")


def changes_of_no_seal_and_wrong_words_are_one_line():
    with Folder() as folder:
        it = Sealed(folder)
        refused(it.call("config", "diff"), "no store.key", 4)
        it.seal()
        it.file.unlink()
        refused(it.call("config", "diff"), "no sealed config", 3)
        refused(it.call("config", "check", "--json"), "--json is not for", 2)
        it.write(risk={"max_heat": 7})
        for words in (("config", "seal"), ("config", "diff")):
            refused(it.call(*words), "risk.max_heat", 3)
        assert not it.file.exists()


run([every_row_of_the_table_of_limits_is_a_key_and_every_limit_of_risk_has_a_way, live_wants_a_seal_that_is_the_config,
     tightening_is_at_once_and_loosening_waits, cool_down_is_neither_shortened_nor_begun_anew_by_sealing_again,
     k2_broken_seal_is_refused_and_named, k2_seal_of_another_store_is_refused,
     changes_of_no_seal_and_wrong_words_are_one_line])
