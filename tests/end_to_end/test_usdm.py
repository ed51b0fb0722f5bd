# SPDX-License-Identifier: GPL-3.0-or-later
"""USD-M perpetuals from the config to the ledger: the engine against the simulated exchange's futures API."""
import hashlib
import hmac
import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

from live_place import TIGHT
from qt_program import Folder, Program, call, rows, run, seal, status, until

UNIT = Decimal(10) ** -8
KILLS = int(os.environ.get("QT_KILLS", "4"))  # QT_KILLS=200 QT_SEED=2 CK_RUN_CASE=engines: the long loop


class Place:
    """A simulated exchange of its own process, its account of perpetuals, and runs on that account."""

    def __init__(self, strategy=None, faults=(), words=()):
        self.strategy = strategy or {}
        self.words_of_venue = [word for fault in faults for word in ("--fault", fault)] + list(words)

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        self.state = self.path / "state"
        os.mkdir(self.state, 0o700)
        credentials = self.path / "credentials.json"
        self.venue = Program("venue", "serve", "--symbols", "12", "--credentials", str(credentials),
                             *self.words_of_venue)
        self.venue.__enter__()
        found = until("the venue", self.addresses)
        account = json.loads(credentials.read_text())
        self.rest, self.key, self.secret = found["usdm_rest"], account["key"], account["secret"]
        self.config = self.path / "config.json"
        self.settings = {
            "venue": {"name": "binance-usdm", "rest_url": found["usdm_rest"], "ws_url": found["usdm_stream"],
                      "credentials_file": str(credentials)},
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0, **self.strategy},
            "engine": {"sync_s": 5}, "health": {"starts": 60}, "watch": {"silent_s": 3}}
        return self

    def __exit__(self, *failure):
        self.venue.__exit__(*failure)
        self.folder.__exit__(*failure)

    def addresses(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def words(self, *words):
        self.config.write_text(json.dumps(self.settings))
        if "--live" in words:
            seal(self.config, self.state)
        return ("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--headless", *words)

    def run(self, *words):
        return Program(*self.words(*words))

    def status(self):
        return status(self.state)

    def positions(self):
        found = self.status()
        return found and found["positions"]

    def protected(self):
        """The positions, when there are any and a stop at the venue stands for each."""
        found = self.positions()
        return found and all(row["protected"] for row in found) and found

    def resting(self):
        """Stops at the venue by symbol, of which there is one each, and nothing stands in the book."""
        stops = self.ask("/fapi/v1/openAlgoOrders")
        assert all(row["orderType"] == "STOP" and row["reduceOnly"] and row["side"] == "SELL" for row in stops), stops
        found = {row["symbol"]: row for row in stops}
        assert len(found) == len(stops), stops
        return found

    def is_bare(self):
        return self.ask("/fapi/v1/openOrders") == [] and self.ask("/fapi/v1/openAlgoOrders") == []

    def step(self, symbol):
        info = next(row for row in self.ask("/fapi/v1/exchangeInfo")["symbols"] if row["symbol"] == symbol)
        return Decimal(next(row for row in info["filters"] if row["filterType"] == "LOT_SIZE")["stepSize"])

    def push(self, symbol):
        """A large purchase, sold again at once: the price falls through many levels of the book, never through all."""
        step = self.step(symbol)
        book = self.ask("/fapi/v1/depth", symbol=symbol, limit=20)
        depth = min(sum(Decimal(row[1]) for row in book[side]) for side in ("bids", "asks"))
        price = float(self.ask("/fapi/v1/ticker/price", symbol=symbol)["price"])
        left = self.trade(symbol, "BUY", min(depth * Decimal("0.8"), Decimal(30000 / price)) // step * step)

        def sold():
            nonlocal left
            left -= self.trade(symbol, "SELL", left, reduceOnly="true") if left else 0
            return left == 0
        until("a hand's sale", sold)

    def trade(self, symbol, side, quantity, **more):
        """How much of it was filled; 0: it was refused."""
        order = self.ask("/fapi/v1/order", "POST", (400,), symbol=symbol, side=side, type="MARKET", quantity=quantity,
                         newOrderRespType="RESULT", **more)
        if not order:  # a book that is empty for now; the limit of requests is for the engine too
            time.sleep(0.5)
        return Decimal(order["executedQty"] if order else 0)

    def ask(self, path, method="GET", refused=(), **values):
        """A signed request, again until it is answered; refused: HTTP statuses that are an answer too."""
        def tried():
            try:
                with urllib.request.urlopen(self.rest + "/fapi/v1/time") as answer:
                    now = json.load(answer)["serverTime"]
                query = urllib.parse.urlencode({**values, "timestamp": now, "recvWindow": 60000})
                sign = hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
                request = urllib.request.Request(f"{self.rest}{path}?{query}&signature={sign}", method=method,
                                                 headers={"X-MBX-APIKEY": self.key})
                with urllib.request.urlopen(request) as answer:
                    return [json.load(answer)]
            except urllib.error.HTTPError as why:
                print(f"# {path}: {why.code} {why.read()[:200]}")
                return [None] if why.code in refused else None
        return until(path, tried)[0]

    def account(self):
        """Cash in terms of spot, and what is held, by symbol."""
        found = self.ask("/fapi/v2/account")
        cash = next(Decimal(row["walletBalance"]) for row in found["assets"] if row["asset"] == "USDT")
        held = {}
        for row in found["positions"]:
            cash -= Decimal(row["notional"]) - Decimal(row["unrealizedProfit"])
            if Decimal(row["positionAmt"]):
                held[row["symbol"]] = Decimal(row["positionAmt"])
        return cash, held

    def agrees(self):
        """Does the store say what the venue says, to the units that the venue's rounding leaves open?"""
        booked = rows(self.state, "SELECT asset, scale, sum(amount) FROM postings WHERE account = 'cash' "
                                  "GROUP BY asset, scale")
        cash, held = self.account()
        ours = {asset: Decimal(amount).scaleb(-scale) for asset, scale, amount in booked}
        fills = rows(self.state, "SELECT count(*) FROM orders WHERE cum_qty > 0")[0][0]
        is_same = "USDT" in ours and abs(ours.pop("USDT") - cash) <= UNIT * (fills + 12) and \
            {asset + "USDT": amount for asset, amount in ours.items() if amount} == held
        return is_same and [held]

    def check_ledger(self, has_hand):
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        assert has_hand or self.agrees() == [{}]
        assert has_hand or rows(self.state, "SELECT count(*) FROM postings WHERE account = 'adjust'") == [[0]]

    def end(self, engine, has_hand=False):
        """has_hand: somebody else traded on the account, and paid fees."""
        done = call("--data-dir", str(self.state), "liquidate", "--yes", "--reason", "the end")
        assert done.returncode == 0, done.stderr
        found = self.status()
        assert found["positions"] == [] and found["open_orders"] == [], found
        assert engine.stop() == 0
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        assert self.account()[1] == {} and self.is_bare(), self.account()
        self.check_ledger(has_hand)
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)
            assert json.loads(done.stdout)["first_difference"] is None, done.stdout


def longs_are_traded_at_leverage_one_and_the_ledger_is_the_venues():
    with Place() as place:
        before = place.ask("/fapi/v2/account")["positions"]
        assert all(row["leverage"] != "1" for row in before), before
        place.ask("/fapi/v1/marginType", "POST", symbol=before[0]["symbol"], marginType="ISOLATED")
        with place.run("--live") as engine:
            until("protected positions", place.protected)
            found = place.ask("/fapi/v2/account")["positions"]
            assert all(row["leverage"] == "1" and row["isolated"] is False for row in found), found
            assert "takes no stops" not in engine.errors(), engine.errors()
            assert all(row["positionSide"] == "BOTH" for row in place.ask("/fapi/v1/openOrders"))
            assert place.resting()
            assert call("--data-dir", str(place.state), "pause", "--reason", "a look").returncode == 0
            held = until("a ledger like the venue's account", place.agrees)[0]
            assert held and all(amount > 0 for amount in held.values()), held
            place.end(engine)


def rebates_and_fees_in_a_coin_leave_the_ledger_the_venues():
    with Place(words=("--usdm-fees", "-2/5,-3/4@20000", "--usdm-discount", "BNB=10", "--usdm-coins", "0.005")) as place:
        place.settings["execution"] = {"entry": "chase", "chunk_impact_bps": 0, "budget_bps": 200, "take_bps": 20}
        with place.run("--live") as engine:
            until("a rebate", lambda: rows(place.state, "SELECT 1 FROM fills WHERE fee < 0"))
            until("protected positions", place.protected)
            assert call("--data-dir", str(place.state), "pause", "--reason", "a look").returncode == 0
            until("a ledger like the venue's account", place.agrees)
            place.end(engine)
        paid = place.ask("/fapi/v1/income", incomeType="COMMISSION", limit=1000)
        assert any(Decimal(row["income"]) > 0 and row["asset"] == "USDT" for row in paid), paid
        taken = [row for row in paid if row["asset"] == "BNB"]
        left = place.ask("/fapi/v2/account")["assets"][1]
        assert left["asset"] == "BNB" and \
            Decimal(left["walletBalance"]) == Decimal("0.005") + sum(Decimal(row["income"]) for row in taken), left
        place.check_ledger(False)


def o12_dead_engine_leaves_its_stops_and_a_restart_goes_on():
    """Fault O12: kill -9 with positions; what stands at the venue is what the next run finds."""
    with Place() as place:
        with place.run("--live") as engine:
            until("protected positions", place.protected)
            engine.process.kill()
            engine.wait()
        stops = place.resting()
        held = place.account()[1]
        assert stops and set(stops) <= set(held), (stops, held)
        for symbol, order in stops.items():
            assert Decimal(order["quantity"]) <= held[symbol], (order, held)
        with place.run("--live") as engine:
            until("its positions", place.protected)
            place.end(engine)


def o12_dead_engine_leaves_a_stop_that_sells():
    """Fault O12: kill -9 with a position; the market moves through the stop; the venue sells it, and the next run books
    what nobody saw, by the order that the stop became."""
    with Place(TIGHT) as place:
        with place.run("--live") as engine:
            until("protected positions", place.protected)
            engine.process.kill()
            engine.wait()
        before = place.resting()
        assert before

        def sold():
            for name in before:
                place.push(name)
                stop = place.ask("/fapi/v1/algoOrder", clientAlgoId=before[name]["clientAlgoId"])
                if stop["algoStatus"] != "NEW":
                    return stop
            return None
        stop = until("the market at a stop", sold)
        symbol, became = stop["symbol"], stop["actualOrderId"]

        def is_over():
            time.sleep(0.2)
            return place.ask("/fapi/v1/order", symbol=symbol, orderId=became)["status"] == "FILLED"
        until("the whole sale", is_over)
        order = place.ask("/fapi/v1/order", symbol=symbol, orderId=became)
        assert order["orderId"] != stop["algoId"] and order["executedQty"] == stop["quantity"], (order, stop)
        trades = {row["id"] for row in place.ask("/fapi/v1/userTrades", symbol=symbol, orderId=became)}
        with place.run("--live") as engine:
            of = f"venue_id = {stop['algoId']} AND symbol = '{symbol}' AND purpose = 'venue_stop'"
            until("the fill that nobody saw", lambda: place.status() and rows(
                place.state, f"SELECT state, cum_qty = qty FROM orders WHERE {of}") == [["filled", 1]])
            booked = rows(place.state, f"SELECT trade_id FROM fills WHERE client_id = (SELECT client_id FROM orders "
                                       f"WHERE {of})")
            assert {row[0] for row in booked} == trades, (booked, trades)
            place.end(engine, has_hand=True)


def o4_engines_that_die_at_any_moment_leave_each_position_one_stop():
    """Fault O4, O12: kill -9 again and again, with stops that trail; never two stops for one position, never more to be
    sold than is held, and the last run finds every order."""
    dice = random.Random(os.environ.get("QT_SEED", "1"))
    with Place({**TIGHT, "target_1_r": 0.5, "trail_atr": 0.1}) as place:
        place.settings["engine"] |= {"stop_pace_s": 1, "stop_step_bps": 1}
        for i in range(KILLS):
            with place.run("--live") as engine:
                until("the engine", lambda: engine.process.poll() is not None or place.status())
                assert engine.process.poll() is None, engine.errors()
                if i == 0:
                    until("protected positions", place.protected)
                try:
                    engine.process.wait(timeout=dice.uniform(0, 1.5))
                    raise AssertionError(engine.errors())
                except subprocess.TimeoutExpired:  # it runs: now it dies
                    engine.process.kill()
                    engine.wait()
            stops, held = place.resting(), place.account()[1]
            assert all(Decimal(row["quantity"]) <= held.get(symbol, 0) for symbol, row in stops.items()), (stops, held)
        with place.run("--live") as engine:
            until("the engine", place.status)
            assert call("--data-dir", str(place.state), "pause", "--reason", "the end").returncode == 0
            until("every stop", lambda: all(row["protected"] for row in place.positions()))
            until("no order is unknown", lambda: not rows(
                place.state, "SELECT 1 FROM orders WHERE is_final = 0 AND state <> 'open'"))
            assert set(place.resting()) == {row["symbol"] for row in place.positions()}
            place.end(engine)


def o9_part_that_a_hand_sold_is_adopted():
    """Fault O9: a hand sells half of a position, whose stop the venue takes for all of it again and again."""
    with Place() as place, place.run("--live") as engine:
        until("protected positions", place.protected)
        assert call("--data-dir", str(place.state), "pause", "--reason", "nobody trades but the hand").returncode == 0
        row = until("protected positions", place.protected)[0]
        symbol, whole = row["symbol"], Decimal(row["quantity"])
        step = place.step(symbol)

        def sold():
            return place.trade(symbol, "SELL", whole / 2 // step * step, reduceOnly="true")
        done = until("a hand's sale", sold)
        line = until("what is told of it", lambda: rows(
            place.state, f"SELECT rule FROM differences WHERE what = 'position' AND symbol = '{symbol}'"))
        assert line == [["adopted"]], line
        until("the rest under its stop", lambda: any(
            row["symbol"] == symbol and Decimal(row["quantity"]) == whole - done and row["protected"]
            for row in place.positions()))

        def fits():
            time.sleep(1)  # a read of all stops weighs at the venue
            return Decimal(place.resting().get(symbol, {"quantity": 0})["quantity"]) == whole - done
        until("a stop for what is left", fits)
        place.end(engine, has_hand=True)


def o3_lost_answers_of_stops_leave_one_each():
    """Fault O3: the answers to most orders are lost; stops are asked for by our id, and none stands twice."""
    with Place(faults=["lost-ack=0.8"]) as place, place.run("--live") as engine:
        until("a stop whose answer was lost", lambda: place.status() and rows(
            place.state, "SELECT 1 FROM differences JOIN orders USING (client_id) WHERE purpose = 'venue_stop' AND "
                         "differences.ours LIKE 'unknown%' AND differences.venue LIKE 'open%'"))
        assert call("--data-dir", str(place.state), "pause", "--reason", "a look").returncode == 0
        until("protected positions", lambda: place.protected() or place.positions() == [])
        stops = place.resting()
        assert set(stops) <= set(place.account()[1]), stops
        place.end(engine)


def o12_watchman_closes_what_a_silent_engine_left():
    """Fault O12: kill -9 with positions, and nobody starts it again."""
    with Place() as place, place.run("--live") as engine:
        until("protected positions", place.protected)
        with Program("--config", str(place.config), "--data-dir", str(place.state), "watch") as watch:
            until("watching", lambda: "watching an engine" in watch.text())
            engine.process.kill()
            engine.wait()
            until("flat", lambda: place.account()[1] == {} and place.is_bare())
            assert watch.stop() == 0


def short_position_refuses_the_account_in_one_line():
    with Place() as place:
        place.ask("/fapi/v1/order", "POST", symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.01")
        done = call(*place.words("--live"))
        said = [line for line in done.stderr.splitlines() if line.startswith("qtrade:") and "warning" not in line]
        assert done.returncode == 3 and len(said) == 1 and "short position" in said[0], done.stderr


def paper_needs_no_key():
    with Place() as place:
        del place.settings["venue"]["credentials_file"]
        with place.run() as engine:
            until("positions", place.positions)
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True


def quote_asset_must_be_named():
    with Place() as place:
        place.settings["venue"]["quote_asset"] = ""
        done = call(*place.words())
        assert done.returncode == 3 and "quote_asset" in done.stderr, done.stderr


run([longs_are_traded_at_leverage_one_and_the_ledger_is_the_venues,
     rebates_and_fees_in_a_coin_leave_the_ledger_the_venues,
     o12_dead_engine_leaves_its_stops_and_a_restart_goes_on, o12_dead_engine_leaves_a_stop_that_sells,
     o4_engines_that_die_at_any_moment_leave_each_position_one_stop, o3_lost_answers_of_stops_leave_one_each,
     o9_part_that_a_hand_sold_is_adopted,
     o12_watchman_closes_what_a_silent_engine_left,
     short_position_refuses_the_account_in_one_line, paper_needs_no_key, quote_asset_must_be_named])
