# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job end to end: demo over real sockets, the control socket, restarts after kill -9."""
import json
import os
import re
import signal
import socket

from qt_program import Folder, Program, call, market, rows, run, seal, status, until

KEYS = {"seconds", "symbols", "events", "cycles", "regime", "selected", "orders", "fills", "positions", "equity",
        "fees", "conserved", "mode", "dropped"}


def chosen(folder):
    """What the program says of itself, once it has chosen symbols."""
    document = status(folder)
    return document and document["selected"] and document


def demo_headless_ends_with_one_document():
    with Folder() as state:
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20") as demo:
            begun = until("symbols are chosen", lambda: chosen(state))["time_ms"]
            until("minutes of a market", lambda: status(state)["time_ms"] > begun + 120_000)
            assert demo.stop() == 0, demo.errors()
            document = demo.document()
    assert KEYS <= set(document), KEYS - set(document)
    assert document["symbols"] == 20 and document["conserved"] is True
    assert document["events"] > 1000 and document["cycles"] > 5
    assert document["dropped"]["trades"] == 0 and document["dropped"]["orders"] == 0
    assert document["incidents"] == 0 and document["mode"] == "NORMAL"
    assert 1 <= len(document["selected"]) <= 5
    for row in document["selected"]:
        assert set(row["components"]) == {"volatility", "momentum", "volume", "trend"} and row["why"]


def recorded_market_drives_the_demo():
    folder = market("klines/binance-spot-2024-spring-5m")
    with Folder() as state:
        with Program("--data-dir", str(state), "demo", "--headless", "--speed", "60", "--symbols", "30", "--replay",
                     folder) as demo:
            until("symbols are chosen", lambda: chosen(state))
            assert demo.stop() == 0, demo.errors()
            document = demo.document()
    assert document["symbols"] == 30 and document["conserved"] is True
    names = {row["symbol"] for row in document["selected"]}
    assert names and all(os.path.exists(f"{folder}/{name}-5m.csv.gz") for name in names), names


def metrics_of(folder):
    """Name and labels to value; every line is one of the format's, and each name has its head before it."""
    done = call("--data-dir", str(folder), "status", "--metrics")
    found, heads = {}, set()
    for line in done.stdout.splitlines():
        head = re.fullmatch(r"# (HELP|TYPE) (qtrade_[a-z_]+) (.+)", line)
        if head:
            heads.add(head[2])
            assert head[1] == "HELP" or head[3] == ("counter" if head[2].endswith("_total") else "gauge"), line
            continue
        row = re.fullmatch(r"(qtrade_[a-z_]+)(\{[a-z]+=\"(?:[^\"\\\\]|\\\\.)*\"\})? (-?[0-9.e+-]+)", line)
        assert row and row[1] in heads and row[1] + (row[2] or "") not in found, line
        found[row[1] + (row[2] or "")] = float(row[3])
    return found


def metrics_say_what_the_status_says():
    with Folder() as state:
        for run_number in range(2):
            with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "10", "--speed", "60") as demo:
                until("status", lambda: status(state))
                assert call("--data-dir", str(state), "pause", "--reason", 'a "reason"').returncode == 0
                document, metrics = status(state), metrics_of(state)
                assert metrics["qtrade_symbols"] == document["symbols"] == 10
                assert metrics['qtrade_mode_info{mode="PAUSED"}'] == 1 and metrics["qtrade_liquidating"] == 0
                assert metrics["qtrade_positions"] == len(document["positions"])
                assert metrics['qtrade_component_running{name="engine"}'] == 1
                assert metrics['qtrade_venue_up{name="simulated"}'] == 1
                assert metrics["qtrade_equity"] > 0 and "qtrade_watchman_heard_seconds" not in metrics
                if run_number:  # of the run before: its end was signed
                    head = document["audit"]["head"]
                    assert head and metrics[f'qtrade_audit_head_info{{head="{head}"}}'] == 1, metrics
                    assert head == (state / "audit.heads").read_text().splitlines()[-1]
                assert demo.stop() == 0, demo.errors()


def throw_away_folder_is_gone_afterwards():
    with Program("demo", "--headless", "--symbols", "10") as demo:
        folder = until("the folder's name", lambda: demo.errors().partition("state folder ")[2].split(" ")[0])
        until("status", lambda: status(folder))
        assert demo.stop() == 0
        assert not os.path.exists(folder)


def only_demo_that_runs_is_found_without_its_folder():
    with Folder() as home:
        env = {"TMPDIR": str(home), "XDG_STATE_HOME": str(home / "state")}
        with Program("demo", "--headless", "--symbols", "5", env=env) as demo:
            until("status", lambda: call("status", env=env).returncode == 0)
            done = call("pause", env=env)
            assert done.returncode == 0 and "PAUSED" in done.stdout, done.stderr
            with Program("demo", "--headless", "--symbols", "5", env=env) as other:
                until("two", lambda: call("status", env=env).returncode == 2)
                assert "several demos" in call("liquidate", "--yes", "--reason", "x", env=env).stderr
                folder = until("its folder", lambda: other.errors().partition("state folder ")[2].split(" ")[0])
                until("it runs", lambda: status(folder))  # one that still opens has traded nothing, and says so by a 1
                assert other.stop() == 0
            assert call("status", env=env).returncode == 0
            assert demo.stop() == 0
        assert call("status", env=env).returncode == 5


