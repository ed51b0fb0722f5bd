# SPDX-License-Identifier: GPL-3.0-or-later
"""store rekey --pages through the real program (S17): every page gets a new key, with no engine and beside one that
trades, on a disk that fails and over a kill -9; what is sealed still opens, and older copies do not.
QT_DISK_LIBRARY is tests/lib/disk.c, preloaded."""
import json
import os
import shutil

from qt_program import Folder, Program, Skip, call, rows, run, status, until

LIBRARY = os.environ.get("QT_DISK_LIBRARY")
COUNT = "SELECT count(*) FROM decisions"


def begin(folder):
    state = folder / "state"
    os.mkdir(state, 0o700)
    return state


def demo(state, *words):
    done = call(*words, "--data-dir", str(state), "demo", "--headless", "--symbols", "20", "--for", "2s")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def store(state, *words):
    return call("--data-dir", str(state), "store", *words)


def good(done):
    assert done.returncode == 0 and "not in the audit" not in done.stderr, (done.returncode, done.stderr)
    return done.stdout


def refused(done, code, word):
    assert done.returncode == code and word in done.stderr, (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr


def local(state):
    """The local key stays what opens it."""
    return ("rekey", "--pages", "--key-file", str(state / "local.key"))


def entries(state):
    done = call("--data-dir", str(state), "audit", "show", "--json")
    return [entry for entry in json.loads(good(done))["entries"] if entry["action"].startswith("store.rekey")]


def unfinished(state):
    return json.loads(good(store(state, "info", "--json")))["rekey_unfinished"]


def expect_settled(state):
    assert json.loads(good(store(state, "check", "--json"))) == {"sound": True, "findings": [], "rekey_unfinished": False}
    assert not unfinished(state) and not (state / "store.key.next").exists() and not (state / "store.db-rekey").exists()
    good(call("--data-dir", str(state), "audit", "verify"))


def S17_pages_get_a_new_key_and_what_was_copied_before_is_named():
    with Folder() as folder:
        state, copy = begin(folder), folder / "copy"
        demo(state)
        good(call("--data-dir", str(state), "config", "seal"))
        shutil.copytree(state, copy)
        before = rows(state, COUNT)
        told = good(store(state, *local(state)))
        assert "opens the store now" in told and "pages have a new key" in told, told
        assert rows(state, COUNT) == before
        expect_settled(state)
        assert [entry["actor"] for entry in entries(state)] == ["operator", "store"], entries(state)
        good(call("--data-dir", str(state), "config", "diff"))  # the seal is still ours
        now = {path.name: path.read_bytes() for path in state.iterdir()}
        (state / "store.db").write_bytes((copy / "store.db").read_bytes())
        refused(store(state, "check"), 6, "the key is another one")
        (state / "store.db").write_bytes(now["store.db"])
        pages = bytearray(now["store.db"])
        at = (33 + 2 + 2) * 4096  # the third page
        pages[at:at + 4096] = (copy / "store.db").read_bytes()[at:at + 4096]
        (state / "store.db").write_bytes(pages)
        refused(store(state, "check"), 6, "page 3 was changed, or is from elsewhere")
        (state / "store.db").write_bytes(now["store.db"])
        (state / "store.key").write_bytes((copy / "store.key").read_bytes())
        refused(store(state, "check"), 6, "the key is another one")
        (state / "store.key").write_bytes(now["store.key"])
        good(store(state, *local(state)))  # and once more, of another version of store.key
        expect_settled(state)
        demo(state)
        assert rows(state, COUNT)[0][0] > before[0][0]


def S17_running_engine_gives_every_page_the_new_key_while_it_trades():
    with Folder() as folder:
        state, backups, config = begin(folder), folder / "backups", folder / "config.json"
        config.write_text(json.dumps({"backup": {"folder": str(backups), "every_min": 1}, "engine": {"equity_s": 1}}))
        demo(state)
        with Program("--config", str(config), "--data-dir", str(state), "demo", "--headless", "--symbols", "20") as engine:
            until("trading", lambda: (status(state) or {}).get("equity"))
            before = rows(state, COUNT)[0][0]
            told = good(store(state, *local(state)))
            assert "the running engine" in told, told
            until("the end", lambda: (status(state) or {"rekey": 1})["rekey"] is None and not unfinished(state))
            expect_settled(state)
            until("more rows", lambda: rows(state, COUNT)[0][0] > before)
            copy = folder / "copy"
            good(store(state, "backup", str(copy)))
            assert engine.stop() == 0
        assert [entry["actor"] for entry in entries(state)] == ["socket", "store"], entries(state)
        other = folder / "other"
        good(call("--data-dir", str(other), "store", "restore", str(copy), "--key-file", str(state / "local.key")))
        demo(state)
        expect_settled(state)


def S17_disk_that_fails_and_a_kill_leave_a_rekey_that_goes_on():
    if not LIBRARY:
        raise Skip("a sanitizer's runtime comes first: nothing can be preloaded")
    with Folder() as folder, Folder() as faults:
        state = begin(folder)
        demo(state)
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20",
                     env={"LD_PRELOAD": LIBRARY, "QT_DISK": str(faults)}) as engine:
            until("trading", lambda: (status(state) or {}).get("equity"))
            (faults / "eio").touch()
            good(store(state, *local(state)))
            told = until("a failure", lambda: ((status(state) or {}).get("rekey") or {}).get("last_error"))
            assert told, told
            assert "rekey " in good(call("--data-dir", str(state), "status"))
            engine.process.kill()
            engine.wait()
        assert unfinished(state)
        assert "rekey" in good(store(state, "check"))  # who reads has both keys
        done = call("--data-dir", str(state), "doctor", "--json")
        assert "rekey is unfinished" in done.stdout, done.stdout
        refused(store(state, "rekey", "--key-file", str(folder / "other.key")), 1, "encrypted anew")
        refused(store(state, "rekey", "--pages", "--key-file", str(folder / "other.key")), 2, "goes on")
        before = rows(state, COUNT)[0][0]
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20") as engine:  # takes it up
            until("the end", lambda: (status(state) or {"rekey": 1}).get("rekey", 1) is None and not unfinished(state))
            assert engine.stop() == 0
        expect_settled(state)
        assert rows(state, COUNT)[0][0] >= before
        assert entries(state)[-1]["action"] == "store.rekey.done"


