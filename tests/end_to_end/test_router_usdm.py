# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine over two exchanges of perpetuals: parts of orders at both, reduce-only stops beside each part of a position,
a liquidation, and a watchman.
"""
import signal
import time

from qt_exchange import Exchange
from qt_program import rows, run, until
from routed_place import Routed


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


class Place(Routed):
    """Two exchanges, and runs on the account of perpetuals at each."""
    exchange = Perpetuals
    venue, sections = {"name": "binance-usdm"}, {"watch": {"silent_s": 3}}

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

    def is_flat(self):
        return all(not venue.held() and not venue.resting() for venue in self.venues)


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
