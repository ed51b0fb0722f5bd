# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine over two exchanges of perpetuals: parts of orders at both, reduce-only stops beside each part of a position,
a liquidation, and a watchman.
"""
import json
import os
import signal
import time

from qt_exchange import Exchange
from qt_program import Folder, Program, call, rows, run, seal, status, until


class Perpetuals(Exchange):
    """The perpetuals of a simulated exchange: the same account by other addresses."""
    clock = "/fapi/v1/time"

    def __enter__(self):
        super().__enter__()
        found = self.addresses()
        self.rest = found["usdm_rest"]
        self.config = {"rest_url": found["usdm_rest"], "ws_url": found["usdm_stream"],
                       "credentials_file": str(self.credentials)}
        return self

    def held(self):
        time.sleep(0.5)  # a read of an account weighs at the venue
        return {row["symbol"]: float(row["positionAmt"]) for row in self.ask("/fapi/v2/account")["positions"]
                if float(row["positionAmt"])}

    def resting(self):
        found = {}
        for row in self.ask("/fapi/v1/openOrders"):
            found.setdefault(row["symbol"], []).append(row)
        for row in self.ask("/fapi/v1/openAlgoOrders"):  # where stops rest
            found.setdefault(row["symbol"], []).append({**row, "origQty": row["quantity"]})
        return found


class Place:
    """Two exchanges, and runs on the account of perpetuals at each."""

    def __enter__(self):
        self.folder = Folder()
        path = self.folder.__enter__()
        self.state, self.config = path / "state", path / "config.json"
        self.venues = []
        for name in ("one", "two"):
            (path / name).mkdir()
            self.venues.append(Perpetuals(path / name).__enter__())
        os.mkdir(self.state, 0o700)
        self.config.write_text(json.dumps({
            "venue": {"name": "binance-usdm", **self.venues[0].config, "reconcile_ms": 5000},
            "venue_2": self.venues[1].config,
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5}, "health": {"starts": 60}, "watch": {"silent_s": 3}}))
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

    def stands_at_both(self):
        """Positions at both exchanges, a stop beside each that is none of more than is there."""
        for venue in self.venues:
            held, orders = venue.held(), venue.resting()
            stops = {symbol: sum(float(row["origQty"]) for row in found if row["side"] == "SELL")
                     for symbol, found in orders.items()}
            if not held or not any(stops.values()):
                return False
            assert all(amount > 0 for amount in held.values()), held
            assert all(row["reduceOnly"] for found in orders.values() for row in found if row["side"] == "SELL"), orders
            if any(abs(stops.get(symbol, 0) - amount) > 1e-9 for symbol, amount in held.items()):
                return False  # one is being put elsewhere
        return True

    def ready(self):
        until("an engine", self.status)
        until("positions with their stops at both", self.stands_at_both)

    def say(self, *words):
        done = call("--data-dir", str(self.state), *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def is_flat(self):
        return all(not venue.held() and not venue.resting() for venue in self.venues)

    def check(self, engine):
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)


def positions_lie_at_both_with_their_stops_and_a_liquidation_leaves_none():
    with Place() as place:
        with place.run() as engine:
            place.ready()
            assert "flat" in place.say("liquidate", "--yes", "--reason", "the end")
            assert place.is_flat()
            assert engine.stop() == 0
            place.check(engine)
        adjusted = rows(place.state, "SELECT asset, scale, amount FROM postings WHERE account = 'adjust'")
        assert adjusted == [], (adjusted, place.say("audit", "show"), engine.errors())


def killed_engine_is_sold_out_at_both_and_a_new_one_believes_it():
    with Place() as place:
        with place.run() as engine, place.start("watch") as watch:
            until("watching", lambda: watch.text().count("watching an engine") == 2)
            place.ready()
            engine.process.send_signal(signal.SIGKILL)
            engine.wait()
            until("flat", lambda: "flat at every venue" in watch.text())
            assert place.is_flat(), watch.text()
            with place.run() as engine:
                until("handed back", lambda: "handed back at 2 venues, and paused it" in watch.text())
                until("the venues are believed", lambda: place.status() and place.status()["positions"] == [])
                assert engine.stop() == 0
                place.check(engine)


run([positions_lie_at_both_with_their_stops_and_a_liquidation_leaves_none,
     killed_engine_is_sold_out_at_both_and_a_new_one_believes_it])
