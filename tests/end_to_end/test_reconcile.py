# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of difference between an engine and its venue, made by hand at a real `venue serve`: each is repaired by
its rule, and `qtrade reconcile` explains it by the right line."""
import itertools
import json
import re
from decimal import Decimal

from live_place import TIGHT, Place
from qt_program import call, run, until


class Account(Place):
    """What somebody else does on the engine's account."""

    def lines(self, **wanted):
        found = json.loads(self.say("reconcile", "--json", "--last", "1000"))["differences"]
        return [line for line in found if all(line[name] == value for name, value in wanted.items())]

    def line(self, **wanted):
        return until(str(wanted), lambda: self.lines(**wanted))[0]

    def quiet(self):
        """Running, paused, with every position under its stop at the venue."""
        until("positions", lambda: self.protected() and len(self.protected()) > 1)
        self.say("pause", "--reason", "somebody else trades")
        return until("every stop", self.protected)

    def rules(self):
        """Of each symbol: tick, lot and a price near the market."""
        found = {}
        for row in self.ask("/api/v3/exchangeInfo")["symbols"]:
            filters = {each["filterType"]: each for each in row["filters"]}
            found[row["symbol"]] = (filters["PRICE_FILTER"]["tickSize"], filters["LOT_SIZE"]["stepSize"])
        return found

    def sell(self, symbol, quantity, refused=()):
        """In whole lots."""
        lot = Decimal(self.rules()[symbol][1]).normalize()
        return self.ask("/api/v3/order", "POST", refused, symbol=symbol, side="SELL", type="MARKET",
                        quantity=f"{Decimal(quantity) // lot * lot:f}")

    def place_far_below(self, symbol, client_id):
        """A purchase that rests: half the market's price, about 50 of the quote asset."""
        best = self.ask("/api/v3/ticker/bookTicker", symbol=symbol)
        tick, lot = (Decimal(step).normalize() for step in self.rules()[symbol])
        price = Decimal(best["bidPrice"]) / 2 // tick * tick
        quantity = (50 / price // lot + 1) * lot
        return self.ask("/api/v3/order", "POST", symbol=symbol, side="BUY", type="LIMIT", timeInForce="GTC",
                        quantity=f"{quantity:f}", price=f"{price:f}", newClientOrderId=client_id)


def running_engine_explains_what_somebody_else_does():
    with Account(TIGHT) as place, place.run() as engine:
        held = place.quiet()
        resting = place.resting()
        assert place.lines(what="order", rule="closed") == []

        # an order that is not ours
        symbol = held[0]["symbol"]
        foreign = place.place_far_below(symbol, "somebody-else")
        line = place.line(what="foreign order", symbol=symbol)
        assert (line["rule"], line["ours"], line["venue_id"]) == ("left", "none", str(foreign["orderId"])), line
        assert "open" in line["venue"], line
        place.ask("/api/v3/order", symbol=symbol, orderId=foreign["orderId"])  # it still stands

        # an order by an id of ours that the books do not know
        ours = next(orders for orders in resting.values())[0]["clientOrderId"]
        digits = re.search(r"[0-9a-f]+$", ours).group()
        unknown = ours[:-len(digits)] + f"{int(digits, 16) ^ 0x5500:0{len(digits)}x}"
        stray = place.place_far_below(symbol, unknown)
        line = place.line(what="order", ours="none")
        assert (line["rule"], line["venue_id"], line["symbol"]) == ("closed", str(stray["orderId"]), symbol), line
        until("its cancel", lambda: place.ask("/api/v3/order", symbol=symbol, orderId=stray["orderId"])["status"] ==
              "CANCELED")

        # money that goes: bought elsewhere by hand, and what was bought
        other = next(name for name in place.rules() if name not in {row["symbol"] for row in held})
        bought = place.ask("/api/v3/order", "POST", symbol=other, side="BUY", type="MARKET", quoteOrderQty="500")
        line = place.line(what="balance", asset="USDT")
        assert line["rule"] == "corrected" and line["why"].startswith("withdrawal, fee or purchase"), line
        lost = float(line["ours"]) - float(line["venue"])
        assert abs(lost - float(bought["cummulativeQuoteQty"])) < 0.01, (line, bought)
        line = place.line(what="balance", symbol=other)
        assert line["rule"] == "left" and line["asset"] == other.removesuffix("USDT"), line
        assert float(line["venue"]) > float(line["ours"]), line

        # money that comes: what was bought is sold again
        place.sell(other, Decimal(bought["executedQty"]) * Decimal("0.998"))
        line = until("the deposit", lambda: [row for row in place.lines(what="balance", asset="USDT")
                                             if "deposit" in row["why"]])[0]
        assert line["rule"] == "corrected" and float(line["venue"]) > float(line["ours"]), line

        # a position that somebody else sold, its stop cancelled first
        funded = next(iter(place.rules()))  # of the first symbol's asset the account had some before
        position = next(row for row in held if row["symbol"] != funded)
        victim = position["symbol"]
        def sold():
            """The engine puts its stop back within a moment: who sells must be quicker than that."""
            for order in place.resting().get(victim, []):
                if order["side"] == "SELL":
                    place.ask("/api/v3/order", "DELETE", (400,), symbol=victim, orderId=order["orderId"])
            return place.sell(victim, position["quantity"], (400,))
        until("the sale", sold)
        line = place.line(what="position", symbol=victim)
        assert line["rule"] == "adopted" and float(line["ours"]) > float(line["venue"]), line
        until("the position gone", lambda: victim not in [row["symbol"] for row in place.status()["positions"]])
        assert place.status()["mode"] == "PAUSED"
        table = place.say("reconcile", "--symbol", victim)
        assert re.search(rf"{victim} +position +ours .*: adopted \(sold outside", table), table
        place.say("liquidate", "--yes", "--reason", "the end")
        assert engine.stop() == 0
        document = engine.document()
        assert document["conserved"] is True and document["incidents"] == 0, document
        place_ended(place)


def place_ended(place):
    place.check_books()
    place.verify()


def start_explains_what_happened_while_nobody_looked():
    with Account(TIGHT) as place:
        with place.run() as engine:
            until("positions", lambda: place.protected() and len(place.protected()) > 2)
            engine.process.kill()
            engine.wait()
        stops = {name: next(order for order in orders if order["side"] == "SELL")
                 for name, orders in place.resting().items()}

        def filled():
            """The market falls through one of the stops; of others a part may fill."""
            for name in stops:
                place.push(name, 60000)
                if name not in place.resting(symbol=name):
                    return name
            return None
        done = until("a stop that fills", filled)
        order = place.ask("/api/v3/order", symbol=done, orderId=stops[done]["orderId"])
        assert order["status"] == "FILLED", order
        resting = place.resting()
        gone = min(resting, key=lambda name: float(resting[name][0]["executedQty"]))
        others = [name for name in resting if name != gone]
        place.ask("/api/v3/order", "DELETE", symbol=gone, orderId=stops[gone]["orderId"])
        with place.run() as engine:
            # gone there
            line = place.line(what="order", venue_id=str(stops[gone]["orderId"]), symbol=gone)
            assert line["rule"] == "closed" and line["ours"].startswith("unknown") and \
                line["venue"].startswith("cancelled"), line
            # filled meanwhile, and the fill that nobody told
            wanted, whole = {"what": "fill", "venue_id": str(stops[done]["orderId"]), "symbol": done}, stops[done]["origQty"]
            until("all of it", lambda: float(whole) in [float(row["venue"]) for row in place.lines(**wanted)])
            fills = place.lines(**wanted)  # one a trade
            assert {row["rule"] for row in fills} == {"corrected"} and 0 in [float(row["ours"]) for row in fills], fills
            line = place.line(what="order", venue_id=str(stops[done]["orderId"]), symbol=done)
            assert line["rule"] == "corrected" and line["venue"].startswith("filled"), line
            # and those that stand
            still = [name for name in others if name in place.resting()]
            for name in still:
                lines = until(name, lambda name=name: place.lines(what="order", symbol=name))
                assert {row["rule"] for row in lines} <= {"adopted", "corrected", "closed"}, lines
            place.say("liquidate", "--yes", "--reason", "the end")
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True
        place_ended(place)


def fill_that_the_stream_keeps_to_itself_is_explained():
    """Fault F9 at the whole program: no event of the account comes at all."""
    with Account(TIGHT, ("drop-user=1",)) as place:
        before, lots = place.assets(), place.rules()
        with place.run() as engine:
            fill_is_explained(place, engine, before, lots)
        place_ended(place)


def fill_is_explained(place, engine, before, lots):
    """A stop fills unheard; what the hand that made it fill has left is there when the liquidation begins."""
    until("protected positions", place.protected)
    place.say("pause", "--reason", "nobody trades but the stops")
    held = until("every stop", place.protected)
    turn = itertools.cycle(row["symbol"] for row in held)

    def filled():
        """A large sale by hand takes the price through a stop."""
        symbol = next(turn)
        stops = [order for order in place.resting(symbol=symbol).get(symbol, []) if order["side"] == "SELL"]
        place.push(symbol)
        return [order for order in stops if place.ask(
            "/api/v3/order", symbol=symbol, orderId=order["orderId"])["status"] == "FILLED"]
    stop = until("a stop that fills", filled)[0]
    line = place.line(what="fill", venue_id=str(stop["orderId"]), symbol=stop["symbol"])
    assert line["rule"] == "corrected" and line["client_id"], line
    place.push(stop["symbol"])
    # what those sales left on the account was never ours: flat is without it, known before or not
    place.say("liquidate", "--yes", "--reason", "the end")
    assert place.status()["liquidation"].startswith("flat, read twice at the venue")  # and what dust is left
    for symbol in {row["symbol"] for row in held}:
        lines = place.lines(what="balance", symbol=symbol, rule="left")
        told = sum(float(line["venue"]) - float(line["ours"]) for line in lines)
        left = place.held(symbol) - before.get(symbol.removesuffix("USDT"), 0)
        assert abs(told - left) <= 9 * float(lots[symbol][1]), (symbol, told, left)  # less than a lot is not told
    assert engine.stop() == 0
    assert engine.document()["conserved"] is True


def nothing_to_explain_is_said_and_bad_words_are_refused():
    with Account() as place, place.run() as engine:
        until("the engine", place.status)
        assert engine.stop() == 0
        assert place.lines(rule="paused") == []
        assert call("--data-dir", str(place.state), "reconcile", "--last", "0").returncode == 2
        assert call("--data-dir", str(place.state), "reconcile", "--from", "never").returncode == 2
        assert place.say("reconcile", "--symbol", "NOBODY") == "nothing differed from the venue\n"
        assert call("--data-dir", str(place.path / "none"), "reconcile").returncode not in (0, 2)


run([running_engine_explains_what_somebody_else_does, start_explains_what_happened_while_nobody_looked,
     fill_that_the_stream_keeps_to_itself_is_explained, nothing_to_explain_is_said_and_bad_words_are_refused])
