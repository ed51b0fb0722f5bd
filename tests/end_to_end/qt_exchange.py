# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated exchange of its own process, and an account at it: what it has is asked of it, not of an engine."""
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request

from qt_program import START, Program, until


class Account:
    """An account at a venue: rest, key and secret are its."""
    clock = "/api/v3/time"

    def ask(self, path, method="GET", refused=(), **values):
        """A signed request, again until it is answered; refused: HTTP statuses that are an answer too."""
        def once():
            with urllib.request.urlopen(self.rest + self.clock) as answer:
                now = json.load(answer)["serverTime"]
            query = urllib.parse.urlencode({**values, "timestamp": now, "recvWindow": 60000})
            sign = hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
            request = urllib.request.Request(f"{self.rest}{path}?{query}&signature={sign}", method=method,
                                             headers={"X-MBX-APIKEY": self.key})
            with urllib.request.urlopen(request) as answer:
                return [json.load(answer)]

        def tried():
            try:
                return once()
            except urllib.error.HTTPError as why:
                if why.code in refused:
                    return [None]
                if why.code in (418, 429):  # who goes on asking is banned
                    time.sleep(float(why.headers.get("Retry-After", 1)))
                return None
        return until(path, tried)[0]

    def answers(self):
        try:
            with urllib.request.urlopen(self.rest + "/api/v3/time") as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False

    def resting(self, **of):
        """Open orders at the venue, by symbol; symbol: of that one, which weighs less."""
        found = {}
        for row in self.ask("/api/v3/openOrders", **of):
            found.setdefault(row["symbol"], []).append(row)
        return found

    def held(self, symbol):
        asset = symbol.removesuffix("USDT")
        return next((float(row["free"]) + float(row["locked"]) for row in self.ask("/api/v3/account")["balances"]
                     if row["asset"] == asset), 0.0)

    def assets(self):
        """Amounts of the account by asset."""
        return {row["asset"]: float(row["free"]) + float(row["locked"]) for row in self.ask("/api/v3/account")["balances"]}

    def has_no_more_than(self, before, dust=5):
        """No coin above what was before but what is too little to sell; dust: in money."""
        time.sleep(1)  # a read of an account weighs at the venue
        more = {name: amount - before.get(name, 0) for name, amount in self.assets().items() if name != "USDT"}
        return all(amount <= 0 or amount * self.price(name) <= dust for name, amount in more.items())

    def price(self, asset):
        with urllib.request.urlopen(f"{self.rest}/api/v3/ticker/price?symbol={asset}USDT") as answer:
            return float(json.load(answer)["price"])

    def push(self, symbol, money=30000):
        """A large purchase, sold again at once: the price falls through some levels of the book."""
        bought = self.ask("/api/v3/order", "POST", (400,), symbol=symbol, side="BUY", type="MARKET",
                          quoteOrderQty=str(money))
        if not bought:
            return  # the book is empty for a moment
        decimals = len(bought["origQty"].rstrip("0").partition(".")[2])
        quantity = f"{float(bought['executedQty']) * 0.998:.{decimals}f}"
        self.ask("/api/v3/order", "POST", (400,), symbol=symbol, side="SELL", type="MARKET", quantity=quantity)


class Exchange(Account):
    """venue serve in folder, with an account; words: more of its options; start: as Program takes it."""

    def __init__(self, folder, *words, start=START):
        self.credentials = folder / "credentials.json"
        self.program = Program("venue", "serve", "--symbols", "12", "--credentials", str(self.credentials), *words,
                               start=start)

    def __enter__(self):
        self.program.__enter__()
        found = until("the venue", self.addresses)
        account = json.loads(self.credentials.read_text())
        self.rest, self.key, self.secret = found["rest"], account["key"], account["secret"]
        self.config = {"rest_url": found["rest"], "ws_url": found["stream"], "ws_api_url": found["api"],
                       "credentials_file": str(self.credentials)}
        self.usdm_config = {"name": "binance-usdm", "rest_url": found.get("usdm_rest"), "ws_url": found.get("usdm_stream"),
                            "credentials_file": str(self.credentials)}
        return self

    def __exit__(self, *failure):
        self.program.__exit__(*failure)

    def addresses(self):
        lines = self.program.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None
