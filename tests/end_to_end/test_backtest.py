# SPDX-License-Identifier: GPL-3.0-or-later
"""Backtests of the real program: the same bytes twice, no look-ahead, honest books, bad input."""
import csv
import filecmp
import gzip
import json
import os
import pathlib
import pty
import signal
import subprocess
from decimal import Decimal

from qt_program import BINARY, PATIENCE, Folder, call, market, run, until

SPRING = "klines/binance-spot-2024-spring-5m"
PART = ("--from", "2024-03-04", "--to", "2024-04-08")
PLAIN_CPU = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4,-AVX512F"}
GOLDEN = pathlib.Path(os.environ["QT_SOURCE"]) / "tests/golden/backtest/spring-5m.json.gz"


def two_runs_give_the_same_bytes():
    data = market(SPRING)
    with Folder() as folder:
        texts = []
        for name in ("one", "two"):
            done = call("backtest", "--data", data, *PART, "--json", "--report", str(folder / name), timeout=600)
            assert done.returncode == 0, done.stderr
            texts.append(done.stdout)
        assert texts[0] == texts[1]
        names = ["trades.csv", "orders.csv", "equity.csv", "executions.csv", "decisions.jsonl", "report.html"]
        same, other, missing = filecmp.cmpfiles(folder / "one", folder / "two", names, shallow=False)
        assert sorted(same) == sorted(names), (other, missing)
        for line in (folder / "one/decisions.jsonl").read_text().splitlines():
            json.loads(line)
        document = json.loads(texts[0])
        assert document["trades"] == len((folder / "one/trades.csv").read_text().splitlines()) - 1
        assert document["trades"] > 0 and document["conserved"] is True


def cutting_the_data_changes_no_earlier_decision():
    done = call("backtest", "--data", market(SPRING), *PART, "--lookahead", "--cuts", "3", timeout=900)
    assert done.returncode == 0, done.stderr
    assert "no look-ahead: 3 cuts" in done.stdout and " 0 decisions before" not in done.stdout


def whole_recording_gives_the_golden_document():
    done = call("backtest", "--data", market(SPRING), "--json", timeout=900)
    assert done.returncode == 0, done.stderr
    assert done.stdout == gzip.decompress(GOLDEN.read_bytes()).decode(), "differs from the golden file"


def journal_replays_to_the_same_bits_with_workers_and_on_a_plain_cpu():
    with Folder() as folder:
        journal = folder / "journal"
        done = call("backtest", "--data", market(SPRING), *PART, "--json", "--journal", str(journal), timeout=900)
        assert done.returncode == 0, done.stderr
        wanted = json.loads(done.stdout)
        for words, env in ((("--workers", "1"), None), (("--workers", "2"), None), (("--workers", "1"), PLAIN_CPU)):
            done = call("replay", str(journal), "--verify", "--json", *words, env=env, timeout=900)
            assert done.returncode == 0, done.stderr
            document = json.loads(done.stdout)
            assert document["first_difference"] is None
            assert document["decision_hash"] == wanted["decision_hash"]
            assert document["events"] == wanted["events"] and document["ending"] == "closed"
            assert document["state"]["equity"] == wanted["final_equity"]
            assert document["state"]["orders"] == wanted["orders"] > 0


