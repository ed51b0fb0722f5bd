# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders that cannot get lost (fault O4): the engine dies between any two instructions, the venue lives on, and the
next engine finds what is there. QT_CRASH_LIBRARY is tests/lib/crash.c, preloaded under the unchanged program.

QT_POINTS=150 QT_SEED=3 QT_KILLS=100 are the long loops."""
import os
import random
import subprocess

from live_place import Place
from qt_program import Skip, rows, run, until

LIBRARY = os.environ.get("QT_CRASH_LIBRARY")
POINTS = int(os.environ.get("QT_POINTS", "3"))
KILLS = int(os.environ.get("QT_KILLS", "2"))
BURSTS = {"stop_atr": 0.1, "swing_bars": 2, "swing_atr": 0, "min_stop_bps": 15, "target_1_r": 0.5, "trail_atr": 0.1}
PLACE = 4  # kills a market
GONE = 137  # how tests/lib/crash.c ends it
FINAL = {"FILLED": "filled", "CANCELED": "cancelled", "EXPIRED": "expired", "REJECTED": "rejected"}


class Books:
    """What the venue has of an account, against what the store of its engine says."""

    def __init__(self, place):
        self.place = place
        self.before = self.balances()

    def balances(self):
        return {row["asset"]: float(row["free"]) + float(row["locked"])
                for row in self.place.ask("/api/v3/account")["balances"]}

    def check_orders(self):
        """Every order that came to the venue is in the store as it ended, once; what is in the store and was not
        refused came to the venue."""
        stored = {}
        for symbol, venue_id, state, filled, client_id in rows(
                self.place.state, "SELECT symbol, venue_id, state, cum_qty * pow(10, -qty_scale), printf('%x', client_id)"
                                  " FROM orders"):
            stored[symbol, client_id] = (venue_id, state, filled)
        found = set()
        for symbol in {symbol for symbol, _ in stored}:
            for row in self.place.ask("/api/v3/allOrders", symbol=symbol, limit=1000):
                if not row["clientOrderId"].startswith("qt-"):
                    continue
                key = (symbol, row["clientOrderId"].rsplit("-", 1)[1].lstrip("0"))
                assert key not in found, f"doubled: {row}"
                assert key in stored, f"lost: {row}"
                found.add(key)
                venue_id, state, filled = stored[key]
                assert venue_id == row["orderId"], (row, stored[key])
                assert state == FINAL.get(row["status"], "open"), (row, stored[key])
                assert abs(filled - float(row["executedQty"])) < 1e-9, (row, stored[key])
        for key, (_, state, filled) in stored.items():
            assert key in found or (state == "rejected" and filled == 0), (key, state, filled)
        return len(found)

    def differences(self):
        """Where positions and cash of the store are not what the venue's account shows."""
        now = self.balances()
        held = {symbol.removesuffix("USDT"): amount for symbol, amount in rows(
            self.place.state, "SELECT symbol, qty * pow(10, -qty_scale) FROM positions WHERE qty <> 0")}
        cash = rows(self.place.state, "SELECT sum(amount) FROM postings WHERE account = 'cash' AND asset = 'USDT'")
        gaps = {asset: now[asset] - self.before.get(asset, 0) - held.get(asset, 0) for asset in now if asset != "USDT"}
        gaps["USDT"] = now["USDT"] - cash[0][0] / 1e8
        return {asset: gap for asset, gap in gaps.items() if abs(gap) > 1e-6}

    def check(self):
        """With an engine that runs: nothing is unknown, every position has its stop, the books are the venue's."""
        place = self.place
        place.say("pause", "--reason", "the end")
        until("no order is unknown", lambda: not rows(
            place.state, "SELECT 1 FROM orders WHERE is_final = 0 AND state NOT IN ('open')"), 180)
        until("every stop", lambda: all(row["protected"] for row in place.status()["positions"]), 180)
        for symbol, orders in place.resting().items():
            assert len(orders) == 1 and orders[0]["type"] == "STOP_LOSS_LIMIT", orders
        until("the venue's account", lambda: not self.differences() or print(f"# {self.differences()}"), 180)
        return self.check_orders()