def every_word_of_the_operator_is_obeyed():
    with Folder() as folder, Program("--data-dir", str(folder), "demo", "--headless", "--speed", "30", "--symbols",
                                     "15") as demo:
        until("status", lambda: status(folder))
        data = ("--data-dir", str(folder))
        steps = [(("pause", "--reason", "news"), "PAUSED"), (("resume", "--yes"), "NORMAL"),
                 (("reduce", "--reason", "evening"), "REDUCED"), (("resume", "--yes"), "NORMAL")]
        for words, mode in steps:
            done = call(*data, *words)
            assert done.returncode == 0, done.stderr
            assert status(folder)["mode"] == mode, words
        assert call(*data, "resume", input="").returncode == 2
        assert call(*data, "liquidate", "--yes").returncode == 2
        assert call(*data, "liquidate", "--reason", "x", input="FLAT\n").returncode == 2
        assert status(folder)["mode"] == "NORMAL"
        done = call(*data, "liquidate", "--yes", "--reason", "test")
        assert done.returncode == 0 and "flat" in done.stdout, done.stderr
        state = status(folder)
        assert state["mode"] == "EMERGENCY" and state["positions"] == [] and state["open_orders"] == []
        assert call(*data, "resume", "--yes").returncode == 1
        assert call(*data, "resume", "--yes", "--reason", "checked").returncode == 0
        assert status(folder)["mode"] == "PAUSED"
        assert demo.stop() == 0
        assert demo.document()["mode"] == "PAUSED"


def signals_pause_liquidate_and_end():
    with Folder() as folder, Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "10", "--speed",
                                     "20") as demo:
        until("status", lambda: status(folder))
        demo.process.send_signal(signal.SIGUSR1)
        until("PAUSED", lambda: status(folder)["mode"] == "PAUSED")
        demo.process.send_signal(signal.SIGHUP)
        demo.process.send_signal(signal.SIGUSR2)
        until("EMERGENCY", lambda: status(folder)["mode"] == "EMERGENCY")
        until("flat", lambda: not status(folder)["liquidating"])
        assert demo.stop(signal.SIGINT) == 0
        audit = [row[0] for row in rows(folder, "SELECT action FROM audit")]
        assert "pause" in audit and "liquidate" in audit and "flat" in audit, audit


def P4_second_engine_on_one_folder_is_refused():
    with Folder() as folder, Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "5") as demo:
        until("status", lambda: status(folder))
        done = call("--data-dir", str(folder), "demo", "--headless", "--symbols", "5", "--for", "2s")
        assert done.returncode == 1, (done.returncode, done.stderr)
        assert len([line for line in done.stderr.splitlines() if line.startswith("qtrade:")]) == 1
        assert demo.stop() == 0


def nobody_running_is_exit_five():
    with Folder() as folder:
        done = call("--data-dir", str(folder), "status")
        assert done.returncode == 5 and done.stderr.count("\n") == 1, done.stderr


def folder_open_to_others_or_linked_is_refused():
    with Folder() as folder:
        os.chmod(folder, 0o755)
        done = call("--data-dir", str(folder), "demo", "--headless", "--for", "1s")
        assert done.returncode == 3 and "chmod" in done.stderr
        os.chmod(folder, 0o700)
        link = folder / "link"
        os.symlink(folder, link)
        assert call("--data-dir", str(link), "demo", "--headless", "--for", "1s").returncode == 3