def parents_are_accounted_for(algorithm):
    """Worked over an hour: what each cost adds up to what the document says, and the journal is the run."""
    with Folder() as folder:
        config, report, journal = folder / "config.json", folder / "report", folder / "journal"
        config.write_text(json.dumps({"execution": {"entry": algorithm, "exit": algorithm, "duration_s": 3600,
                                                    "passive_s": 1200, "slices": 4}}))
        done = call("--config", str(config), "backtest", "--data", market(SPRING), *PART, "--json", "--report",
                    str(report), "--journal", str(journal), timeout=900)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        with (report / "executions.csv").open() as file:
            rows = list(csv.DictReader(file))
        told = {row["algorithm"]: row for row in document["execution"]["by_algorithm"]}
        assert told[algorithm]["children"] > told[algorithm]["parents"] > 10, told
        for row in rows:
            assert 0 <= Decimal(row["filled"]) <= Decimal(row["quantity"]), row
            parts = [float(row[name]) for name in ("delay", "trading", "fees", "opportunity")]
            assert abs(sum(parts) - float(row["shortfall"])) < 1e-6, row
            if row["algorithm"] == "immediate":
                assert row["purpose"] in ("stop", "trail"), row  # what cannot wait
        for name, total in told.items():
            mine = [row for row in rows if row["algorithm"] == name]
            assert len(mine) == total["parents"] and total["unknown"] == 0, name
            for key in ("delay", "trading", "fees", "opportunity", "shortfall"):
                assert abs(sum(float(row[key]) for row in mine) - total[key]) < 1e-6, (name, key)
        by_symbol = document["execution"]["by_symbol"]
        assert abs(sum(row["shortfall"] for row in by_symbol) - sum(row["shortfall"] for row in told.values())) < 1e-6
        fees = sum(row["fees"] for row in told.values())  # but for a parent that is still at work at the end
        assert 0.9 * float(document["fees"]) < fees < float(document["fees"]) + 1e-6, (fees, document["fees"])
        for workers in ("1", "3"):
            done = call("replay", str(journal), "--verify", "--json", "--workers", workers, timeout=900)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["decision_hash"] == document["decision_hash"]


def parents_of_each_algorithm_are_accounted_for_and_replay():
    for algorithm in os.environ.get("QT_ALGORITHMS", "vwap").split(","):  # chase, twap, pov and iceberg too
        parents_are_accounted_for(algorithm)


def fees_and_latency_cost_money():
    data = market(SPRING)
    equity = {}
    for fee in ("0", "10", "50"):
        done = call("backtest", "--data", data, *PART, "--json", "--fee", fee, timeout=600)
        document = json.loads(done.stdout)
        equity[fee] = float(document["final_equity"])
        assert (float(document["fees"]) > 0) == (fee != "0")
    assert equity["0"] > equity["10"] > equity["50"], equity


HEAD = "open_time_ms,open,high,low,close,volume\n"


def bad_rows_are_named_and_skipped_or_stop():
    with Folder() as folder:
        good = [f"{1709510400000 + i * 300000},10,11,9,10.5,{100 + i}\n" for i in range(600)]
        bad = ["1709690400000,abc,11,9,10,5\n", "1709690700000,10,9,11,10,5\n", "1709691000000,10,nan,9,10,5\n",
               "1709691300000,-1,11,9,10,5\n", "17096916\n"]
        (folder / "AAAUSDT-5m.csv").write_text(HEAD + "".join(good) + "".join(bad))
        done = call("backtest", "--data", str(folder), "--json")
        assert done.returncode == 0, done.stderr
        assert "AAAUSDT-5m.csv:602:" in done.stderr and "5 of 605 rows" in done.stderr, done.stderr
        assert json.loads(done.stdout)["trades"] == 0
        done = call("backtest", "--data", str(folder), "--strict")
        assert done.returncode == 7 and "AAAUSDT-5m.csv:602:" in done.stderr, done.stderr


def bad_words_have_their_exit_codes():
    with Folder() as folder:
        for words, code in [(("backtest",), 2), (("backtest", "--data", str(folder / "no")), 7),
                            (("backtest", "--data", str(folder)), 7),
                            (("backtest", "--data", str(folder), "--fee", "x"), 2),
                            (("backtest", "--data", str(folder), "--capital", "-5"), 2),
                            (("backtest", "--data", str(folder), "--from", "yesterday"), 2)]:
            done = call(*words)
            assert done.returncode == code, (words, done.returncode, done.stderr)
            assert done.stderr.startswith("qtrade: ") and done.stderr.count("\n") == 1, done.stderr


