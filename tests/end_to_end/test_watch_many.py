# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchman of an engine that trades at two exchanges: silent by SIGSTOP or kill -9, with one of the two half open,
dead, or not yet reached. Each is cancelled and sold out by itself, and nobody is flat before both are.
"""
import json
import signal
import time
import urllib.request

from qt_program import Program, call, run, status, until
from routed_place import DUST, Place

LIMIT_MS = 15000  # from the engine's last sign of life until its orders are gone


class Watched(Place):
    """foreign: symbols of which the account at each exchange holds some before: not the engine's."""

    def __init__(self, foreign=("", "")):
        super().__init__()
        self.foreign = foreign

    def __enter__(self):
        super().__enter__()
        for venue, symbols in zip(self.venues, self.foreign):
            for symbol in symbols.split():
                venue.ask("/api/v3/order", "POST", symbol=symbol, side="BUY", type="MARKET", quoteOrderQty="400")
        self.begun = [venue.assets() for venue in self.venues]
        config = json.loads(self.config.read_text())
        config["watch"] = {"silent_s": 3, "credentials_file": self.venues[0].config["credentials_file"],
                           "credentials_file_2": self.venues[1].config["credentials_file"]}
        self.config.write_text(json.dumps(config))
        return self

    def start_watch(self):
        return Program("--config", str(self.config), "--data-dir", str(self.state), "watch")

    def watch(self, venues=2):
        watch = self.start_watch()
        until("watching", lambda: watch.text().count("watching an engine") == venues)
        return watch

    def ready(self):
        """Holdings and stops at both."""
        until("parts at both", lambda: self.status() and min(self.parts()) > 1)
        until("holdings at both", lambda: self.bought(0) and self.bought(1))
        until("stops at both", self.rests_at_both)

    def rests_at_both(self):
        time.sleep(2)  # a read of an account weighs at the venue
        return all(venue.resting() for venue in self.venues)

    def clock(self, i):
        with urllib.request.urlopen(self.venues[i].rest + "/api/v3/time", timeout=30) as answer:
            return json.load(answer)["serverTime"]

    def silence(self, engine, what, at):
        """The engine's end, and what rested at those venues then, with the time there."""
        rested = {i: (self.clock(i), self.venues[i].resting()) for i in at}
        if what == signal.SIGSTOP:
            engine.freeze()
        else:
            engine.process.send_signal(what)
            engine.wait()
        return rested

    def gone_in_time(self, rested):
        """By the exchange's own clock: when each order ended, and how."""
        for i, (begun, orders) in rested.items():
            assert orders, i
            for symbol, found in orders.items():
                for row in found:
                    now = self.venues[i].ask("/api/v3/order", symbol=symbol, orderId=row["orderId"])
                    took = now["updateTime"] - begun
                    print(f"# {self.venues[i].rest} {symbol}: {now['status']} after {took} ms")
                    assert now["status"] in ("CANCELED", "FILLED") and took < LIMIT_MS, (now, begun)

    def is_sold_out(self, i):
        return not self.bought(i) and not self.venues[i].resting()

    def nothing_of_others_is_gone(self):
        """What is foreign may have changed its venue (the router sells where it is best), not its amount."""
        for asset in set(self.begun[0]) | set(self.begun[1]):
            before = sum(begun.get(asset, 0) for begun in self.begun)
            now = sum(venue.assets().get(asset, 0) for venue in self.venues)
            if asset != "USDT" and before > 0:
                value = (now - before) * self.venues[0].price(asset)
                assert -1 < value < 2 * DUST, (asset, before, now)


def of(place, name):
    """What the watchman says of a venue in the engine's status; it has to have said something."""
    said = (status(place.state) or {}).get("watchman")
    return next((row for row in said["venues"] if row["name"] == name), None) if said else None


def stopped_engine_is_sold_out_at_both_and_takes_over_again():
    with Watched() as place, place.run() as engine:
        place.ready()
        with place.watch() as watch:
            until("both are shown", lambda: all((of(place, name) or {}).get("state") == "guarding"
                                                for name in ("venue", "venue_2")))
            rested = place.silence(engine, signal.SIGSTOP, (0, 1))
            until("flat", lambda: "flat at every venue" in watch.text())
            place.gone_in_time(rested)
            assert place.is_sold_out(0) and place.is_sold_out(1), watch.text()
            engine.process.send_signal(signal.SIGCONT)
            until("handed back", lambda: "handed back at 2 venues, and paused it" in watch.text())
            until("paused", lambda: (place.status() or {}).get("mode") == "PAUSED")
            assert "pause: the watchman acted at 2 venues" in place.say("audit", "show")
            until("the venues are believed", lambda: place.status()["positions"] == [])
            until("told", lambda: of(place, "venue_2")["state"] == "guarding")
            shown = of(place, "venue_2")
            assert shown["is_connected"] and shown["cancels"] > 0 and shown["sales"] > 0, shown
            assert watch.text().count("handed back") == 1, watch.text()
            assert watch.stop() == 0
        assert engine.stop() == 0
        place.check(engine)


