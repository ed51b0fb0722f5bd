# SPDX-License-Identifier: GPL-3.0-or-later
"""One engine over two simulated exchanges: parts of orders at both, an account that is their sum, one of them dead."""
import json
import signal

from qt_program import Program, rows, run, until
from routed_place import Place


def orders_go_in_parts_to_both_and_a_restart_finds_them_at_both():
    with Place() as place:
        with place.run() as engine:
            until("parts at both", lambda: place.status() and min(place.parts()) > 1)
            until("holdings at both", lambda: place.bought(0) and place.bought(1))
            held = until("positions with their stops", place.protected)
            until("stops, each beside what it protects", place.stops_stand)
            engine.process.kill()
            engine.wait()
        with place.run() as engine:
            until("the positions again", lambda: place.status() and place.status()["positions"])
            place.say("pause", "--reason", "the account is compared")
            assert {row["symbol"] for row in held} & {row["symbol"] for row in place.status()["positions"]}
            place.say("liquidate", "--yes", "--reason", "the end")
            found = place.status()
            assert found["positions"] == [] and found["open_orders"] == [], found
            assert engine.stop() == 0
            place.check(engine)
        assert [place.bought(0), place.bought(1)] == [{}, {}], [place.bought(0), place.bought(1)]
        assert [place.venues[0].resting(), place.venues[1].resting()] == [{}, {}]


def one_venue_of_two_dead_keeps_the_other_from_nothing_and_nobody_says_flat():
    with Place() as place:
        with place.run() as engine:
            until("holdings at both", lambda: place.status() and place.bought(0) and place.bought(1))
            place.say("pause", "--reason", "no more entries")
            dead = place.venues[1].program
            dead.freeze()
            with Program("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "one is dead") as order:
                until("the living one is sold out", lambda: not place.bought(0) and not place.venues[0].resting())
                assert order.process.poll() is None, order.text() + order.errors()
                assert place.status()["mode"] == "EMERGENCY"
                dead.process.send_signal(signal.SIGCONT)
                assert order.wait() == 0 and "flat" in order.text(), order.errors()
            assert engine.stop() == 0
            place.check(engine)
        assert [place.bought(0), place.bought(1)] == [{}, {}], [place.bought(0), place.bought(1)]


def o10_ban_of_the_second_venue_outlives_the_engine_and_is_not_the_first_s():
    with Place(("storm=4s:60s",)) as place:
        with place.run() as engine:
            until("it runs, or met the ban too early for that", lambda: place.status() or engine.process.poll() is not None)
            until("it is kept", lambda: rows(place.state, "SELECT value FROM meta WHERE key = 'ban_2'"))
            engine.process.kill()
            engine.wait()
        assert rows(place.state, "SELECT value FROM meta WHERE key = 'ban'") == []
        with place.run() as engine:
            line = until("it knows of it", lambda: [line for line in engine.errors().splitlines()
                                                    if "venue.ban kept_until" in line])
            assert len(line) == 1 and "venue=venue_2" in line[0], line


def venue_without_credentials_is_named():
    with Place() as place:
        config = json.loads(place.config.read_text())
        del config["venue_2"]["credentials_file"]
        place.config.write_text(json.dumps(config))
        with place.run() as engine:
            assert engine.wait() == 3 and "venue_2: --live needs an account" in engine.errors(), engine.errors()


run([orders_go_in_parts_to_both_and_a_restart_finds_them_at_both,
     one_venue_of_two_dead_keeps_the_other_from_nothing_and_nobody_says_flat,
     o10_ban_of_the_second_venue_outlives_the_engine_and_is_not_the_first_s,
     venue_without_credentials_is_named])
