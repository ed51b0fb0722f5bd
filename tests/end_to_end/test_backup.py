# SPDX-License-Identifier: GPL-3.0-or-later
"""store backup and store restore through the real program: beside an engine that trades, on another machine, and
onto a disk that is full (S19)."""
import json
import os
import stat
import subprocess

from qt_program import Folder, Program, Skip, call, rows, run, status, until

COUNT = "SELECT count(*) FROM decisions"


def store(folder, *words):
    return call("--data-dir", str(folder), "store", *words)


def content(folder):
    """What lies in a folder, but for the lock and the memory that readers share."""
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if stat.S_ISREG(path.lstat().st_mode) and path.name not in ("lock", "store.db-shm")}


def short_demo(folder):
    done = call("--data-dir", str(folder), "demo", "--headless", "--symbols", "20", "--for", "2s")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done, code, word):
    assert done.returncode == code and word in done.stderr, (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1 and done.stdout == "", done.stderr + done.stdout


def S19_backup_beside_an_engine_is_restored_when_it_has_ended():
    with Folder() as folder:
        state, copy = folder / "state", folder / "copy"
        os.mkdir(state, 0o700)
        with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20") as engine:
            until("decisions", lambda: (status(state) or {}).get("equity") and rows(state, COUNT)[0][0] > 0)
            before = rows(state, COUNT)[0][0]
            done = store(state, "backup", str(copy), "--json")
            after = rows(state, COUNT)[0][0]
            assert done.returncode == 0, done.stderr
            told = json.loads(done.stdout)
            assert told["bytes"] == copy.stat().st_size and told["schema"] >= 2 and told["rows"] > 0, told
            assert stat.S_IMODE(copy.stat().st_mode) == 0o600
            refused(store(state, "restore", str(copy)), 1, "another qtrade")
            until("more", lambda: rows(state, COUNT)[0][0] > after)
            assert engine.stop() == 0
        now = rows(state, COUNT)[0][0]
        done = store(state, "restore", str(copy), "--json")
        assert done.returncode == 0, done.stderr
        restored = json.loads(done.stdout)
        assert restored["id"] == told["id"] and restored["rows"] == told["rows"], (restored, told)
        assert restored["kept"] == str(state / "store.db.before-restore")
        assert before <= rows(state, COUNT)[0][0] <= after < now
        assert store(state, "check").returncode == 0
        assert rows(state, "SELECT mode FROM modes ORDER BY id DESC LIMIT 1") == [["PAUSED"]]
        numbered = rows(state, "SELECT max(seq) FROM audit")[0][0]
        assert short_demo(state)["mode"] == "PAUSED"  # an engine goes on with it, and does not trade on an old book
        assert rows(state, f"SELECT count(*) FROM decisions WHERE seq > {numbered}")[0][0] > 0
        assert sorted(path.name for path in folder.iterdir()) == ["copy", "state"]


def backups_by_the_clock_are_made_while_it_trades():
    with Folder() as folder:
        state, backups, config = folder / "state", folder / "backups", folder / "config.json"
        os.mkdir(state, 0o700)
        config.write_text(json.dumps({"backup": {"folder": str(backups)}}))
        with Program("--data-dir", str(state), "--config", str(config), "demo", "--headless", "--symbols", "20") as engine:
            until("a backup", lambda: backups.is_dir() and list(backups.glob("store-*Z.backup")))
            part = until("its part", lambda: [each for each in (status(state) or {}).get("components", [])
                                              if each["component"] == "backup" and each["state"] == "running"])[0]
            assert part["failures"] == 0 and part["needs"] == ["store"], part
            assert engine.stop() == 0
        made = list(backups.iterdir())
        assert len(made) == 1 and stat.S_IMODE(made[0].stat().st_mode) == 0o600, made
        assert store(state, "restore", str(made[0])).returncode == 0
        assert store(state, "check").returncode == 0
        config.write_text(json.dumps({"backup": {"folder": str(state / "store.db")}}))
        done = call("--data-dir", str(state), "--config", str(config), "demo", "--headless", "--for", "2s")
        assert done.returncode != 0 and "backup.folder" in done.stderr, done.stderr


def backup_opens_elsewhere_with_what_opened_the_store():
    with Folder() as folder:
        state, other, copy = folder / "state", folder / "other", folder / "copy"
        os.mkdir(state, 0o700)
        short_demo(state)
        assert store(state, "backup", str(copy)).returncode == 0
        wrong = folder / "wrong.key"
        wrong.write_bytes(os.urandom(32))
        wrong.chmod(0o600)
        refused(store(other, "restore", str(copy)), 4, "--key-file")
        refused(store(other, "restore", str(copy), "--key-file", str(wrong)), 4, "does not open")
        assert not other.exists()
        done = store(other, "restore", str(copy), "--key-file", str(state / "local.key"))
        assert done.returncode == 0 and "opens it" in done.stdout, done.stderr
        (other / "local.key").write_bytes((state / "local.key").read_bytes())
        (other / "local.key").chmod(0o600)
        assert rows(other, COUNT) == rows(state, COUNT)
        # A folder with a store of its own is none of the backup's business.
        third = folder / "third"
        os.mkdir(third, 0o700)
        short_demo(third)
        before = content(third)
        refused(store(third, "restore", str(copy), "--force"), 6, "another one")
        assert content(third) == before


def rekeyed_store_still_takes_its_older_backup():
    with Folder() as folder:
        state, copy, key = folder / "state", folder / "copy", folder / "new.key"
        os.mkdir(state, 0o700)
        short_demo(state)
        assert store(state, "backup", str(copy)).returncode == 0
        assert store(state, "rekey", "--key-file", str(key)).returncode == 0
        refused(store(state, "restore", str(copy)), 4, "does not open")
        done = store(state, "restore", str(copy), "--key-file", str(key))
        assert done.returncode == 0, done.stderr


def words_that_are_wrong_are_refused():
    with Folder() as folder:
        copy = str(folder / "copy")
        for words, code in ((("backup",), 2), (("backup", copy, "--key-file", "x"), 2), (("info", copy), 2),
                            (("check", "--force"), 2), (("restore",), 2), (("restore", copy), 1), (("backup", copy), 4)):
            done = store(folder, *words)
            assert done.returncode == code and done.stderr.count("\n") == 1, (words, done.returncode, done.stderr)
        done = call("store", "restore", copy)
        assert done.returncode == 2 and "--data-dir" in done.stderr, done.stderr
        assert list(folder.iterdir()) == []


def fill(folder, leave=0):
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass
        ballast.truncate(max(0, ballast.tell() - leave))


def S19_full_disk_leaves_the_target_and_the_store_as_they_were():
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    with Folder() as folder, Folder() as small:
        state, copy = folder / "state", folder / "copy"
        os.mkdir(state, 0o700)
        short_demo(state)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", str(small)],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Skip(f"no file system can be mounted here: {done.stderr.strip()}")
        try:
            for leave in (0, 65536, 300 << 10):  # in the copy, in the copy, in the stream
                fill(small, leave)
                done = store(state, "backup", str(small / "copy"))
                assert done.returncode == 1 and done.stderr.count("\n") == 1, (leave, done.returncode, done.stderr)
                assert os.listdir(small) == ["ballast"], (leave, os.listdir(small))
            (small / "ballast").unlink()
            assert store(state, "backup", str(copy)).returncode == 0
            there = small / "state"
            os.mkdir(there, 0o700)
            for name in ("store.db", "store.key", "local.key"):
                (there / name).write_bytes((state / name).read_bytes())
                (there / name).chmod(0o600)
            assert store(there, "check").returncode == 0
            before = content(there)
            for leave in (0, 65536, 131072):
                fill(small, leave)
                done = store(there, "restore", str(copy))
                assert done.returncode == 1 and "No space left" in done.stderr, (leave, done.returncode, done.stderr)
                assert content(there) == before, leave
            (small / "ballast").unlink()
            assert store(there, "restore", str(copy)).returncode == 0
        finally:
            subprocess.run(["umount", str(small)], check=False)


run([S19_backup_beside_an_engine_is_restored_when_it_has_ended, backups_by_the_clock_are_made_while_it_trades,
     backup_opens_elsewhere_with_what_opened_the_store, rekeyed_store_still_takes_its_older_backup,
     words_that_are_wrong_are_refused, S19_full_disk_leaves_the_target_and_the_store_as_they_were])