def report_that_cannot_be_written_is_an_error():
    with Folder() as folder:
        file = folder / "file"
        file.write_text("x")
        (folder / "data").mkdir()
        rows = "".join(f"{1709510400000 + i * 300000},10,11,9,10.5,100\n" for i in range(10))
        (folder / "data/AAAUSDT-5m.csv").write_text(HEAD + rows)
        done = call("backtest", "--data", str(folder / "data"), "--report", str(file / "sub"))
        assert done.returncode == 1 and str(file) in done.stderr, done.stderr


class Watched:
    """A run whose errors go to a terminal, which shows how far it is."""

    def __init__(self, *words):
        self.shown, ours = b"", pty.openpty()
        self.terminal = ours[0]
        os.set_blocking(self.terminal, False)
        self.process = subprocess.Popen([BINARY, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=ours[1],
                                        text=True)
        os.close(ours[1])

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        os.close(self.terminal)

    def text(self):
        try:
            while more := os.read(self.terminal, 65536):
                self.shown += more
        except OSError:  # there is no more now, or nobody writes there any more
            pass
        return self.shown.decode()

    def reads(self, name):
        """Has it a file open whose name ends so?"""
        folder = pathlib.Path(f"/proc/{self.process.pid}/fd")
        return any(os.path.realpath(link).endswith(name) for link in folder.iterdir())

    def check_interrupted(self, number):
        """It says so on a line of its own, with status 1, and tells no result."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=PATIENCE)
        lines = self.text().replace("\r\n", "\n").split("\n")
        assert self.process.returncode == 1 and said == "", (self.process.returncode, said)
        assert lines[-2:] == ["qtrade: interrupted", ""], lines[-3:]


def files_in(folder):
    return {path.name: path.read_text() for path in folder.iterdir()} if folder.is_dir() else {}


def interrupted_backtests_leave_no_part_of_a_report():
    data = market(SPRING)
    with Folder() as folder:
        report = folder / "report"
        words = ("backtest", "--data", data, "--report", str(report))
        for number in (signal.SIGINT, signal.SIGTERM):
            with Watched(*words) as run_:
                until("reading", lambda: "reading" in run_.text())
                run_.check_interrupted(number)
            assert files_in(report) == {}
            with Watched(*words) as run_:
                until("rows", lambda: "equity.csv" in str(files_in(report)) and "playing" in run_.text())
                run_.check_interrupted(number)
            assert files_in(report) == {}
        done = call(*words, "--to", "2024-03-05")
        assert done.returncode == 0, done.stderr
        before = files_in(report)
        assert len(before) == 6
        with Watched(*words) as run_:
            until("another one", lambda: len(list(report.iterdir())) > 6 and "playing" in run_.text())
            run_.check_interrupted(signal.SIGTERM)
        assert files_in(report) == before, "the report of before stays"


def interrupted_readers_of_a_journal_say_so():
    with Folder() as folder:
        journal = str(folder / "journal")
        done = call("backtest", "--data", market(SPRING), "--journal", journal, "--json", timeout=600)
        assert done.returncode == 0, done.stderr
        for number in (signal.SIGINT, signal.SIGTERM):
            for words in (("--verify", "--json"), ("--speed", "1")):
                with Watched("replay", journal, *words) as run_:
                    until("replaying", lambda: "replaying" in run_.text())
                    run_.check_interrupted(number)
            for words in (("--signals",), ("--json", "--signals")):
                with Watched("compare", journal, *words) as run_:
                    until("a journal", lambda: run_.reads(".qtj"))
                    run_.check_interrupted(number)


run([two_runs_give_the_same_bytes, cutting_the_data_changes_no_earlier_decision,
     whole_recording_gives_the_golden_document,
     journal_replays_to_the_same_bits_with_workers_and_on_a_plain_cpu, parents_of_each_algorithm_are_accounted_for_and_replay,
     fees_and_latency_cost_money,
     bad_rows_are_named_and_skipped_or_stop,
     bad_words_have_their_exit_codes, report_that_cannot_be_written_is_an_error,
     interrupted_backtests_leave_no_part_of_a_report, interrupted_readers_of_a_journal_say_so])
