# SPDX-License-Identifier: GPL-3.0-or-later
"""Parent orders of the real program at a venue that loses answers, refuses and fills in parts: each algorithm ends
reconciled and flat, and a kill in the middle of a TWAP doubles nothing.

QT_ALGORITHMS=chase,twap,vwap,pov,iceberg plays all of them; by default the one that rests and takes.
"""
import json
import os
import signal
from decimal import Decimal

from qt_program import rows, run, until
from test_stops import Place

ALGORITHMS = os.environ.get("QT_ALGORITHMS", "chase").split(",")
FAULTS = ("lost-ack=0.2", "reject=0.1", "reject-cancel=0.2", "5xx=0.05")
PATIENCE = 300


def at_work(place, **execution):
    """The config's execution; a day's volume of this market is small, so chunks are left out."""
    config = json.loads(place.config.read_text())
    config["execution"] = {"chunk_impact_bps": 0, "budget_bps": 200, "take_bps": 20, **execution}
    place.config.write_text(json.dumps(config))


def parents(place, where="1"):
    names = "id, symbol, state, algorithm, qty, filled, children, why, is_final"
    found = rows(place.state, f"SELECT {names} FROM parents WHERE {where}")
    return [dict(zip(names.split(", "), row)) for row in found]


def check_parents(place):
    """What is kept: a parent has what its children have, and never more than its whole."""
    for row in rows(place.state, "SELECT p.id, p.qty, p.filled, (SELECT coalesce(sum(cum_qty), 0) FROM orders o"
                                 " WHERE o.parent = p.id) FROM parents p"):
        assert row[2] == row[3] <= row[1], row
    loose = rows(place.state, "SELECT count(*) FROM orders WHERE parent = 0 AND purpose NOT IN"
                              " ('venue_stop', 'outside')")
    assert loose == [[0]], loose


def check_fills(place):
    """Every trade of the account is booked once: the same quantity bought and sold, and no trade twice."""
    twice = rows(place.state, "SELECT symbol, trade_id, count(*) FROM fills WHERE trade_id > 0 AND qty > 0"
                              " GROUP BY 1, 2 HAVING count(*) > 1")
    assert twice == [], twice
    for symbol, side, scale, ours in rows(place.state, "SELECT symbol, side, qty_scale, sum(qty) FROM fills"
                                                       " GROUP BY 1, 2"):
        theirs = sum(int(Decimal(row["qty"]).scaleb(scale)) for row in place.ask("/api/v3/myTrades", symbol=symbol,
                                                                                limit=1000)
                     if row["isBuyer"] == (side.lower() == "buy"))
        assert ours == theirs, (symbol, side, ours, theirs)


def is_flat(place):
    found = place.status()
    return found and found["positions"] == [] and found["open_orders"] == [] and \
        str(found["liquidation"]).startswith("flat")


def ended(place, algorithm):
    """Parents of that algorithm that ended with something filled."""
    found = place.status()
    return [row for row in found["parents"] if row["algorithm"] == algorithm and row["state"] == "done" and
            float(row["filled"]) > 0] if found else None


def under_faults(algorithm):
    with Place(faults=FAULTS) as place:
        at_work(place, entry=algorithm, exit=algorithm, duration_s=6, slices=3, passive_s=3, participation=0.5,
                display=0.5)
        with place.run() as program:
            found = until(f"a parent by {algorithm}", lambda: ended(place, algorithm), PATIENCE)
            for row in found:
                parts = [row[name] for name in ("delay", "trading", "fees", "opportunity")]
                assert abs(sum(parts) - row["shortfall"]) < 1e-6, row
                assert row["average_price"] > 0 and row["arrival_price"] > 0 and row["children"] >= 1, row
            totals = {row["algorithm"]: row for row in place.status()["execution"]["by_algorithm"]}
            assert totals[algorithm]["parents"] >= len(found) and totals[algorithm]["notional"] > 0, totals
            place.say("liquidate", "--yes", "--reason", "the end of the case")
            until("flat", lambda: is_flat(place), PATIENCE)
            assert all(row["state"] == "done" for row in place.status()["parents"])
            assert program.stop() == 0, program.errors()
        assert place.resting() == {}
        check_parents(place)
        check_fills(place)
        place.check_books()
        assert parents(place, "is_final = 0") == []
        place.verify()


def case_of(algorithm):
    def case():
        under_faults(algorithm)
    case.__name__ = f"parents_worked_by_{algorithm}_end_reconciled_under_lost_answers_and_refusals"
    return case


def kill_in_the_middle_of_a_twap_doubles_nothing():
    """What was at work is stopped by the restart: its rest is left, and every share is bought once."""
    with Place(faults=("lost-ack=0.2",)) as place:
        at_work(place, entry="twap", duration_s=120, slices=40)
        with place.run() as program:
            working = until("a parent in the middle", lambda: [
                row for row in (place.status() or {"parents": []})["parents"]
                if row["state"] == "working" and float(row["filled"]) > 0], PATIENCE)
            program.process.send_signal(signal.SIGKILL)
            assert program.wait() == -signal.SIGKILL
        at_work(place, entry="immediate")
        with place.run() as program:
            until("the account", lambda: (place.status() or {}).get("equity"))
            place.say("liquidate", "--yes", "--reason", "the end of the case")
            until("flat", lambda: is_flat(place), PATIENCE)
            assert program.stop() == 0, program.errors()
        cut = [row for row in parents(place, "algorithm = 'twap'") if f"{row['id']:x}" in
               {found["id"] for found in working}]
        assert cut and all(row["is_final"] and row["filled"] < row["qty"] for row in cut), cut
        assert all(row["why"] == "the engine was started anew" for row in cut), cut
        check_fills(place)
        check_parents(place)
        place.check_books()
        assert place.resting() == {}
        place.verify()


if __name__ == "__main__":
    run([case_of(algorithm) for algorithm in ALGORITHMS] + [kill_in_the_middle_of_a_twap_doubles_nothing])
