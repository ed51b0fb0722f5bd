# SPDX-License-Identifier: GPL-3.0-or-later
"""A venue that lives on while engines come and go: the simulated exchange in a process of its own, an account of it,
and live runs on that account."""
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request

from qt_program import Folder, Program, call, rows, seal, status, until

TIGHT = {"stop_atr": 0.1, "swing_bars": 2, "swing_atr": 0, "min_stop_bps": 15}  # within reach of a large sale


class Place:
    """A simulated exchange of its own process, an account of it, and runs on that account."""

    def __init__(self, strategy=None, faults=()):
        self.strategy, self.faults = strategy or {}, faults

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        self.state = self.path / "state"
        os.mkdir(self.state, 0o700)
        credentials = self.path / "credentials.json"
        faults = [word for fault in self.faults for word in ("--fault", fault)]
        self.venue = Program("venue", "serve", "--symbols", "12", "--credentials", str(credentials), *faults)
        self.venue.__enter__()
        found = until("the venue", self.addresses)
        account = json.loads(credentials.read_text())
        self.rest, self.key, self.secret = found["rest"], account["key"], account["secret"]
        self.config = self.path / "config.json"
        self.config.write_text(json.dumps({
            "venue": {"rest_url": found["rest"], "ws_url": found["stream"], "ws_api_url": found["api"],
                      "credentials_file": str(credentials)},
            "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
            "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0, **self.strategy},
            "engine": {"sync_s": 5, "stop_pace_s": 1, "stop_step_bps": 1}, "health": {"starts": 60}}))
        return self

    def __exit__(self, *failure):
        self.venue.__exit__(*failure)
        self.folder.__exit__(*failure)

    def addresses(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def run(self):
        seal(self.config, self.state)
        return Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--live", "--headless")

    def status(self):
        return status(self.state)

    def protected(self):
        """The positions, when there are any and a stop at the venue stands for each."""
        found = self.status()
        return found and found["positions"] and all(row["protected"] for row in found["positions"]) and \
            found["positions"]

    def say(self, *words):
        done = call("--data-dir", str(self.state), *words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def ask(self, path, method="GET", refused=(), **values):
        """A signed request, again until it is answered; refused: HTTP statuses that are an answer too."""
        def once():
            with urllib.request.urlopen(self.rest + "/api/v3/time") as answer:
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

    def resting(self):
        """Open orders at the venue, by symbol."""
        found = {}
        for row in self.ask("/api/v3/openOrders"):
            found.setdefault(row["symbol"], []).append(row)
        return found

    def held(self, symbol):
        asset = symbol.removesuffix("USDT")
        return next((float(row["free"]) + float(row["locked"]) for row in self.ask("/api/v3/account")["balances"]
                     if row["asset"] == asset), 0.0)

    def push(self, symbol):
        """A large purchase, sold again at once: the price falls through some levels of the book."""
        bought = self.ask("/api/v3/order", "POST", (400,), symbol=symbol, side="BUY", type="MARKET",
                          quoteOrderQty="30000")
        if not bought:
            return  # the book is empty for a moment
        decimals = len(bought["origQty"].rstrip("0").partition(".")[2])
        quantity = f"{float(bought['executedQty']) * 0.998:.{decimals}f}"
        self.ask("/api/v3/order", "POST", (400,), symbol=symbol, side="SELL", type="MARKET", quantity=quantity)

    def check_books(self):
        sums = rows(self.state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
        assert sums and all(amount == 0 for _, amount in sums), sums

    def verify(self):
        for session in call("replay", str(self.state / "journal"), "--list").stdout.splitlines():
            done = call("replay", str(self.state / "journal"), "--verify", "--json", "--workers", "3", "--session",
                        session.split()[0])
            assert done.returncode == 0, (session, done.stderr)
            assert json.loads(done.stdout)["first_difference"] is None, done.stdout
