# SPDX-License-Identifier: GPL-3.0-or-later
"""Two simulated exchanges, an account at each, and runs that trade at both as if they were one."""
import json
import os
import time

from qt_exchange import Exchange
from qt_program import Folder, Program, call, rows, seal, status

DUST = 5  # quote units: less of a coin cannot be sold
COINS = "ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT,DOGEUSDT,ADAUSDT,AVAXUSDT,LINKUSDT"  # those of which the account has none yet


class Routed:
    """Two exchanges, and runs on an account at each; faults: of the second."""
    exchange = Exchange
    venue, sections = {}, {}  # of the config, besides what all have

    def __init__(self, faults=()):
        self.faults = faults

    def __enter__(self):
        self.folder = Folder()
        path = self.folder.__enter__()
        self.state, self.config = path / "state", path / "config.json"
        self.venues = []
        for name in ("one", "two"):
            (path / name).mkdir()
            faults = [word for fault in self.faults for word in ("--fault", fault)] if name == "two" else []
            self.venues.append(self.exchange(path / name, *faults).__enter__())
        os.mkdir(self.state, 0o700)
        self.config.write_text(json.dumps({
            "venue": {**self.venues[0].config, "reconcile_ms": 5000, **self.venue},
            "venue_2": self.venues[1].config,
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5}, "health": {"starts": 60}, **self.sections}))
        return self

    def __exit__(self, *failure):
        for venue in self.venues:
            venue.__exit__(*failure)
        self.folder.__exit__(*failure)

    def start(self, *words):
        return Program("-v", "--config", str(self.config), "--data-dir", str(self.state), *words)

    def run(self):
        seal(self.config, self.state)
        return self.start("run", "--live", "--headless")

    def status(self):
        return status(self.state)

    def say(self, *words):
        done = call("--data-dir", str(self.state), *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def check(self, engine):
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)


class Place(Routed):
    """Where coins are bought: what an account had at the start is told from what came."""
    venue = {"symbols": COINS}

    def __enter__(self):
        super().__enter__()
        self.begun = [venue.assets() for venue in self.venues]
        return self

    def bought(self, i):
        """What the account at one of them has more of than at the start, but money."""
        time.sleep(0.5)  # a read of an account weighs at the venue
        now = self.venues[i].assets()
        more = {name: amount - self.begun[i].get(name, 0) for name, amount in now.items() if name != "USDT"}
        return {name: amount for name, amount in more.items() if amount * self.venues[i].price(name) > DUST}

    def protected(self):
        found = self.status()["positions"]
        return found and all(row["protected"] for row in found) and found

    def stops_stand(self):
        time.sleep(3)  # as above
        stood = 0
        for venue in self.venues:
            for symbol, orders in venue.resting().items():
                stops = sum(float(row["origQty"]) - float(row["executedQty"]) for row in orders if row["side"] == "SELL")
                assert stops <= venue.held(symbol) * (1 + 1e-9), (symbol, orders)
                stood += stops > 0
        return stood

    def parts(self):
        """Parts of orders by venue, as the engine tells."""
        found = {row["component"]: row["detail"] for row in self.status()["health"]}
        return [int(found[name].split(" parts")[0].split(", ")[-1]) for name in ("venue", "venue_2")]
