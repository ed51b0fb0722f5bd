# SPDX-License-Identifier: GPL-3.0-or-later
"""USD-M perpetuals on the exchange inside the program: one key of the config, the same in all clocks."""
import json
from decimal import Decimal

from qt_program import Folder, Program, call, run, status, until

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


run([demo_of_perpetuals_pays_funding_and_replays])
