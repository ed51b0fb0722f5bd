# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit through the real program: what is in it, that it stays whole through kills, restores and hooks that
hang (S20), that a store put back is seen (S11), that no text forges an entry (A5), and that the manual's procedure
proves an export."""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess

from qt_program import Folder, Program, Skip, call, run, seal, status, until

MANUAL = pathlib.Path(os.environ["QT_SOURCE"]) / "man/qtrade-audit.1"
FAST = {"audit": {"head_entries": 3, "head_seconds": 1}}


def audit(folder, *words):
    return call("--data-dir", str(folder), "audit", *words)


def entries(folder, *words):
    done = audit(folder, "show", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["entries"]


def verify(folder, *words):
    done = audit(folder, "verify", "--json", *words)
    report = json.loads(done.stdout)
    assert done.returncode == (0 if report["sound"] else 6), (done.returncode, done.stderr)
    return report


def configure(folder, document):
    (folder / "config.json").write_text(json.dumps(document))
    return "--config", str(folder / "config.json")


def demo_words(folder, document=None):
    state = folder / "state"
    state.mkdir(mode=0o700, exist_ok=True)
    return (*configure(folder, document or FAST), "--data-dir", str(state), "demo", "--headless", "--symbols", "20")


def short_demo(folder, document=None):
    done = call(*demo_words(folder, document), "--for", "2s")
    assert done.returncode == 0, done.stderr
    return folder / "state"


def say(state, word):
    """Something that is an entry, whatever the market does."""
    done = call("--data-dir", str(state), "pause", "--reason", word)
    assert done.returncode == 0, done.stderr


def what_is_done_is_in_it_with_who_did_it():
    with Folder() as folder:
        with Program(*demo_words(folder)) as engine:
            state = folder / "state"
            until("an answer", lambda: status(state))
            assert call("--data-dir", str(state), "pause", "--reason", "lunch").returncode == 0
            until("the mode", lambda: entries(state, "--action", "mode"))
            until("a head", lambda: status(state)["audit"]["heads"] >= 1)
            engine.process.send_signal(signal.SIGUSR1)
            until("the signal", lambda: len(entries(state, "--action", "pause")) == 2)
            assert verify(state)["sound"]  # beside the engine
            assert call("--data-dir", str(state), "store", "backup", str(folder / "copy")).returncode == 0
            until("the backup", lambda: entries(state, "--action", "store.backup"))
            assert engine.stop() == 0
        found = {entry["action"]: entry for entry in entries(state)}
        assert f"uid {os.getuid()}" in found["store.open"]["detail"], found
        assert "with a key file" in found["store.open"]["detail"], found
        request = entries(state, "--action", "control.request")[0]["detail"]
        assert re.fullmatch(rf"uid {os.getuid()} pid \d+: pause: lunch", request), request
        assert [(e["actor"], e["detail"]) for e in entries(state, "--action", "pause")] == [
            ("socket", f"lunch (uid {os.getuid()})"), ("signal", "SIGUSR1")]
        assert found["mode"]["detail"] == f"PAUSED: lunch (uid {os.getuid()})"
        assert found["store.close"]["id"] == max(entry["id"] for entry in entries(state))
        assert verify(state)["entries"] == len(entries(state))
        heads = (state / "audit.heads").read_text()
        assert stat.S_IMODE((state / "audit.heads").stat().st_mode) == 0o600
        assert "USDT" not in heads and "lunch" not in heads, heads


def show_takes_times_actions_and_a_number():
    with Folder() as folder:
        state = short_demo(folder)
        everything = entries(state)
        assert len(entries(state, "--last", "2")) == 2
        assert entries(state, "--last", "1") == everything[-1:]
        assert {e["action"] for e in entries(state, "--action", "store.open")} == {"store.open"}
        last_ms = everything[-1]["time_ms"]
        assert everything[-1] in entries(state, "--from", str(last_ms)), last_ms
        assert everything[-1] not in entries(state, "--to", str(last_ms))
        table = list(csv.DictReader(io.StringIO(audit(state, "show", "--csv").stdout)))
        assert [(int(r["id"]), r["detail"], r["hash"]) for r in table] == [
            (e["id"], e["detail"], e["hash"]) for e in everything]
        assert len(audit(state, "show").stdout.splitlines()) == len(everything)
        for words in (("sing",), ("show", "--heads", "x"), ("verify", "--last", "3"), ("show", "--json", "--csv"),
                      ("show", "--last", "0"), ("accept",)):
            assert audit(state, *words).returncode == 2, words
        missing = audit(state, "verify", "--heads", str(folder / "no such file"))
        assert missing.returncode == 7 and "is not there" in missing.stderr, missing.stderr
        missing = audit(state, "verify", "--heads", str(folder / "config.json"))
        assert missing.returncode == 7 and "no head" in missing.stderr, missing.stderr


def A5_a_reason_with_newline_quote_and_escape_is_one_entry():
    with Folder() as folder:
        with Program(*demo_words(folder)) as engine:
            state = folder / "state"
            until("an answer", lambda: status(state))
            evil = 'x"\n      9  2026-01-01 00:00:00  operator  resume  forged\x1b[2J'
            assert call("--data-dir", str(state), "pause", "--reason", evil).returncode == 0
            until("the entry", lambda: entries(state, "--action", "pause"))
            assert engine.stop() == 0
        said = entries(state, "--action", "pause")[0]["detail"]
        assert said.startswith('x"?      9  2026-01-01') and "\n" not in said and "\x1b" not in said, said
        lines = audit(state, "show").stdout.splitlines()
        assert len(lines) == len(entries(state)) and not any("\x1b" in line for line in lines)
        assert verify(state)["sound"]


def S20_kill_9_leaves_a_chain_that_verifies():
    with Folder() as folder:
        state = folder / "state"
        for kill in range(4):
            with Program(*demo_words(folder)) as engine:
                opened = until("an answer", lambda: status(state))["audit"]["entries"]
                say(state, f"before kill {kill}")
                until("its entry", lambda: status(state)["audit"]["entries"] >= opened + 2)
                say(state, "on the way")
                engine.process.kill()
                engine.wait()
            report = verify(state)
            assert report["sound"] and report["entries"] >= opened + 2, (kill, report)
        assert len(entries(state, "--action", "store.open")) == 4


def S11_a_store_put_back_is_refused_live_told_on_paper_and_accepted_knowingly():
    with Folder() as folder:
        state = short_demo(folder)
        secret = folder / "credentials.json"
        secret.write_text('{"key": "k", "secret": "s"}')
        secret.chmod(0o600)
        config = "--config", str(folder / "live.json")
        (folder / "live.json").write_text(json.dumps({
            "venue": {"rest_url": "http://127.0.0.1:9", "ws_url": "ws://127.0.0.1:9",
                      "ws_api_url": "ws://127.0.0.1:9/ws-api/v3", "credentials_file": str(secret)}}))
        seal(config[1], state)
        kept = folder / "kept"
        shutil.copytree(state, kept)
        before = verify(state)["entries"]
        short_demo(folder)
        for name in ("store.db",):
            shutil.copy(kept / name, state / name)
        report = verify(state)
        assert not report["sound"] and report["first_bad_id"] == before + 1, report
        assert "put back" in audit(state, "verify").stderr
        live = call(*config, "--data-dir", str(state), "run", "--live", "--headless")
        assert live.returncode == 6 and "put back" in live.stderr and "audit accept" in live.stderr, live.stderr
        done = call(*demo_words(folder), "--for", "2s")
        assert done.returncode == 0 and "put back" in done.stderr, done.stderr
        assert len(entries(state, "--action", "audit.finding")) == 1
        assert not verify(state)["sound"]
        accepted = audit(state, "accept", "--reason", "it was me")
        assert accepted.returncode == 0 and "put back" in accepted.stdout, accepted.stderr
        report = verify(state)
        assert report["sound"] and report["accepted"] == 1, report
        assert entries(state, "--action", "audit.accept")[0]["detail"] == "it was me"
        assert audit(state, "accept", "--reason", "again").returncode == 1
        done = call(*demo_words(folder), "--for", "2s")
        assert done.returncode == 0 and "put back" not in done.stderr, done.stderr
        assert verify(state)["sound"]


def S20_heads_that_were_deleted_are_named():
    with Folder() as folder:
        state = short_demo(folder)
        (state / "audit.heads").unlink()
        done = audit(state, "verify")
        assert done.returncode == 6 and "audit.heads is missing" in done.stderr, done.stderr


def restore_of_a_backup_goes_on_with_the_chain():
    with Folder() as folder:
        state, copy = short_demo(folder), folder / "copy"
        assert call("--data-dir", str(state), "store", "backup", str(copy)).returncode == 0
        short_demo(folder)
        assert call("--data-dir", str(state), "store", "restore", str(copy)).returncode == 0
        report = verify(state)
        assert report["sound"] and report["restored"] == 1, report
        copied = entries(state, "--action", "store.backup")
        assert not copied, copied  # its entry came after what it holds, and went with the rest
        assert entries(state)[-1]["action"] == "restore"
        short_demo(folder)
        assert verify(state)["sound"]
        other = folder / "other"  # another machine: no heads are there
        done = call("--data-dir", str(other), "store", "restore", str(copy), "--key-file", str(state / "local.key"))
        assert done.returncode == 0, done.stderr
        shutil.copy(state / "local.key", other / "local.key")
        assert verify(other)["sound"]


def rekey_is_in_it_also_of_a_running_engine():
    with Folder() as folder:
        state, config = folder / "state", {"store": {"key_file": str(folder / "own.key")}}
        short_demo(folder)
        rekeyed = call("--data-dir", str(state), "store", "rekey", "--key-file", str(folder / "own.key"))
        assert rekeyed.returncode == 0 and "not in the audit" not in rekeyed.stderr, rekeyed.stderr
        words = configure(folder, config)
        with Program(*words, "--data-dir", str(state), "demo", "--headless", "--symbols", "5") as engine:
            until("an answer", lambda: status(state))
            again = call(*words, "--data-dir", str(state), "store", "rekey", "--key-file", str(folder / "next.key"))
            assert again.returncode == 0 and "not in the audit" not in again.stderr, again.stderr
            assert engine.stop() == 0
        words = configure(folder, {"store": {"key_file": str(folder / "next.key")}})
        done = call(*words, "--data-dir", str(state), "audit", "show", "--json", "--action", "store.rekey")
        found = json.loads(done.stdout)["entries"]
        assert [e["actor"] for e in found] == ["operator", "socket"] and f"uid {os.getuid()}" in found[1]["detail"], found


def hook(folder, text):
    path = folder / "hook"
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o700)
    return {"audit": {"head_entries": 1, "head_seconds": 1, "hook": str(path)},
            "sandbox": {"writable": str(folder)}}  # the hook is in it too


def hook_gets_each_head_and_verify_takes_them():
    with Folder() as folder:
        witness = folder / "witness"
        state = short_demo(folder, hook(folder, f'printf "%s\\n" "$*" >> {witness}\n'))
        kept, ours = witness.read_text().splitlines(), (state / "audit.heads").read_text().splitlines()
        assert set(kept) <= set(ours) and kept[-1] == ours[-1], (kept, ours)
        assert verify(state, "--heads", str(witness))["sound"]


def hook_that_hangs_or_fails_stops_nothing():
    with Folder() as folder:
        state = folder / "state"
        for text, says in (("exit 3\n", "status 3"), ("exec sleep 1000\n", None)):
            with Program(*demo_words(folder, hook(folder, text))) as engine:
                first = until("an answer", lambda: status(state))["audit"]["heads"]
                for number in range(1, 4):
                    say(state, f"number {number}")
                    until("another head", lambda: status(state)["audit"]["heads"] >= first + number)
                if says:
                    found = until("a failure", lambda: status(state)["audit"]["hook_failures"] and status(state)["audit"])
                    assert says in found["last_error"], found
                assert engine.stop() == 0
            assert verify(state)["sound"]


def hook_that_others_can_change_or_that_is_none_is_refused():
    with Folder() as folder:
        document = hook(folder, "exit 0\n")
        (folder / "hook").chmod(0o722)
        words = demo_words(folder, document)
        refused = call(*words, "--for", "2s")
        assert refused.returncode == 3 and "others can change it" in refused.stderr, refused.stderr
        for path in ("hook", "/nonexistent/hook", str(folder)):
            document["audit"]["hook"] = path
            refused = call(*demo_words(folder, document), "--for", "2s")
            assert refused.returncode == 3 and "audit.hook" in refused.stderr, (path, refused.stderr)


def procedure():
    """The manual's, as man prints it."""
    text = MANUAL.read_text().split(".Bd -literal\n", 1)[1].split("\n.Ed", 1)[0].replace("\\e", "\\")
    assert len(text.splitlines()) <= 20, text
    return text