def ended(place, books):
    """The last engine: it finds everything, and takes it down to nothing."""
    with place.run() as engine:
        until("the engine", lambda: engine.process.poll() is not None or place.status(), 300)
        orders = books.check()
        assert rows(place.state, "SELECT count(*) FROM audit WHERE action IN ('adopt', 'incident')") == [[0]]
        place.say("liquidate", "--yes", "--reason", "the end")
        assert engine.stop() == 0
        document = engine.document()
        assert document["conserved"] is True and document["positions"] == [], document
    assert place.resting() == {}
    place.check_books()
    place.say("store", "check")
    place.verify()
    return orders


def runs(place, engine):
    """Whether it came up: so many starts may weigh too much for the venue, which then wants a pause."""
    until("the engine", lambda: engine.process.poll() is not None or place.status())
    if engine.process.poll() in (None, GONE):
        return True
    assert "lets nothing through" in engine.errors(), engine.errors()
    until("the venue", place.answers, 300)
    return False


def killed_at(place, point, how):
    """False: this market asks for no more orders, so it died of something else."""
    while True:
        with place.run({"LD_PRELOAD": LIBRARY, "QT_CRASH": f"{point} {how}"}) as engine:
            if not runs(place, engine):
                continue
            try:
                assert engine.process.wait(timeout=40) == GONE, engine.errors()
                return True
            except subprocess.TimeoutExpired:
                engine.process.kill()
                engine.wait()
                return False


def check_dead(place):
    """Nobody lives: never two stops for one position, never more to be sold than is held."""
    for symbol, orders in place.resting().items():
        wanted = sum(float(row["origQty"]) - float(row["executedQty"]) for row in orders if row["side"] == "SELL")
        assert len(orders) <= 1 and wanted <= place.held(symbol) + 1e-9, (symbol, orders)


def o4_engine_dies_between_any_two_instructions_and_no_order_is_lost_or_doubled():
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    dice = random.Random(os.environ.get("QT_SEED", "1"))
    done = 0
    for seed in range(1, 10 * POINTS):
        if done >= POINTS:
            break
        with Place(BURSTS, seed=seed) as place:
            books = Books(place)
            for _ in range(PLACE):  # a market of its own for so many
                point, how = dice.randint(1, 60), dice.choice(("before", "half", "after"))
                if not killed_at(place, point, how):
                    break
                done += 1
                check_dead(place)
            print(f"# market {seed}: {done} killed, {ended(place, books)} orders", flush=True)
    assert done >= POINTS, done


def o4_engines_killed_in_bursts_of_orders_reconcile_every_time():
    dice = random.Random(os.environ.get("QT_SEED", "1"))
    for seed, first in enumerate(range(0, KILLS, PLACE), 1):
        with Place(BURSTS, seed=seed) as place:
            books = Books(place)
            for _ in range(first, min(first + PLACE, KILLS)):
                with place.run() as engine:
                    assert runs(place, engine)
                    try:
                        engine.process.wait(timeout=dice.uniform(0, 3))
                        raise AssertionError(engine.errors())
                    except subprocess.TimeoutExpired:  # it trades: now it dies
                        engine.process.kill()
                        engine.wait()
                check_dead(place)
            print(f"# market {seed}: {ended(place, books)} orders", flush=True)


def o10_ban_outlives_the_engine_that_was_killed_in_it():
    with Place(faults=("storm=4s:8s",)) as place:
        with place.run() as engine:
            until("a ban", lambda: "HTTP 429" in engine.errors())
            until("kept", lambda: rows(place.state, "SELECT value FROM meta WHERE key = 'ban'"))
            engine.process.kill()
            engine.wait()
        with place.run() as engine:
            until("it knows of it", lambda: "venue.ban kept_until" in engine.errors())


def o2_orders_behind_errors_that_prove_nothing_are_found_and_not_doubled():
    with Place(BURSTS, ("5xx=0.15", "lost-ack=0.15")) as place:
        books = Books(place)
        with place.run():
            until("orders", lambda: place.status() and rows(place.state, "SELECT count(*) FROM orders")[0][0] >= 6)
        print(f"# {ended(place, books)} orders")


run([o4_engine_dies_between_any_two_instructions_and_no_order_is_lost_or_doubled,
     o4_engines_killed_in_bursts_of_orders_reconcile_every_time,
     o2_orders_behind_errors_that_prove_nothing_are_found_and_not_doubled,
     o10_ban_outlives_the_engine_that_was_killed_in_it])
