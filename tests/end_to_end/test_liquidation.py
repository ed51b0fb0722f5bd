# SPDX-License-Identifier: GPL-3.0-or-later
"""Liquidations that are cut off (fault O13): the engine dies between any two instructions of one, again and again; each
next engine goes on where the last one was, and the end is flat at the venue. QT_CRASH_LIBRARY is tests/lib/crash.c,
preloaded under the unchanged program: with orders of an earlier run at the venue and no entries, the first intent is
the first sale of the liquidation, and what comes after it is counted from there.

QT_POINTS=40 QT_SEED=3 is the long loop."""
import json
import os
import random
import subprocess

from live_place import Place
from qt_program import Program, Skip, call, run, until

LIBRARY = os.environ.get("QT_CRASH_LIBRARY")
POINTS = int(os.environ.get("QT_POINTS", "3"))
PLACE = 4  # kills a market: more starts weigh too much for the venue
GONE = 137  # how tests/lib/crash.c ends it


def comes_up(place, engine):
    """False: so many starts weigh too much, and the venue wants a pause."""
    until("the engine", lambda: engine.process.poll() is not None or place.status())
    if engine.process.poll() in (None, GONE):
        return True
    assert "lets nothing through" in engine.errors(), engine.errors()
    until("the venue", place.answers, 300)
    return False


def with_positions(place):
    """An engine in PAUSED, dead, with positions and their stops, which stay where they are."""
    config = json.loads(place.config.read_text())
    config["engine"]["stop_step_bps"] = 1000
    place.config.write_text(json.dumps(config))
    with place.run() as engine:
        until("a position", lambda: place.protected())
        place.say("pause", "--reason", "no more entries")
        until("every stop", place.protected)
        engine.process.kill()
        engine.wait()


def killed_in(place, point, how, is_first):
    """False: flat before it came to that."""
    while True:
        with place.run({"LD_PRELOAD": LIBRARY, "QT_CRASH": f"{point} {how}"}) as engine:
            if not comes_up(place, engine):
                continue
            if is_first:
                until("positions", lambda: engine.process.poll() is not None or place.protected())
                call("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "drill", "--no-wait")
            ended = until("dead or flat", lambda: engine.process.poll() is not None or is_flat(place))
            if engine.process.poll() is None:
                assert ended and engine.stop() == 0
                return False
            assert engine.process.wait() == GONE, engine.errors()
            return True


def is_flat(place):
    """What a running engine says; False where none answers."""
    try:
        found = place.status()
    except (AssertionError, subprocess.SubprocessError):
        return False
    return bool(found) and found["mode"] == "EMERGENCY" and not found["liquidating"] and found["positions"] == []


def check_flat(place, before):
    """The last engine of a market: in EMERGENCY from its start, whoever died before it, and flat."""
    with place.run() as engine:
        until("the engine", lambda: engine.process.poll() is not None or place.status(), 300)
        until("EMERGENCY", lambda: place.status()["mode"] == "EMERGENCY")
        until("flat", lambda: is_flat(place))
        assert place.status()["liquidation"].startswith("flat, read twice"), place.status()
        assert engine.stop() == 0
        document = engine.document()
        assert document["conserved"] is True and document["positions"] == [], document
    assert place.resting() == {}
    assert place.has_no_more_than(before)
    place.check_books()
    place.verify()


def O13_engine_dies_between_any_two_instructions_of_a_liquidation_and_the_next_one_goes_on():
    if not LIBRARY:
        raise Skip("a sanitizer's runtime must be the first library of a program")
    dice = random.Random(os.environ.get("QT_SEED", "1"))
    done = 0
    for seed in range(1, 10 * POINTS):
        if done >= POINTS:
            break
        with Place(seed=seed) as place:
            before = place.assets()
            with_positions(place)
            for k in range(PLACE):
                point, how = dice.randint(4, 40), dice.choice(("before", "half", "after"))
                if not killed_in(place, point, how, k == 0):
                    break
                done += 1
            check_flat(place, before)
            print(f"# market {seed}: {done} killed", flush=True)
    assert done >= POINTS, done


def O13_revoked_key_is_never_flat_and_says_what_is_left():
    """The key is gone before the stop: nothing can be cancelled or sold, nobody may say that it was."""
    with Place(faults=("revoke=25s",)) as place, place.run() as engine:
        until("a position", place.protected)
        place.say("pause", "--reason", "no more entries")
        held = [row["symbol"] for row in place.status()["positions"]]
        until("refused", lambda: "2015" in engine.errors())
        with Program("--data-dir", str(place.state), "liquidate", "--yes", "--reason", "no key") as order:
            found = until("ten rounds", lambda: (place.status()["liquidation"] or "").startswith("round 1") and
                          not place.status()["liquidation"].startswith("round 1:") and place.status())
            assert found["mode"] == "EMERGENCY" and found["liquidating"] is True, found
            assert any(symbol in found["liquidation"] for symbol in held), found["liquidation"]
            assert order.process.poll() is None, order.text() + order.errors()


if __name__ == "__main__":
    run([O13_engine_dies_between_any_two_instructions_of_a_liquidation_and_the_next_one_goes_on,
         O13_revoked_key_is_never_flat_and_says_what_is_left])
