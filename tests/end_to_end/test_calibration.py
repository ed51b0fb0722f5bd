# SPDX-License-Identifier: GPL-3.0-or-later
"""What a venue was told of its latencies, its queue and its impact, a live session on it gives back: engine and venue
are processes of their own with real sockets between them, and qtrade compare sees the journal alone.

QT_TOLD="order=280ms:0.2" (and cancel=, queue=, impact=) tells the venue something else than the case believes: then
it has to fail.
"""
import json
import math
import os
import random
import time

from live_place import TIGHT
from qt_exchange import Exchange
from qt_program import START, Folder, Program, call, rows, run, seal, until

HISTORY_S, FUTURE_S, DAY_VOLUME, FLAT, RISING = 5 * 86400, 3600, 200e6, 8, 12
WITHIN, PATIENCE = 0.05, 420
TOLD = dict(word.partition("=")[::2] for word in os.environ.get("QT_TOLD", "").split())
RISK = {"max_heat": 0.5, "max_correlation": 0.95, "max_open_orders": 1000, "max_orders_per_s": 1000,
        "max_orders_per_min": 2000, "max_messages_per_s": 2000, "duplicate_window_ms": 1, "max_losses_in_row": 100,
        "max_daily_loss": 0.15}
STRATEGY = {"entry_strength": 0, "entry_confidence": 0, "bear_extra": 0, "exit_strength": 1, "cooldown_min": 0}