def prove(folder, text):
    (folder / "audit.jsonl").write_text(text)
    return subprocess.run(["/bin/sh", "-c", procedure()], cwd=folder, capture_output=True, text=True, check=False)


def procedure_of_the_manual_proves_an_export():
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    with Folder() as folder:
        state = short_demo(folder)
        text = audit(state, "export").stdout
        done = prove(folder, text)
        assert done.returncode == 0 and f"{len(entries(state))} entries are whole" in done.stdout, done.stderr
        lines = text.splitlines(keepends=True)
        for number, harm in ((-1, lambda s: s.replace("in order", "in 0rder")), (-2, lambda s: ""),
                             (1, lambda s: s.replace("chain", "chaim"))):
            harmed = list(lines)
            harmed[number] = harm(harmed[number])
            assert harmed != lines and prove(folder, "".join(harmed)).returncode != 0, number


run([what_is_done_is_in_it_with_who_did_it, show_takes_times_actions_and_a_number,
     A5_a_reason_with_newline_quote_and_escape_is_one_entry, S20_kill_9_leaves_a_chain_that_verifies,
     S11_a_store_put_back_is_refused_live_told_on_paper_and_accepted_knowingly, S20_heads_that_were_deleted_are_named,
     restore_of_a_backup_goes_on_with_the_chain, rekey_is_in_it_also_of_a_running_engine,
     hook_gets_each_head_and_verify_takes_them, hook_that_hangs_or_fails_stops_nothing,
     hook_that_others_can_change_or_that_is_none_is_refused, procedure_of_the_manual_proves_an_export])
