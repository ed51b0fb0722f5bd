# SPDX-License-Identifier: GPL-3.0-or-later
"""USD-M perpetuals on the exchange inside the program: one key of the config, the same in all clocks."""
import json
from decimal import Decimal

from qt_program import Folder, Program, call, market, rows, run, status, until

EAGER = {"venue": {"name": "binance-usdm"},
         "scan": {"top": 10, "max_correlation": 0.99, "min_quote_volume": 0, "max_spread_bps": 50},
         "strategy": {"entry_strength": 0.02, "entry_confidence": 0.02, "bear_extra": 0, "exit_strength": 1,
                      "cooldown_min": 0},
         "engine": {"sync_s": 5}}


def verified(journal, *words):
    done = call("replay", str(journal), "--verify", "--json", *words)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["first_difference"] is None and document["decisions"] > 0
    return document


def records(journal, *words):
    done = call("replay", str(journal), "--dump", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def compared(journal, *words):
    done = call("compare", str(journal), "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def demo_of_perpetuals_pays_funding_and_replays():
    with Folder() as folder:
        config, journal = folder / "config.json", folder / "journal"
        config.write_text(json.dumps(EAGER))
        with Program("--config", str(config), "demo", "--headless", "--speed", "600", "--symbols", "12", "--journal",
                     str(journal), "--start", "2024-05-01T06:00:00Z") as demo:
            state = until("the folder's name", lambda: demo.errors().partition("state folder ")[2].split(" ")[0])
            until("funding", lambda: Decimal((status(state) or {"funding": "0"})["funding"]) != 0)
            assert demo.stop() == 0, demo.errors()
            document = demo.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        assert Decimal(document["funding"]) != 0
        assert len({verified(journal, "--workers", workers)["decision_hash"] for workers in ("1", "3")}) == 1
        paid = [row for row in records(journal) if row["record"] == "income"]
        assert paid and sum(Decimal(row["amount"]) for row in paid) == Decimal(document["funding"]), paid


def backtest_of_perpetuals_pays_funding_and_replays():
    data = market("klines/binance-usdm-2024q4-1h")
    with Folder() as folder:
        config, journal = folder / "config.json", folder / "journal"
        texts = []
        for name in ("binance-usdm", "binance"):
            config.write_text(json.dumps({"venue": {"name": name}}))
            words = ("--journal", str(journal), "--report", str(folder / "report")) if not texts else ()
            done = call("--config", str(config), "backtest", "--data", data, "--to", "2024-12-01T04:00:00Z", "--json", *words,
                        timeout=600)
            assert done.returncode == 0, done.stderr
            texts.append(done.stdout)
        document, spot = json.loads(texts[0]), json.loads(texts[1])
        assert document["conserved"] is True and document["trades"] > 0 and document["rejects"] == 0, document
        assert Decimal(document["funding"]) < 0 and Decimal(spot["funding"]) == 0
        # makers pay 2 and takers 5 basis points where spot pays 10
        assert Decimal(document["fees"]) < Decimal(spot["fees"]) * Decimal("0.6")
        assert "Funding of perpetuals" in (folder / "report/report.html").read_text()
        assert verified(journal, "--workers", "2")["decision_hash"] == document["decision_hash"]
        beside = compared(journal, "--signals")
        assert abs(beside["parameters"]["taker_bps"]["value"] - 5) < 1e-6 and beside["signals"]["both"] > 0, beside["parameters"]
        paid = [row for row in records(journal) if row["record"] == "income"]
        assert sum(Decimal(row["amount"]) for row in paid) == Decimal(document["funding"])
        for row in paid:  # each at the first turn after its hour
            assert row["asset"] == "USDT" and Decimal(row["amount"]) < 0, row


class Venue:
    """A simulated exchange that paper runs of perpetuals follow."""

    def __init__(self, folder, **strategy):
        self.folder, self.state, self.strategy = folder, folder / "state", strategy
        self.venue = Program("venue", "serve", "--symbols", "12", "--seed", "4")

    def __enter__(self):
        self.venue.__enter__()
        found = until("the venue", self.addresses)
        self.config = self.folder / "config.json"
        self.config.write_text(json.dumps({
            **EAGER, "strategy": {**EAGER["strategy"], **self.strategy}, "health": {"starts": 60},
            "venue": {**EAGER["venue"], "rest_url": found["usdm_rest"], "ws_url": found["usdm_stream"]}}))
        return self

    def __exit__(self, *failure):
        self.venue.__exit__(*failure)

    def addresses(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def run(self, *words):
        return Program("-v", "--config", str(self.config), "--data-dir", str(self.state), "run", "--headless", *words)

    def protected(self):
        """The positions in the store, when there are any and a stop rests for each."""
        found = (status(self.state) or {}).get("positions")
        return found and all(row["protected"] for row in found) and self.held()

    def held(self):
        return dict(rows(self.state, "SELECT symbol, qty FROM positions WHERE qty != 0"))


def check_comparison(journal, session):
    """Held beside an exchange of perpetuals that has the session's own account: what was within its margin is, and
    each side pays what it is told."""
    document = compared(journal, "--session", session, "--signals", "--fees", "1/4")
    assert document["signals"] is not None and document["totals"]["orders"] > 0, document["totals"]
    for row in document["orders"]:
        told = row["simulated"]
        assert told["code"] != -2019, row
        fee, price, filled = (float(told[name] or 0) for name in ("fee", "price", "filled"))
        assert abs(fee - price * filled * 4e-4) < 1e-6, row


def goes_on_after_a_kill(is_short, **strategy):
    with Folder() as folder, Venue(folder, **strategy) as place:
        place.state.mkdir(mode=0o700)
        with place.run() as program:
            until("positions with their stops", lambda: any((qty < 0) is is_short for qty in
                                                            (place.protected() or {}).values()))
            program.process.kill()
            program.wait()
        before = place.held()
        with place.run() as program:
            first = until("equity", lambda: (status(place.state) or {}).get("equity") and status(place.state)["time_ms"])
            found = until("reads", lambda: (status(place.state) or {"time_ms": 0})["time_ms"] > first + 12_000
                          and status(place.state))
            assert found["mode"] == "NORMAL", (found["mode"], found["mode_reason"])
            assert abs(Decimal(found["equity"]) - 100000) < 2000, found["equity"]
            assert {row["symbol"] for row in found["positions"]} & set(before)
            done = call("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "the end")
            assert done.returncode == 0, done.stderr
            assert status(place.state)["positions"] == []
            assert program.stop() == 0
            assert program.document()["conserved"] is True
        assert before and not place.held()
        seen = rows(place.state, "SELECT action, detail FROM audit WHERE action IN ('adopt', 'adjust', 'incident')")
        assert seen == [], seen
        journal = place.state / "journal"
        sessions = [row.split()[0] for row in call("replay", str(journal), "--list").stdout.splitlines()]
        for session in sessions:
            verified(journal, "--session", session)
            check_comparison(journal, session)


def paper_account_of_perpetuals_goes_on_after_a_kill():
    goes_on_after_a_kill(False)


def paper_account_with_shorts_goes_on_after_a_kill():
    goes_on_after_a_kill(True, allow_short=True)


def shorts_are_for_perpetuals_inside_the_program():
    data = market("klines/binance-usdm-2024q4-1h")
    with Folder() as folder:
        config = folder / "config.json"
        config.write_text(json.dumps({"venue": {"name": "binance-usdm"}, "strategy": {"allow_short": True}}))
        for words in (("demo", "--headless", "--for", "1s"), ("run", "--live", "--headless")):
            done = call("--config", str(config), "--data-dir", str(folder / "state"), *words)
            assert done.returncode == 3 and "strategy.allow_short" in done.stderr, done.stderr
        done = call("--config", str(config), "backtest", "--data", data, "--to", "2024-12-24", "--json", "--report",
                    str(folder / "report"), timeout=600)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["conserved"] is True and document["rejects"] == 0, document
        orders = [line.split(",") for line in (folder / "report/orders.csv").read_text().splitlines()]
        side, purpose, state = (orders[0].index(name) for name in ("side", "purpose", "state"))
        assert any(row[side] == "sell" and row[purpose] == "entry" and row[state] == "filled" for row in orders)
        config.write_text(json.dumps({"strategy": {"allow_short": True}}))
        done = call("--config", str(config), "backtest", "--data", data)
        assert done.returncode == 3 and "strategy.allow_short" in done.stderr, done.stderr


run([demo_of_perpetuals_pays_funding_and_replays, backtest_of_perpetuals_pays_funding_and_replays,
     paper_account_of_perpetuals_goes_on_after_a_kill, paper_account_with_shorts_goes_on_after_a_kill,
     shorts_are_for_perpetuals_inside_the_program])
