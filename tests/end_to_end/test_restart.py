# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarts of the real program: what bars have left comes back from the market state and the journal's tail, each
session replays by itself, and a state that does not fit is named and does no harm."""
import json
import os
import re
import signal

from qt_program import Folder, Program, call, rows, run, status, until

SYMBOLS = 12


class Place:
    """A simulated venue that goes on while runs come and go."""

    def __enter__(self):
        self.folder = Folder()
        self.path = self.folder.__enter__()
        self.venue = Program("venue", "serve", "--symbols", str(SYMBOLS))
        self.venue.__enter__()
        found = until("the venue", self.addresses)
        self.rest = found["rest"]
        self.settings = {"venue": {"rest_url": found["rest"], "ws_url": found["stream"], "ws_api_url": found["api"]},
                         "engine": {"workers": 2},
                         "scan": {"min_quote_volume": 0, "max_spread_bps": 50}}
        self.state, self.journal = self.path / "state", self.path / "state" / "journal"
        os.mkdir(self.state, 0o700)
        return self

    def __exit__(self, *failure):
        self.venue.__exit__(*failure)
        self.folder.__exit__(*failure)

    def addresses(self):
        lines = self.venue.text().splitlines()
        return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

    def run(self, **sections):
        config = self.path / "config.json"
        config.write_text(json.dumps({**self.settings, **sections}))
        return Program("-v", "--config", str(config), "--data-dir", str(self.state), "run", "--headless")

    def eligible(self):
        """Symbols whose history is there and whose feed is fresh."""
        found = status(self.state)
        return found is not None and found["eligible"] == SYMBOLS and found["time_ms"]

    def session(self, *, end=signal.SIGTERM, **sections):
        """One run until every symbol is eligible; what it logged."""
        with self.run(**sections) as program:
            until("every symbol", self.eligible)
            program.process.send_signal(end)
            assert program.wait() == (0 if end == signal.SIGTERM else -end)
            return program.errors()

    def verify(self, *words):
        done = call("replay", str(self.journal), "--verify", "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def sessions(self):
        return [row.split()[0] for row in call("replay", str(self.journal), "--list").stdout.splitlines()]

    def bars(self, session):
        """Bars among the session's events, by period."""
        dump, counts = call("replay", str(self.journal), "--dump", "--session", session), {}
        assert dump.returncode == 0, dump.stderr
        for line in dump.stdout.splitlines():
            record = json.loads(line)
            if record["record"] == "bar":
                period = record["period_ms"] // 60_000
                counts[period] = counts.get(period, 0) + 1
        return counts


def restart_goes_on_from_the_state_and_replays_by_itself():
    with Place() as place:
        first = place.session()
        assert "market_state" not in first
        second = place.session(end=signal.SIGKILL)
        assert re.search(rf"market_state.taken_back.*number=1 symbols={SYMBOLS}", second), second
        third = place.session()  # the killed one left no state: the first's, and the killed one's tail
        found = re.search(r"market_state.tail.*bars=(\d+)", third)
        assert "number=1" in third and found, third
        sessions = place.sessions()
        assert len(sessions) == 3
        began, killed, last = (place.bars(session) for session in sessions)
        assert set(began) == {1, 15, 60} and sum(began.values()) > 500 * SYMBOLS
        assert set(killed) <= {1} and set(last) <= {1}, (killed, last)
        assert int(found.group(1)) == sum(killed.values())
        for session in sessions:
            hashes = {place.verify("--session", session, "--workers", workers)["decision_hash"]
                      for workers in ("1", "2", "3", "8")}
            assert len(hashes) == 1
        names = sorted(path.name for path in place.journal.glob("*.qts"))
        assert names == sorted([f"{sessions[1]}.qts", f"{sessions[2]}.qts", "state-00000001.qts",
                                "state-00000002.qts"]), names


def paper_account_goes_on_after_a_kill():
    with Place() as place:
        eager = {"scan": {**place.settings["scan"], "top": 10, "max_correlation": 0.99},
                 "engine": {**place.settings["engine"], "sync_s": 5},
                 "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                              "cooldown_min": 0}}

        def held():
            return {row[0] for row in rows(place.state, "SELECT symbol FROM positions WHERE qty > 0")}
        with place.run(**eager) as program:
            until("a position in the store", lambda: status(place.state) and held())
            program.process.kill()
            program.wait()
        before = held()
        with place.run(**{**eager, "strategy": {"entry_strength": 1}}) as program:
            first = until("equity", lambda: (status(place.state) or {}).get("equity") and status(place.state)["time_ms"])
            # two reads of the account, which believe what they find
            found = until("reads", lambda: (status(place.state) or {"time_ms": 0})["time_ms"] > first + 12_000
                          and status(place.state))
            assert found["mode"] == "NORMAL", (found["mode"], found["mode_reason"])
            assert program.stop() == 0
        assert before and held() <= before, (before, held())
        seen = rows(place.state, "SELECT action, detail FROM audit WHERE action IN ('adopt', 'adjust')")
        assert seen == [], seen
        for session in place.sessions():
            place.verify("--session", session)


def session_without_its_state_is_not_replayed():
    with Place() as place:
        place.session()
        place.session()
        session = place.sessions()[1]
        own = place.journal / f"{session}.qts"
        whole = own.read_bytes()
        own.unlink()
        done = call("replay", str(place.journal), "--verify")
        assert done.returncode == 7 and own.name in done.stderr and "missing" in done.stderr, done.stderr
        own.write_bytes(whole[:-1])
        done = call("replay", str(place.journal), "--verify")
        assert done.returncode == 6 and own.name in done.stderr, done.stderr
        own.write_bytes((place.journal / "state-00000002.qts").read_bytes())
        done = call("replay", str(place.journal), "--verify")
        assert done.returncode == 6 and "is not the market state 1" in done.stderr, done.stderr
        own.write_bytes(whole)
        place.verify()


def state_that_does_not_fit_is_named_and_everything_is_read_anew():
    with Place() as place:
        place.session()
        other = place.session(scan={**place.settings["scan"], "history_days": 20})
        assert re.search(r"market_state.ignored file=state-00000001.qts .*another config", other), other
        assert "taken_back" not in other
        back = place.session()  # the newest is of the other config, the one before fits
        assert re.search(r"market_state.ignored file=state-00000002.qts .*another config", back), back
        assert re.search("market_state.taken_back number=1 ", back), back
        newest = place.journal / "state-00000003.qts"
        newest.write_bytes(newest.read_bytes()[:-100])
        cut = place.session()
        assert re.search(r"market_state.ignored file=state-00000003.qts .*damaged or cut", cut), cut
        assert "taken_back" not in cut
        for path in place.journal.glob("state-*.qts"):
            path.write_bytes(b"QTMSTATE" + bytes(200))
        nothing = place.session()
        assert nothing.count("market_state.ignored") >= 2 and "taken_back" not in nothing
        assert 15 in place.bars(place.sessions()[-1])
        place.verify()


def keeping_states_can_be_switched_off():
    with Place() as place:
        engine = {"workers": 2, "state_min": 0}
        place.session(engine=engine)
        assert not list(place.journal.glob("*.qts"))
        assert "market_state" not in place.session(engine=engine)


run([restart_goes_on_from_the_state_and_replays_by_itself, paper_account_goes_on_after_a_kill,
     session_without_its_state_is_not_replayed, state_that_does_not_fit_is_named_and_everything_is_read_anew,
     keeping_states_can_be_switched_off])