class Venue:
    """The simulated exchange as a process of its own, and a config that points at it."""

    def __init__(self, folder, *words):
        self.credentials = folder / "credentials.json"
        self.program = Program("venue", "serve", "--symbols", "20", "--credentials", str(self.credentials), *words)
        urls = until("ready", self.urls)
        self.config = folder / "config.json"
        self.config.write_text(json.dumps({
            "venue": {"rest_url": urls["rest"], "ws_url": urls["stream"], "ws_api_url": urls["api"],
                      "credentials_file": str(self.credentials)},
            "scan": {"top": 10, "max_correlation": 0.99},  # whatever the hour, one of ten has a reason to be bought
            "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5}}))

    def urls(self):
        lines = self.program.text().splitlines()
        pairs = dict(line.partition("=")[::2] for line in lines if "=" in line)
        return pairs if "ready" in lines else None


def positions_of(folder):
    state = status(folder)
    return {row["symbol"]: row["quantity"] for row in state["positions"]} if state else {}


def only_stops_rest(folder):
    return all(order["purpose"] == "venue_stop" and order["state"] == "open" for order in status(folder)["open_orders"])


def kill_in_position_comes_back_with_the_same_position_and_mode():
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            state = folder / "state"
            os.mkdir(state, 0o700)
            seal(venue.config, state)
            words = ("--config", str(venue.config), "--data-dir", str(state), "run", "--live", "--headless")
            with Program(*words) as engine:
                held = until("a position", lambda: positions_of(state), 150)
                assert call("--data-dir", str(state), "pause", "--reason", "drill").returncode == 0
                held = until("orders settled", lambda: only_stops_rest(state) and positions_of(state))
                engine.process.kill()
                engine.wait()
            with Program(*words) as engine:
                until("status", lambda: status(state) and status(state)["equity"])
                assert status(state)["mode"] == "PAUSED"
                assert positions_of(state) == held, (positions_of(state), held)
                assert call("--data-dir", str(state), "liquidate", "--yes", "--reason", "drill").returncode == 0
                assert positions_of(state) == {}
                assert engine.stop() == 0
                document = engine.document()
                assert document["conserved"] is True and document["incidents"] == 0, document
            sums = rows(state, "SELECT asset, sum(amount) FROM postings GROUP BY asset")
            assert sums and all(amount == 0 for _, amount in sums), sums


def O13_liquidation_goes_on_after_a_kill():
    """Fault O13: the engine dies between the order to liquidate and flat."""
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            state = folder / "state"
            os.mkdir(state, 0o700)
            seal(venue.config, state)
            words = ("--config", str(venue.config), "--data-dir", str(state), "run", "--live", "--headless")
            with Program(*words) as engine:
                until("a position", lambda: positions_of(state), 150)
                venue.program.process.send_signal(signal.SIGSTOP)  # nothing is answered any more
                assert call("--data-dir", str(state), "liquidate", "--yes", "--reason", "drill",
                            "--no-wait").returncode == 0
                until("EMERGENCY", lambda: status(state)["mode"] == "EMERGENCY")
                assert status(state)["liquidating"] is True
                engine.process.kill()
                engine.wait()
            venue.program.process.send_signal(signal.SIGCONT)
            with Program(*words) as engine:
                until("flat", lambda: (status(state) or {}).get("liquidating") is False
                      and status(state)["liquidation"])
                found = status(state)
                assert found["mode"] == "EMERGENCY" and found["positions"] == [], found
                assert "twice" in found["liquidation"], found["liquidation"]
                assert engine.stop() == 0
                assert engine.document()["conserved"] is True


def venue_that_dies_is_noticed_and_nothing_is_lost():
    with Folder() as folder:
        venue = Venue(folder)
        state = folder / "state"
        os.mkdir(state, 0o700)
        seal(venue.config, state)
        with venue.program, Program("--config", str(venue.config), "--data-dir", str(state), "run", "--live",
                                    "--headless") as engine:
            until("equity", lambda: (status(state) or {}).get("equity"))
            venue.program.process.kill()
            until("link down", lambda: status(state)["venues"][0]["state"] != "up")
            assert status(state)["mode"] == "NORMAL"
            assert engine.stop() == 0
            assert engine.document()["conserved"] is True


def paper_trades_on_a_live_feed_without_an_account():
    with Folder() as folder:
        venue = Venue(folder, "--speed", "1")
        state = folder / "state"
        os.mkdir(state, 0o700)
        with venue.program, Program("--config", str(venue.config), "--data-dir", str(state), "run", "--headless",
                                    "--capital", "5000") as engine:
            until("equity", lambda: (status(state) or {}).get("equity"))
            assert status(state)["run_kind"] == "paper"
            until("a position", lambda: positions_of(state), 150)
            assert engine.stop() == 0
            document = engine.document()
            assert document["initial_equity"] == "5000.00000000" and document["conserved"] is True
            assert document["fills"] > 0


def credentials_that_others_may_read_are_refused():
    with Folder() as folder:
        venue = Venue(folder)
        with venue.program:
            os.chmod(venue.credentials, 0o644)
            state = folder / "state"
            os.mkdir(state, 0o700)
            seal(venue.config, state)
            done = call("--config", str(venue.config), "--data-dir", str(state), "run", "--live", "--headless",
                        "--for", "1s")
            assert done.returncode != 0 and str(venue.credentials) in done.stderr


def port_in_use_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = call("venue", "serve", "--port", str(taken.getsockname()[1]), "--for", "1s")
        assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr


def screen_without_a_terminal_is_one_line():
    done = call("demo", "--symbols", "5", input="")
    assert done.returncode == 1 and done.stderr.strip().splitlines()[-1].startswith("qtrade:"), done.stderr


run([demo_headless_ends_with_one_document, recorded_market_drives_the_demo, metrics_say_what_the_status_says,
     throw_away_folder_is_gone_afterwards,
     only_demo_that_runs_is_found_without_its_folder,
     every_word_of_the_operator_is_obeyed, signals_pause_liquidate_and_end, P4_second_engine_on_one_folder_is_refused,
     nobody_running_is_exit_five, folder_open_to_others_or_linked_is_refused,
     kill_in_position_comes_back_with_the_same_position_and_mode,
     O13_liquidation_goes_on_after_a_kill, venue_that_dies_is_noticed_and_nothing_is_lost,
     paper_trades_on_a_live_feed_without_an_account, credentials_that_others_may_read_are_refused,
     port_in_use_is_one_line, screen_without_a_terminal_is_one_line])
