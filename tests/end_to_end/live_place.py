# SPDX-License-Identifier: GPL-3.0-or-later
"""A venue that lives on while engines come and go: the simulated exchange as a process of its own, an account of it,
and live runs on that account."""
import json
import os

from qt_exchange import Account, Exchange
from qt_program import Folder, Program, call, rows, seal, status

TIGHT = {"stop_atr": 0.1, "swing_bars": 2, "swing_atr": 0, "min_stop_bps": 15}  # within reach of a large sale


class Place(Account):
    """A simulated exchange of its own process, an account of it, and runs on that account."""

    def __init__(self, strategy=None, faults=(), seed=1):
        self.strategy, self.faults, self.seed = strategy or {}, faults, str(seed)

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        self.state = self.path / "state"
        os.mkdir(self.state, 0o700)
        faults = [word for fault in self.faults for word in ("--fault", fault)]
        self.exchange = Exchange(self.path, "--seed", self.seed, *faults)
        self.exchange.__enter__()
        self.venue = self.exchange.program
        self.rest, self.key, self.secret = self.exchange.rest, self.exchange.key, self.exchange.secret
        self.config = self.path / "config.json"
        self.config.write_text(json.dumps({
            "venue": self.exchange.config,
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0, **self.strategy},
            "engine": {"sync_s": 5, "stop_pace_s": 1, "stop_step_bps": 1}, "health": {"starts": 60}}))
        return self

    def __exit__(self, *failure):
        self.exchange.__exit__(*failure)
        self.folder.__exit__(*failure)

    def run(self, env=None):
        seal(self.config, self.state)
        return Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--live", "--headless",
                       env=env)

    def status(self):
        return status(self.state)

    def protected(self):
        """The positions, when there are any and a stop at the venue stands for each."""
        found = self.status()
        return found and found["positions"] and all(row["protected"] for row in found["positions"]) and \
            found["positions"]

    def say(self, *words):
        done = call("--data-dir", str(self.state), *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def check_books(self):
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums

    def verify(self):
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)
            assert json.loads(done.stdout)["first_difference"] is None, done.stdout