def half_open_exchange_keeps_the_other_from_nothing_and_a_new_engine_believes_both():
    with Watched() as place:
        with place.run() as engine:
            place.ready()
            with place.watch() as watch:
                place.venues[1].program.freeze()
                rested = place.silence(engine, signal.SIGKILL, (0,))
                until("the living one is sold out", lambda: "venue: flat: 0 orders and 0 holdings left" in watch.text())
                place.gone_in_time(rested)
                assert place.is_sold_out(0), watch.text()
                assert "flat at 1 of 2 venues; not yet: venue_2" in until(
                    "summed up", lambda: "flat at 1" in watch.text() and watch.text())
                assert "venue_2: flat" not in watch.text() and "every venue" not in watch.text(), watch.text()
                place.venues[1].program.process.send_signal(signal.SIGCONT)
                until("flat", lambda: "flat at every venue" in watch.text())
                assert place.is_sold_out(1), watch.text()
                with place.run() as engine:
                    until("handed back", lambda: "handed back at 2 venues, and paused it" in watch.text())
                    until("the venues are believed", lambda: place.status() and place.status()["positions"] == [])
                    assert engine.stop() == 0
                    place.check(engine)


def exchange_that_is_gone_is_never_called_flat():
    with Watched() as place, place.run() as engine:
        place.ready()
        with place.watch() as watch:
            dead = place.venues[1].program.process
            dead.kill()
            dead.wait()
            rested = place.silence(engine, signal.SIGKILL, (0,))
            until("the living one is sold out", lambda: "venue: flat: 0 orders and 0 holdings left" in watch.text())
            place.gone_in_time(rested)
            assert place.is_sold_out(0), watch.text()
            until("summed up", lambda: "flat at 1 of 2 venues; not yet: venue_2" in watch.text())
            assert "venue_2: does not answer" in watch.text(), watch.text()
            assert "venue_2: flat" not in watch.text() and "every venue" not in watch.text(), watch.text()
            assert watch.stop() == 0


def exchange_that_was_not_reached_at_the_start_is_acted_on_when_it_is():
    with Watched(("ETHUSDT AVAXUSDT", "SOLUSDT AVAXUSDT")) as place, place.run() as engine:
        place.ready()
        place.venues[1].program.freeze()
        with place.watch(1) as watch:
            until("shown", lambda: (of(place, "venue_2") or {}).get("state") == "opening")
            place.silence(engine, signal.SIGKILL, (0,))
            until("the living one is sold out", lambda: "venue: flat: 0 orders and 0 holdings left" in watch.text())
            assert "every venue" not in watch.text(), watch.text()
            place.venues[1].program.process.send_signal(signal.SIGCONT)
            until("flat", lambda: "flat at every venue" in watch.text())
            assert place.is_sold_out(0) and place.is_sold_out(1), watch.text()
            place.nothing_of_others_is_gone()


def config_that_cannot_guard_every_venue_is_refused_in_one_line():
    with Watched() as place:
        whole = json.loads(place.config.read_text())
        watch = ("--config", str(place.config), "--data-dir", str(place.state), "watch")
        one = json.loads(json.dumps(whole))
        del one["venue_2"]["credentials_file"]
        with place.run():
            until("an engine", place.status)
            for config, says in ((dict(one, watch={"credentials_file": whole["watch"]["credentials_file"]}),
                                  "no key for the watchman at venue_2: "),
                                 (dict(whole, watch={"credentials_file_2": "/nowhere/key"}),
                                  "no key for the watchman at venue_2: "),
                                 (dict(whole, watch={"credentials": "absent"}),
                                  "no key for the watchman at venue: venue.credentials is 'absent'"),
                                 ({name: value for name, value in whole.items() if name != "venue_2"},
                                  "the engine trades at venue_2, which this config does not have")):
                place.config.write_text(json.dumps(config))
                done = call(*watch)
                assert done.returncode == 3 and says in done.stderr and done.stderr.count("\n") == 1, done
        # a key of the watchman's own is enough where the engine has none
        place.config.write_text(json.dumps(one))
        with place.start_watch() as waiting:
            until("waiting", lambda: "waiting for an engine" in waiting.text())
            assert waiting.stop() == 0 and not waiting.errors(), waiting.errors()


run([stopped_engine_is_sold_out_at_both_and_takes_over_again,
     half_open_exchange_keeps_the_other_from_nothing_and_a_new_engine_believes_both,
     exchange_that_is_gone_is_never_called_flat, exchange_that_was_not_reached_at_the_start_is_acted_on_when_it_is,
     config_that_cannot_guard_every_venue_is_refused_in_one_line])