def S17_rekey_whose_next_key_file_is_gone_says_so_and_is_asked_for_again():
    with Folder() as folder:
        state = begin(folder)
        demo(state)
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20") as engine:
            until("trading", lambda: (status(state) or {}).get("equity"))
            os.mkdir(state / "vault")  # the vault has to get the new key: this is none
            good(store(state, *local(state)))
            until("a failure", lambda: "vault" in (((status(state) or {}).get("rekey") or {}).get("last_error") or ""))
            engine.process.kill()
            engine.wait()
        os.rmdir(state / "vault")
        (state / "store.key.next").unlink()
        good(store(state, "check"))
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20") as engine:
            until("a failure", lambda: "store.key.next" in (((status(state) or {}).get("rekey") or {}).get("last_error") or ""))
            good(store(state, *local(state)))
            until("the end", lambda: (status(state) or {"rekey": 1})["rekey"] is None and not unfinished(state))
            assert engine.stop() == 0
        expect_settled(state)


def backup_from_before_needs_what_opened_the_store_then():
    with Folder() as folder:
        state, copy, key, config = begin(folder), folder / "copy", folder / "new.key", folder / "config.json"
        config.write_text(json.dumps({"store": {"key_file": str(key)}}))
        words = ("--config", str(config), "--data-dir", str(state))
        demo(state)
        before = rows(state, COUNT)
        good(store(state, "backup", str(copy)))
        good(store(state, "rekey", "--pages", "--key-file", str(key)))
        os.rename(state / "local.key", folder / "old.key")
        demo(state, "--config", str(config))
        refused(call(*words, "store", "restore", str(copy)), 4, "an earlier key of the store made the backup")
        good(call(*words, "store", "restore", str(copy), "--key-file", str(folder / "old.key")))
        good(call(*words, "store", "check"))  # its pages have the key of now
        shutil.copy(key, state / "local.key")
        assert rows(state, COUNT) == before
        other = folder / "other"  # and on another machine, with the key of then
        good(call("--data-dir", str(other), "store", "restore", str(copy), "--key-file", str(folder / "old.key")))


run([S17_pages_get_a_new_key_and_what_was_copied_before_is_named,
     S17_running_engine_gives_every_page_the_new_key_while_it_trades,
     S17_disk_that_fails_and_a_kill_leave_a_rekey_that_goes_on,
     S17_rekey_whose_next_key_file_is_gone_says_so_and_is_asked_for_again,
     backup_from_before_needs_what_opened_the_store_then])
