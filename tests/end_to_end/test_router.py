# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine over two simulated exchanges: parts of orders at both, an account that is their sum, one of them dead."""
import json
import os
import signal
import time

from qt_exchange import Exchange
from qt_program import Folder, Program, call, rows, run, seal, status, until

DUST = 5  # quote units: less of a coin cannot be sold
COINS = "ETHUSDT,SOLUSDT,BNBUSDT,XRPUSDT,DOGEUSDT,ADAUSDT,AVAXUSDT,LINKUSDT"  # those of which the account has none yet


class Place:
    """Two exchanges, and runs on an account at each."""

    def __enter__(self):
        self.folder = Folder()
        path = self.folder.__enter__()
        self.state, self.config = path / "state", path / "config.json"
        self.venues = []
        for name in ("one", "two"):
            (path / name).mkdir()
            self.venues.append(Exchange(path / name).__enter__())
        os.mkdir(self.state, 0o700)
        self.config.write_text(json.dumps({
            "venue": {**self.venues[0].config, "symbols": COINS, "reconcile_ms": 5000},
            "venue_2": self.venues[1].config,
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5}, "health": {"starts": 60}}))
        self.begun = [venue.assets() for venue in self.venues]
        return self

    def __exit__(self, *failure):
        for venue in self.venues:
            venue.__exit__(*failure)
        self.folder.__exit__(*failure)

    def run(self):
        seal(self.config, self.state)
        return Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--live", "--headless")

    def status(self):
        return status(self.state)

    def say(self, *words):
        done = call("--data-dir", str(self.state), *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

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

    def check(self, engine):
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)


def orders_go_in_parts_to_both_and_a_restart_finds_them_at_both():
    with Place() as place:
        with place.run() as engine:
            until("parts at both", lambda: place.status() and min(place.parts()) > 1)
            until("holdings at both", lambda: place.bought(0) and place.bought(1))
            held = until("positions with their stops", place.protected)
            until("stops, each beside what it protects", place.stops_stand)
            engine.process.kill()
            engine.wait()
        with place.run() as engine:
            until("the positions again", lambda: place.status() and place.status()["positions"])
            place.say("pause", "--reason", "the account is compared")
            assert {row["symbol"] for row in held} & {row["symbol"] for row in place.status()["positions"]}
            place.say("liquidate", "--yes", "--reason", "the end")
            found = place.status()
            assert found["positions"] == [] and found["open_orders"] == [], found
            assert engine.stop() == 0
            place.check(engine)
        assert [place.bought(0), place.bought(1)] == [{}, {}], [place.bought(0), place.bought(1)]
        assert [place.venues[0].resting(), place.venues[1].resting()] == [{}, {}]


def one_venue_of_two_dead_keeps_the_other_from_nothing_and_nobody_says_flat():
    with Place() as place:
        with place.run() as engine:
            until("holdings at both", lambda: place.status() and place.bought(0) and place.bought(1))
            place.say("pause", "--reason", "no more entries")
            dead = place.venues[1].program
            dead.freeze()
            with Program("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "one is dead") as order:
                until("the living one is sold out", lambda: not place.bought(0) and not place.venues[0].resting())
                assert order.process.poll() is None, order.text() + order.errors()
                assert place.status()["mode"] == "EMERGENCY"
                dead.process.send_signal(signal.SIGCONT)
                assert order.wait() == 0 and "flat" in order.text(), order.errors()
            assert engine.stop() == 0
            place.check(engine)
        assert [place.bought(0), place.bought(1)] == [{}, {}], [place.bought(0), place.bought(1)]


def venue_without_credentials_is_named_and_no_watchman_guards_several():
    with Place() as place:
        done = call("--config", str(place.config), "--data-dir", str(place.state), "watch")
        assert done.returncode == 3 and "guards one venue" in done.stderr, done.stderr
        config = json.loads(place.config.read_text())
        del config["venue_2"]["credentials_file"]
        place.config.write_text(json.dumps(config))
        with place.run() as engine:
            assert engine.wait() == 3 and "venue_2: --live needs an account" in engine.errors(), engine.errors()


run([orders_go_in_parts_to_both_and_a_restart_finds_them_at_both,
     one_venue_of_two_dead_keeps_the_other_from_nothing_and_nobody_says_flat,
     venue_without_credentials_is_named_and_no_watchman_guards_several])