def bars(number, now):
    """A recording of one symbol, minute by minute: it has risen until now; from then on only sellers come, who meet
    the best bid where it is, or the price rises from trade to trade and a resting order must follow it."""
    chance, px, is_rising = random.Random(number), 100.0, number >= FLAT
    for open_s in range((now - HISTORY_S) // 3600 * 3600, now + FUTURE_S, 60):
        is_past = open_s + 60 <= now
        after = px * math.exp(chance.gauss(3e-5, 4e-4)) if is_past else px * 1.002 if is_rising else px
        beyond = 1.0002 if is_past else 1
        volume = DAY_VOLUME / 1440 / px
        bought = volume / 2 if is_past else 0
        yield (open_s * 1000, *(f"{of:.3f}" for of in (px, max(px, after) * beyond, min(px, after) / beyond, after)),
               f"{volume:.2f}", f"{volume * px:.2f}", 100, f"{bought:.2f}", f"{bought * px:.2f}")
        px = after


def record(folder, now):
    """Writes the recording; returns how the venue is told where in it the present is."""
    columns = "open_time_ms,open,high,low,close,volume,quote_volume,trades,taker_buy_base,taker_buy_quote"
    folder.mkdir()
    for number in range(FLAT + RISING):
        lines = [columns] + [",".join(map(str, row)) for row in bars(number, now)]
        (folder / f"S{number:02d}USDT-1m.csv").write_text("\n".join(lines) + "\n")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


class Session:
    """A live run on a venue of its own process, with that config."""

    def __init__(self, path, words, is_perpetual=False, **config):
        self.path, self.state, self.config = path, path / "state", path / "config.json"
        os.mkdir(self.state, 0o700)
        self.exchange = Exchange(path, *words, start=None)  # now: of a session the last day is looked at, by its own clock
        self.is_perpetual = is_perpetual
        self.sections = config

    def __enter__(self):
        self.exchange.__enter__()
        place = self.exchange.usdm_config if self.is_perpetual else self.exchange.config
        venue = {**place, **self.sections.pop("venue", {})}
        self.config.write_text(json.dumps({"venue": venue, **self.sections}))
        seal(self.config, self.state)
        self.program = Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--live",
                               "--headless")
        self.program.__enter__()
        return self

    def __exit__(self, *failure):
        self.program.__exit__(*failure)
        self.exchange.__exit__(*failure)

    def count(self, where):
        return rows(self.state, f"SELECT count(*) FROM orders WHERE {where}")[0][0]

    def fills(self, where):
        return rows(self.state, f"SELECT count(*) FROM fills WHERE {where}")[0][0]

    def compared(self):
        """What the session says of its venue, when it has ended."""
        assert self.program.stop() == 0, self.program.errors()
        assert self.exchange.program.stop() == 0, self.exchange.program.text()
        done = call("compare", str(self.state / "journal"), "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def near(what, found, told):
    print(f"# {what}: {found} of {told}")
    assert found is not None and abs(found / told - 1) <= WITHIN, (what, found, told)


def words_of(**told):
    """The venue's words for what it is told, and what the environment says instead."""
    for name, value in {**told, **{name: TOLD[name] for name in told if name in TOLD}}.items():
        yield from ("--latency", f"{name}={value}") if name in ("order", "cancel") else (f"--{name}", value)


def latencies_and_the_place_in_the_queue_are_recovered():
    """Icebergs of many parts rest at the best bid and follow it. The venue draws from its seed: what is drawn for all
    requests together is the same in each run, whatever their order, and of this seed the first 400 and more have mean
    and spread within 2 % of what they should; sigma is that of all of them. The times are long beside what a busy
    machine adds to each."""
    with Folder() as path:
        told = tuple(words_of(order="250ms:0.2", cancel="180ms:0.15", queue="0.6"))
        start = record(path / "klines", int(time.time()))
        words = ("--replay", str(path / "klines"), "--symbols", str(FLAT + RISING), "--start", start,
                 "--balance", "USDT=1000000", "--seed", "33", *told)
        with Session(path, words, venue={"history_1h_bars": 120},
                     scan={"top": 16, "max_correlation": 0.95, "min_quote_volume": 0, "max_spread_bps": 50,
                           "reference": "S00USDT", "history_days": 2},
                     strategy=STRATEGY, risk={**RISK, "max_position": 0.005},
                     execution={"entry": "iceberg", "display": 0.01, "duration_s": 3600, "chunk_impact_bps": 0,
                                "budget_bps": 1000, "reprice_bps": 0},
                     engine={"cycle_ms": 250, "max_positions": 50, "protective_stops": "engine"}) as session:
            until("orders that were filled at rest", lambda: session.count("state = 'filled'") >= 300, PATIENCE)
            until("orders that were taken back", lambda: session.count("state = 'cancelled'") >= 150, PATIENCE)
            document = session.compared()
        latency, queue = document["calibration"]["latency"], document["calibration"]["queue_ahead"]
        order, cancel = latency["order_behind"], latency["cancel_behind"]
        near("order, median", order["median_ms"]["value"], 250)
        near("cancel, median", cancel["median_ms"]["value"], 180)
        n = order["n"] + cancel["n"]
        near("sigma of both, over what it was told",
             math.sqrt((order["n"] * (order["sigma"]["value"] / 0.2) ** 2 +
                        cancel["n"] * (cancel["sigma"]["value"] / 0.15) ** 2) / n), 1)
        near("queue", queue["value"], 0.6)
        words = dict(zip(document["venue_words"][::2], document["venue_words"][1::2]))
        near("queue, in the venue's own words", float(words["--queue"]), 0.6)


def the_coefficient_of_impact_is_recovered():
    """Positions that are large for their market, bought and sold in parts, each at once."""
    with Folder() as path:
        words = ("--symbols", "30", "--seed", "1", "--balance", "USDT=20000000", *words_of(impact="8"))
        with Session(path, words,
                     scan={"top": 16, "max_correlation": 0.95, "min_quote_volume": 0, "max_spread_bps": 50},
                     strategy={**STRATEGY, "min_stop_bps": 500, "max_stop_bps": 600, "target_1_r": 5, "target_2_r": 6,
                               "target_3_r": 7, "time_stop_min": 1},
                     risk={**RISK, "max_position": 0.05, "max_order_notional": 1000000, "risk_per_trade": 0.02},
                     execution={"entry": "twap", "exit": "twap", "duration_s": 60, "slices": 12, "take_bps": 50,
                                "chunk_impact_bps": 0, "budget_bps": 1000},
                     engine={"max_positions": 50, "protective_stops": "engine"}) as session:
            until("orders that took", lambda: session.count("cum_qty > 0") >= 250, PATIENCE)
            found = session.compared()["calibration"]["impact"]
        near("impact", found["value"], 8)
        assert found["n"] >= 30 and 0 < found["standard_error"] < 0.02 * found["value"], found
        assert found["low"] < found["value"] < found["high"], found


def what_perpetuals_cost_and_how_long_they_take_is_recovered():
    """Icebergs rest and follow the best bid; what they bought is sold at its stops, within reach of the market. The
    times are long beside what a busy machine adds, and so near each other that few of them tell the median."""
    with Folder() as path:
        words = ("--symbols", "30", "--seed", "3", "--usdm-fees", "-0.5/4.5", "--usdm-wallet", "1000000",
                 "--start", START, *words_of(order="400ms:0.03", cancel="300ms:0.03"))
        with Session(path, words, is_perpetual=True,
                     scan={"top": 16, "max_correlation": 0.95, "min_quote_volume": 0, "max_spread_bps": 50},
                     strategy={**STRATEGY, **TIGHT}, risk={**RISK, "max_position": 0.005},
                     execution={"entry": "iceberg", "display": 0.05, "duration_s": 60, "chunk_impact_bps": 0,
                                "budget_bps": 1000, "reprice_bps": 0},
                     engine={"cycle_ms": 250, "max_positions": 50}) as session:
            until("makers", lambda: session.fills("is_maker = 1") >= 35, PATIENCE)
            until("a taker", lambda: session.fills("is_maker = 0") >= 1, PATIENCE)
            until("orders that were taken back", lambda: session.count("state = 'cancelled'") >= 40, PATIENCE)
            document = session.compared()
        latency, found = document["calibration"]["latency"], document["parameters"]
        near("order, median", latency["order_behind"]["median_ms"]["value"], 400)
        near("cancel, median", latency["cancel_behind"]["median_ms"]["value"], 300)
        near("makers are paid", document["calibration"]["maker_bps"]["value"], -0.5)
        near("takers pay", found["taker_bps"]["value"], 4.5)
        assert found["maker_bps"]["origin"] == "calibrated" and found["taker_bps"]["origin"] != "assumed", found
        assert document["totals"]["filled"]["both"] > 0, document["totals"]


if __name__ == "__main__":
    run([latencies_and_the_place_in_the_queue_are_recovered, the_coefficient_of_impact_is_recovered,
         what_perpetuals_cost_and_how_long_they_take_is_recovered])
