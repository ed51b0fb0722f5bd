# SPDX-License-Identifier: GPL-3.0-or-later
"""Protective stops at a venue that lives on while engines die: the stop sells without an engine, restarts find it
again, a liquidation goes through it under faults."""
import json
import os
import random
import re
import signal
import subprocess

from live_place import TIGHT, Place
from qt_program import call, rows, run, until

KILLS = int(os.environ.get("QT_KILLS", "5"))  # QT_KILLS=200 QT_SEED=2 CK_RUN_CASE=engines: the long loop


def o12_dead_engine_leaves_a_stop_that_sells():
    """Fault O12: kill -9 with a position; the market moves through the stop; the venue sells it."""
    with Place(TIGHT) as place:
        with place.run() as engine:
            until("protected positions", place.protected)
            engine.process.kill()
            engine.wait()
        before = place.resting()
        assert before and all(len(orders) == 1 for orders in before.values()), before
        for orders in before.values():
            assert orders[0]["type"] == "STOP_LOSS_LIMIT" and orders[0]["side"] == "SELL", orders

        def sold():
            for name in before:
                place.push(name, 60000)
                if name not in place.resting(symbol=name):
                    return name
            return None
        symbol = until("the market at a stop", sold)
        order = place.ask("/api/v3/order", symbol=symbol, orderId=before[symbol][0]["orderId"])
        assert order["status"] == "FILLED" and order["executedQty"] == order["origQty"], order
        with place.run() as engine:
            place_of = f"SELECT state, cum_qty = qty FROM orders WHERE venue_id = {order['orderId']} AND " \
                       f"symbol = '{symbol}' AND purpose = 'venue_stop'"
            until("the fill that nobody saw", lambda: place.status() and rows(place.state, place_of) == [["filled", 1]])
            assert rows(place.state, f"SELECT count(*) FROM trades WHERE symbol = '{symbol}' AND "
                                     f"exit_reason = 'venue_stop'") == [[1]]
            place.say("liquidate", "--yes", "--reason", "the end")
            found = place.status()
            assert found["positions"] == [] and found["open_orders"] == [], found
            assert engine.stop() == 0
            document = engine.document()
            assert document["conserved"] is True and document["incidents"] == 0, document
        assert place.resting() == {}
        place.check_books()
        place.verify()


def o12_engines_that_die_at_any_moment_leave_each_position_one_stop():
    """Fault O4, O12: kill -9 again and again; never two stops for one position, never a sale too many."""
    dice = random.Random(os.environ.get("QT_SEED", "1"))
    with Place({**TIGHT, "target_1_r": 0.5, "trail_atr": 0.1}) as place:
        for _ in range(KILLS):
            with place.run() as engine:
                until("the engine", lambda: engine.process.poll() is not None or place.status())
                if engine.process.poll() is not None:  # so many starts weigh too much: the venue wants a pause
                    assert "lets nothing through" in engine.errors(), engine.errors()
                    until("the venue", place.answers, 300)
                    continue
                try:
                    engine.process.wait(timeout=dice.uniform(0, 1.5))
                    raise AssertionError(engine.errors())
                except subprocess.TimeoutExpired:  # it runs: now it dies
                    engine.process.kill()
                    engine.wait()
            for symbol, orders in place.resting().items():
                stops = [row for row in orders if row["type"] == "STOP_LOSS_LIMIT"]
                wanted = sum(float(row["origQty"]) - float(row["executedQty"]) for row in stops)
                assert len(stops) <= 1 and wanted <= place.held(symbol) + 1e-9, (symbol, orders)
        with place.run() as engine:
            until("the engine", place.status)
            place.say("pause", "--reason", "the end")
            until("every stop", lambda: all(row["protected"] for row in place.status()["positions"]))
            resting = place.resting()
            assert all(len(orders) == 1 for orders in resting.values()), resting
            place.say("liquidate", "--yes", "--reason", "the end")
            assert engine.stop() == 0
            document = engine.document()
            assert document["conserved"] is True and document["positions"] == [], document
        assert place.resting() == {}
        place.check_books()
        place.verify()


def liquidated_under(*faults):
    def case():
        with Place(None, faults) as place, place.run() as engine:
            until("a position", lambda: place.status() and place.status()["positions"])
            until("a stop", lambda: place.resting() or not place.status()["positions"])
            done = call("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "drill", "--no-wait")
            assert done.returncode == 0, done.stderr
            until("flat", lambda: place.status()["liquidating"] is False and place.status()["liquidation"])
            found = place.status()
            assert found["positions"] == [] and "twice" in found["liquidation"], found
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True
            assert place.resting() == {}
            balances = place.ask("/api/v3/account")["balances"]
            assert all(float(row["locked"]) == 0 for row in balances), balances
            place.check_books()
            place.verify()
    case.__name__ = "o13_liquidation_goes_through_the_stops_under_" + "_and_".join(
        re.sub("=.*", "", fault) for fault in faults)
    return case


def stops_can_be_the_engine_s_alone():
    with Place() as place:
        config = json.loads(place.config.read_text())
        config["engine"]["protective_stops"] = "engine"
        place.config.write_text(json.dumps(config))
        with place.run() as engine:
            found = until("a position", lambda: place.status() and place.status()["positions"])
            assert all(row["protected"] is False for row in found), found
            assert place.resting() == {}
            assert engine.stop(signal.SIGINT) == 0
        config["engine"]["protective_stops"] = "both"
        place.config.write_text(json.dumps(config))
        done = call("--config", str(place.config), "--data-dir", str(place.state), "run", "--live", "--headless")
        assert done.returncode == 3 and "protective_stops" in done.stderr, done.stderr


if __name__ == "__main__":
    run([o12_dead_engine_leaves_a_stop_that_sells, o12_engines_that_die_at_any_moment_leave_each_position_one_stop,
         liquidated_under("lost-ack=0.3", "reject-cancel=0.5"), liquidated_under("5xx=0.2"),
         liquidated_under("reject=0.3", "storm=5s:1s"), liquidated_under("cut=3s:all", "drop-user=0.2"),
         stops_can_be_the_engine_s_alone])
