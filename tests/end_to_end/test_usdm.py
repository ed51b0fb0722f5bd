# SPDX-License-Identifier: GPL-3.0-or-later
"""USD-M perpetuals from the config to the ledger: the engine against the simulated exchange's futures API."""
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from decimal import Decimal

from qt_program import Folder, Program, call, rows, run, seal, status, until

UNIT = Decimal(10) ** -8


class Place:
    """A simulated exchange of its own process, its account of perpetuals, and runs on that account."""

    def __init__(self, *words):
        self.words_of_venue = words

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
                         "cooldown_min": 0},
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

    def ask(self, path, method="GET", **values):
        """A signed request, again until it is answered."""
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
                return None
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

    def check_ledger(self):
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums
        assert self.agrees() == [{}]
        assert rows(self.state, "SELECT count(*) FROM postings WHERE account = 'adjust'") == [[0]]

    def end(self, engine):
        done = call("--data-dir", str(self.state), "liquidate", "--yes", "--reason", "the end")
        assert done.returncode == 0, done.stderr
        found = self.status()
        assert found["positions"] == [] and found["open_orders"] == [], found
        assert engine.stop() == 0
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        assert self.account()[1] == {} and self.ask("/fapi/v1/openOrders") == []
        self.check_ledger()
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
            for order in place.ask("/fapi/v1/openOrders"):
                assert (order["type"] != "STOP" or order["reduceOnly"]) and order["positionSide"] == "BOTH", order
            assert call("--data-dir", str(place.state), "pause", "--reason", "a look").returncode == 0
            held = until("a ledger like the venue's account", place.agrees)[0]
            assert held and all(amount > 0 for amount in held.values()), held
            place.end(engine)


def rebates_and_fees_in_a_coin_leave_the_ledger_the_venues():
    with Place("--usdm-fees", "-2/5,-3/4@20000", "--usdm-discount", "BNB=10", "--usdm-coins", "0.005") as place:
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
        place.check_ledger()


def o12_dead_engine_leaves_its_stops_and_a_restart_goes_on():
    """Fault O12: kill -9 with positions; what stands at the venue is what the next run finds."""
    with Place() as place:
        with place.run("--live") as engine:
            until("protected positions", place.protected)
            engine.process.kill()
            engine.wait()
        stops = {row["symbol"]: row for row in place.ask("/fapi/v1/openOrders") if row["type"] == "STOP"}
        held = place.account()[1]
        assert stops and set(stops) <= set(held), (stops, held)
        for symbol, order in stops.items():
            assert order["reduceOnly"] and order["side"] == "SELL", order
            assert Decimal(order["origQty"]) - Decimal(order["executedQty"]) <= held[symbol], (order, held)
        with place.run("--live") as engine:
            until("its positions", place.protected)
            place.end(engine)


def o12_watchman_closes_what_a_silent_engine_left():
    """Fault O12: kill -9 with positions, and nobody starts it again."""
    with Place() as place, place.run("--live") as engine:
        until("protected positions", place.protected)
        with Program("--config", str(place.config), "--data-dir", str(place.state), "watch") as watch:
            until("watching", lambda: "watching an engine" in watch.text())
            engine.process.kill()
            engine.wait()
            until("flat", lambda: place.account()[1] == {} and place.ask("/fapi/v1/openOrders") == [])
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
     o12_dead_engine_leaves_its_stops_and_a_restart_goes_on, o12_watchman_closes_what_a_silent_engine_left,
     short_position_refuses_the_account_in_one_line, paper_needs_no_key, quote_asset_must_be_named])
