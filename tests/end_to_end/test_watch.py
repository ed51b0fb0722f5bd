# SPDX-License-Identifier: GPL-3.0-or-later
"""What others do on the engine's account: the watchman, when the engine is silent by SIGSTOP or kill -9, and a hand.

A watchman that acts leaves an account that the engine does not expect, as a sale by hand does: what the venue holds is
believed, said, audited, and trading pauses (fault O9).
"""
import decimal
import hashlib
import hmac
import json
import os
import pathlib
import signal
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(os.environ["QT_SOURCE"]) / "tests/end_to_end"))
from qt_program import Folder, Program, call, rows, run, seal, status, until  # noqa: E402

SYMBOLS = 20


class Market:
    """The exchange, an engine of ours on it that holds a position, and what a client of the account sees."""

    def __init__(self, folder):
        self.state = folder / "state"
        os.mkdir(self.state, 0o700)
        self.credentials = folder / "credentials.json"
        self.venue = Program("venue", "serve", "--symbols", str(SYMBOLS), "--credentials", str(self.credentials))
        self.urls = until("ready", self.addresses)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({
            "venue": {"rest_url": self.urls["rest"], "ws_url": self.urls["stream"], "ws_api_url": self.urls["api"],
                      "credentials_file": str(self.credentials)},
            "scan": {"top": 10, "max_correlation": 0.99},
            "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "watch": {"silent_s": 3},
            "engine": {"sync_s": 5}}))

    def addresses(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def move_key_into_vault(self):
        pair = json.loads(self.credentials.read_text())
        done = call("--data-dir", str(self.state), "keys", "add", "main", "--fd", "0",
                    input=f"{pair['key']}\n{pair['secret']}\n")
        assert done.returncode == 0, done.stderr
        document = json.loads(self.config.read_text())
        del document["venue"]["credentials_file"]
        self.config.write_text(json.dumps(document))

    def start(self, *words):
        return Program("--config", str(self.config), "--data-dir", str(self.state), *words)

    def engine(self):
        seal(self.config, self.state)
        return self.start("run", "--live", "--headless")

    def watch(self):
        watch = self.start("watch")
        until("watching", lambda: "watching an engine" in watch.text())
        return watch

    def now(self):
        with urllib.request.urlopen(self.urls["rest"] + "/api/v3/time", timeout=30) as answer:
            return json.load(answer)["serverTime"]

    def in_lots(self, symbol, quantity):
        with urllib.request.urlopen(f"{self.urls['rest']}/api/v3/exchangeInfo?symbol={symbol}", timeout=30) as answer:
            filters = json.load(answer)["symbols"][0]["filters"]
        lot = decimal.Decimal(next(row["stepSize"] for row in filters if row["filterType"] == "LOT_SIZE"))
        return decimal.Decimal(quantity) // lot * lot

    def ask(self, path, method="GET", **words):
        keys = json.loads(self.credentials.read_text())
        query = "&".join(f"{name}={value}" for name, value in words.items())
        query += f"{'&' if query else ''}timestamp={self.now()}&recvWindow=60000"
        sign = hmac.new(keys["secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(f"{self.urls['rest']}{path}?{query}&signature={sign}",
                                         headers={"X-MBX-APIKEY": keys["key"]}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def holdings(self):
        return {row["asset"]: float(row["free"]) + float(row["locked"])
                for row in self.ask("/api/v3/account")["balances"] if row["asset"] != "USDT"}

    def is_as_before(self, before):
        """Nothing of ours is held above dust, and no order rests."""
        now = self.holdings()
        with urllib.request.urlopen(self.urls["rest"] + "/api/v3/ticker/price", timeout=30) as answer:
            prices = {row["symbol"]: float(row["price"]) for row in json.load(answer)}
        left = [asset for asset, held in now.items()
                if (held - before.get(asset, 0)) * prices.get(asset + "USDT", 0) > 20]
        return not left and not self.ask("/api/v3/openOrders")


def positions(state):
    return {row["symbol"]: row["quantity"] for row in (status(state) or {"positions": []})["positions"]}


def in_position(market):
    """Waits until the engine holds something, and trades no more of its own."""
    until("a position", lambda: positions(market.state), 150)


def stopped_engine_is_flattened_and_takes_over_again():
    with Folder() as folder:
        market = Market(folder)
        before = market.holdings()
        with market.venue, market.engine() as engine, market.watch() as watch:
            in_position(market)
            engine.process.send_signal(signal.SIGSTOP)
            until("acting", lambda: "acting" in watch.text())
            until("flat", lambda: "flat: 0 orders and 0 holdings left" in watch.text())
            assert market.is_as_before(before), (before, market.holdings())
            engine.process.send_signal(signal.SIGCONT)
            until("handed back", lambda: "handed back, and paused it" in watch.text())
            until("paused", lambda: (status(market.state) or {}).get("mode") == "PAUSED")
            assert "pause: the watchman acted" in call("--data-dir", str(market.state), "audit", "show").stdout
            until("the venue is believed", lambda: positions(market.state) == {})
            assert watch.stop() == 0
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True, engine.document()


def killed_engine_is_flattened_and_a_new_one_believes_the_venue():
    with Folder() as folder:
        market = Market(folder)
        before = market.holdings()
        market.move_key_into_vault()
        with market.venue:
            with market.engine() as engine, market.watch() as watch:
                in_position(market)
                engine.process.kill()
                engine.wait()
                until("flat", lambda: "flat: 0 orders and 0 holdings left" in watch.text())
                assert market.is_as_before(before), (before, market.holdings())
                with market.engine() as engine:
                    until("handed back", lambda: "handed back, and paused it" in watch.text())
                    until("the venue is believed", lambda: status(market.state) and positions(market.state) == {})
                    assert engine.stop() == 0
                    assert engine.document()["conserved"] is True, engine.document()


def engine_that_ends_in_order_is_left_alone():
    with Folder() as folder:
        market = Market(folder)
        with market.venue, market.engine() as engine, market.watch() as watch:
            in_position(market)
            held = market.holdings()
            assert engine.stop() == 0
            until("waiting", lambda: watch.text().rstrip().endswith("waiting"))
            time.sleep(4)  # longer than the silence that it would act on
            assert "acting" not in watch.text(), watch.text()
            assert market.holdings() == held


def sold_by_hand(market, symbol, held):
    """The stop that locks the balance goes first; the engine puts it back when the hand is slow."""
    try:
        market.ask("/api/v3/openOrders", "DELETE", symbol=symbol)
        market.ask("/api/v3/order", "POST", symbol=symbol, side="SELL", type="MARKET",
                   quantity=market.in_lots(symbol, held))
    except urllib.error.HTTPError as why:
        print(f"# {why.code} {why.read()[:200]}")
        return False
    return True


def O9_sale_by_hand_is_believed_said_and_pauses():
    with Folder() as folder:
        market = Market(folder)
        with market.venue, market.engine() as engine:
            in_position(market)
            assert call("--data-dir", str(market.state), "pause", "--reason", "quiet").returncode == 0
            until("orders settled", lambda: all(row["purpose"] == "venue_stop" and row["state"] == "open"
                                                for row in status(market.state)["open_orders"]))
            symbol, held = next(iter(positions(market.state).items()))
            assert call("--data-dir", str(market.state), "resume", "--yes", "--reason", "go on").returncode == 0
            until("sold by hand", lambda: sold_by_hand(market, symbol, held))
            until("believed", lambda: symbol not in positions(market.state))
            until("paused", lambda: status(market.state)["mode"] == "PAUSED")
            assert engine.stop() == 0
            document = engine.document()
            assert document["conserved"] is True and document["incidents"] == 0, document
        told = rows(market.state, "SELECT detail FROM audit WHERE action = 'adopt'")
        assert [text for text, in told if text.startswith(f"{symbol}: position was")], told
        done = call("--config", str(market.config), "--data-dir", str(market.state), "replay", "--verify",
                    str(market.state / "journal"))
        assert done.returncode == 0, done.stderr


def engine_on_paper_is_nothing_to_watch():
    with Folder() as folder:
        market = Market(folder)
        with market.venue, market.start("run", "--headless"):
            until("paper", lambda: status(market.state))
            done = call("--config", str(market.config), "--data-dir", str(market.state), "watch")
            assert done.returncode == 1 and "nothing to watch" in done.stderr, done


run([O9_sale_by_hand_is_believed_said_and_pauses, stopped_engine_is_flattened_and_takes_over_again,
     killed_engine_is_flattened_and_a_new_one_believes_the_venue, engine_that_ends_in_order_is_left_alone,
     engine_on_paper_is_nothing_to_watch])
