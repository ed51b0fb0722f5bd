# SPDX-License-Identifier: GPL-3.0-or-later
"""The encrypted store through the real program: nothing on disk can be read, what opens it is found or missed
in one line, damage is named, and one key serves store and journal."""
import hashlib
import json
import os
import resource
import shutil
import signal
import stat
import struct
import subprocess
import urllib.request

from host_kit import where_is
from qt_exchange import Exchange
from qt_program import BINARY, PATIENCE, Folder, Program, Skip, call, rows, run, seal, status, until
from qt_terminal import Terminal

WORDS = [b"SQLite", b"CREATE", b"BTCUSDT", b"ETHUSDT", b"decisions", b"postings", b"orders_open", b"exchange", b"USDT"]


def demo(folder, seconds="3s", config=None, env=None):
    words = ("--config", str(config)) if config else ()
    return call(*words, "--data-dir", str(folder), "demo", "--headless", "--symbols", "20", "--for", seconds, env=env)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if stat.S_ISREG(path.lstat().st_mode)}


def locked(done, word):
    lines = done.stderr.splitlines()
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert len(lines) == 1 and lines[0].startswith("qtrade: ") and word in lines[0], done.stderr


def check(folder, *words, config=None):
    globals_ = ("--config", str(config)) if config else ()
    return call(*globals_, "--data-dir", str(folder), "store", "check", *words)


def fresh_machine_runs_without_a_question_and_says_what_protects_it():
    with Folder() as folder:
        first, second = demo(folder, "1s"), demo(folder, "1s")
        assert first.returncode == 0 and second.returncode == 0, first.stderr + second.stderr
        told = [line for line in first.stderr.splitlines() if "local.key" in line]
        assert len(told) == 1 and "man qtrade-store" in told[0] and "local.key" not in second.stderr, first.stderr
        for name in ("store.db", "store.key", "local.key"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name


def S14_nothing_in_the_folder_can_be_read_while_it_runs_or_after_a_kill():
    with Folder() as folder:
        with Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "20") as engine:
            until("rows", lambda: (status(folder) or {}).get("equity") and rows(folder, "SELECT * FROM equity"))
            for kill in (False, True):
                if kill:
                    engine.process.kill()
                    engine.wait()
                found = files(folder)
                assert {"store.db", "store.db-wal", "store.db-shm"} <= set(found), sorted(found)
                for name, content in found.items():
                    for word in WORDS:
                        assert word not in content, (name, word, kill)
        assert rows(folder, "SELECT count(*) FROM equity")[0][0] > 0


def everything(folder, pid):
    """Name and bytes of all files below a folder, and of those without a name that a process has open there."""
    found = {str(path): path.read_bytes() for path in folder.rglob("*") if stat.S_ISREG(path.lstat().st_mode)}
    for descriptor in os.listdir(f"/proc/{pid}/fd") if pid else ():
        name = f"/proc/{pid}/fd/{descriptor}"
        try:
            if os.readlink(name).startswith(str(folder)) and os.path.isfile(name):
                found[os.readlink(name)] = open(name, "rb").read()
        except OSError:
            pass  # closed meanwhile
    return found


def expect_private(folder):
    """No file below a folder is others' to read or write."""
    for path in folder.rglob("*"):
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            continue
        assert not stat.S_ISREG(mode) or not mode & 0o077, (path, oct(mode))


class Sight:
    """All that was ever seen in the files below a folder, each content once; and of files without a name there."""

    def __init__(self, folder):
        self.folder, self.seen = folder, {}

    def look(self, pid=None):
        expect_private(self.folder)
        for name, content in everything(self.folder, pid).items():
            self.seen.setdefault((name, hashlib.sha256(content).digest()), content)

    def names(self):
        return {os.path.relpath(name, self.folder) for name, _ in self.seen}

    def shown(self, words, known):
        """Words that can be read, with the file's name; known: of those, in that file, that is meant to be so."""
        return {(os.path.relpath(name, self.folder), word) for (name, _), content in self.seen.items() for word in words
                if word in content and not known(name, word)}


def words_of(exchange, state):
    """What must not be readable: every symbol, order and key, however a program would write it."""
    with urllib.request.urlopen(exchange.rest + "/api/v3/exchangeInfo") as answer:
        symbols = [row["symbol"] for row in json.load(answer)["symbols"]]
    words = {exchange.key, exchange.secret, "SELECT", "selected", "TRENDING", *symbols, *(s.lower() for s in symbols)}
    words |= {bytes.fromhex(text) for text in (exchange.key, exchange.secret)}
    at_venue = [order for symbol in symbols for order in exchange.ask("/api/v3/allOrders", symbol=symbol)]
    assert at_venue and len(symbols) == 12, (len(at_venue), symbols)
    words |= {text for order in at_venue for text in (order["clientOrderId"], str(order["orderId"]))}
    for client_id, venue_id in rows(state, "SELECT client_id, venue_id FROM orders"):
        words |= {f"{client_id:x}", str(client_id), str(venue_id)}
        words |= {client_id.to_bytes(8, which) for which in ("little", "big")} if client_id >= 1 << 40 else set()
    words = {word if isinstance(word, bytes) else word.encode() for word in words}
    return {word for word in words if len(word) >= 6}  # shorter ones are found in what is random too


def S14_no_symbol_order_or_key_is_in_any_byte_of_a_session():
    with Folder() as folder, Exchange(folder) as exchange:
        state, backups, config = folder / "all/state", folder / "all/backups", folder / "config.json"
        os.makedirs(state, 0o700)
        venue = {name: url for name, url in exchange.config.items() if name != "credentials_file"}
        config.write_text(json.dumps({
            "venue": venue, "scan": {"top": 10, "max_correlation": 0.99},
            "strategy": {"entry_strength": 0.05, "entry_confidence": 0.05, "bear_extra": 0, "exit_strength": 1,
                         "cooldown_min": 0},
            "engine": {"sync_s": 5, "state_min": 1}, "backup": {"folder": str(backups)}}))
        words = ("--config", str(config), "--data-dir", str(state))
        reader, writer = os.pipe()
        os.write(writer, f"{exchange.key}\n{exchange.secret}\n".encode())
        os.close(writer)
        done = subprocess.run([BINARY, *words, "keys", "add", "main", "--fd", str(reader)], pass_fds=[reader],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr
        seal(config, state)
        sight, key = Sight(folder / "all"), (state / "local.key").read_bytes()
        with Program("-v", *words, "run", "--live", "--headless") as engine:
            until("orders", lambda: (status(state) or {}).get("equity") and rows(state, "SELECT * FROM orders"))
            until("a backup", lambda: backups.is_dir() and list(backups.glob("*.backup")))
            sight.look(engine.process.pid)
            local = ("--key-file", str(state / "local.key"))
            done = call(*words, "store", "rekey", "--pages", *local)
            assert done.returncode == 0, done.stderr
            until("every page has another key", lambda: (sight.look(engine.process.pid),
                  (status(state) or {"rekey": 1})["rekey"] is None and not (state / "store.key.next").exists())[1])
            hidden = words_of(exchange, state)
            sight.look(engine.process.pid)
            engine.process.kill()
            engine.wait()
        sight.look()
        with Program("-v", *words, "run", "--live", "--headless") as engine:  # and one that ends in order
            until("equity", lambda: (status(state) or {}).get("equity"))
            assert engine.stop() == 0
        sight.look()
        hidden |= words_of(exchange, state)
        assert {"state/store.db", "state/store.db-wal", "state/store.key.next", "state/intents",
                "state/vault", "state/audit.heads"} <= sight.names(), sorted(sight.names())
        for kind in (".qtj", ".qts", ".backup"):
            assert any(name.endswith(kind) for name in sight.names()), (kind, sorted(sight.names()))
        # what was sealed is signed, not hidden: it stands in the config's own file as well
        public = call("--config", str(config), "config", "show").stdout.encode() + b'"config"'
        shown = sight.shown(hidden | {key, b"config"}, lambda name, word: name.endswith("config.seal") and word in public)
        assert shown == {("state/local.key", key)}, shown  # that one as a control: what is there is found


def writes_of(folder, *words):
    """System calls that would change a file of the folder, as strace saw them."""
    if not shutil.which("strace"):
        return []  # what is compared below stands
    trace = folder.parent / f"{folder.name}.strace"
    done = subprocess.run(["strace", "-f", "-y", "-o", str(trace), "-e", "trace=write,pwrite64,writev,pwritev,pwritev2,"
                           "ftruncate,truncate,fallocate,unlink,unlinkat,rename,renameat,renameat2,link,linkat,fsync,"
                           "fdatasync,openat,mkdir,mkdirat,fchmod,sendfile", BINARY, "--data-dir", str(folder), *words],
                          capture_output=True, text=True, timeout=PATIENCE, check=False,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})  # who looks for leaks may not be traced
    lines = trace.read_text().splitlines() if trace.exists() else []
    trace.unlink(missing_ok=True)
    if "ptrace" in done.stderr and done.returncode:
        return []  # nobody may be traced here
    assert done.returncode == 0 and any("store.db" in line for line in lines), (done.stderr, lines[-5:])
    # the index of the log is shared memory, opened by all who read; its pages are mapped, not written
    return [line for line in lines if str(folder) in line and "store.db-shm" not in line
            and not ("openat(" in line and "O_WRONLY" not in line and "O_TRUNC" not in line)]


def S13_check_beside_an_engine_only_reads():
    with Folder() as folder:
        with Program("--data-dir", str(folder), "demo", "--headless", "--symbols", "20") as engine:
            until("rows", lambda: (status(folder) or {}).get("equity"))
            for _ in range(10):
                done = check(folder, "--json")
                assert done.returncode == 0 and json.loads(done.stdout)["sound"] is True, done.stderr
            writes = writes_of(folder, "store", "check")
            assert writes == [], writes
            engine.process.kill()
            engine.wait()
        before = files(folder)
        assert len(before["store.db-wal"]) > 4096
        info = json.loads(call("--data-dir", str(folder), "store", "info", "--json").stdout)
        assert info["rows"]["equity"] > 0 and info["opened_by"] == "local.key" and info["log_bytes"] > 4096, info
        assert check(folder).returncode == 0
        after = files(folder)
        for name in ("store.db", "store.db-wal", "store.key"):
            assert before[name] == after[name], name
        if shutil.which("strace"):
            writes = writes_of(folder, "demo", "--headless", "--symbols", "2", "--for", "1s")
            assert any("store.db-wal" in line for line in writes), "one that writes would not be seen"


def S16_K5_wrong_key_is_one_line_and_touches_nothing():
    with Folder() as folder:
        state, key, config = folder / "state", folder / "key", folder / "config.json"
        os.mkdir(state, 0o700)
        config.write_text(json.dumps({"store": {"key_file": str(key)}}))
        locked(demo(state, config=config), "No such file")
        assert not (state / "store.db").exists()
        key.write_bytes(os.urandom(32))
        key.chmod(0o600)
        assert demo(state, "1s", config).returncode == 0
        assert not (state / "local.key").exists()
        good, before = key.read_bytes(), files(state)
        before.pop("lock")
        for content, mode, word in ((os.urandom(32), 0o600, "does not open"), (b"", 0o600, "32 bytes"),
                                    (good[:31], 0o600, "32 bytes"), (good + b"x", 0o600, "32 bytes"),
                                    (good, 0o644, "chmod 600")):
            key.write_bytes(content)
            key.chmod(mode)
            locked(demo(state, config=config), word)
            locked(check(state, config=config), word)
        nearly = [bytes([good[0] ^ 1]) + good[1:], good[:31] + bytes([good[31] ^ 128]), bytes(32), os.urandom(32)]
        told = set()
        for content in nearly:  # no text says how near it was
            key.write_bytes(content)
            key.chmod(0o600)
            told.add(check(state, config=config).stderr)
        assert len(told) == 1, told
        key.unlink()
        key.mkdir()
        locked(check(state, config=config), "a key must be a file")
        after = files(state)
        after.pop("lock")
        assert before == after
        key.rmdir()
        key.write_bytes(good)
        key.chmod(0o600)
        assert check(state, config=config).returncode == 0
        key.chmod(0o600)
        (folder / "credentials").mkdir()
        (folder / "credentials/qtrade-store").write_bytes(good)
        done = call("--data-dir", str(state), "store", "check", env={"CREDENTIALS_DIRECTORY": str(folder / "credentials")})
        assert done.returncode == 0, done.stderr
        locked(check(state), "local.key")


def K5_key_that_does_not_fit_on_the_disk_is_not_left_in_part():
    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))

    with Folder() as folder:
        state, config = folder / "state", folder / "config.json"
        os.mkdir(state, 0o700)
        words = [BINARY, "--data-dir", str(state)]

        def refused(*more):
            done = subprocess.run([*words, *more], preexec_fn=limited, capture_output=True, text=True, timeout=PATIENCE,
                                  check=False)
            assert done.returncode == 1 and done.stderr.count("\n") == 1, (done.returncode, done.stderr)
            assert "store's key: No space left" in done.stderr, done.stderr
        refused("demo", "--headless", "--symbols", "2", "--for", "1s")
        assert not (state / "local.key").exists() and not (state / "store.key").exists()
        assert demo(state, "1s").returncode == 0
        before = files(state)
        refused("store", "rekey", "--key-file", str(folder / "new.key"))
        assert not (folder / "new.key").exists() and files(state) == before
        assert check(state).returncode == 0
        assert call(*words[1:], "store", "rekey", "--key-file", str(folder / "new.key")).returncode == 0
        config.write_text(json.dumps({"store": {"key_file": str(folder / "new.key")}}))
        assert check(state, config=config).returncode == 0


def damage_is_named_and_nothing_is_traded_on_it():
    with Folder() as folder:
        assert demo(folder).returncode == 0
        path = folder / "store.db"
        good = bytearray(path.read_bytes())
        page = 35 * 4096 + 2 * 4096  # the third page
        path.write_bytes(good[:page + 99] + bytes([good[page + 99] ^ 8]) + good[page + 100:])
        for done in (check(folder), demo(folder, "1s")):
            assert done.returncode == 6 and "page 3 was changed" in done.stderr, (done.returncode, done.stderr)
        path.write_bytes(good[:page] + good[page + 4096:page + 8192] + good[page + 4096:])
        done = check(folder)
        assert done.returncode == 6 and "page 3" in done.stderr, done.stderr
        path.write_bytes(good[:8192])
        assert check(folder).returncode == 6
        path.unlink()
        done = demo(folder, "1s")
        assert done.returncode == 6 and "missing" in done.stderr and not path.exists(), done.stderr
        path.write_bytes(good)
        (folder / "store.key").rename(folder / "aside")
        locked(demo(folder, "1s"), "store.key is missing")
        locked(check(folder), "no store.key")
        (folder / "aside").rename(folder / "store.key")
        assert check(folder).returncode == 0


def passphrase_is_asked_for_at_the_terminal_only():
    with Folder() as folder:
        assert demo(folder, "1s").returncode == 0
        data = ("--data-dir", str(folder))
        before = (folder / "store.key").read_bytes()
        terminal = Terminal(*data, "store", "rekey")
        terminal.answer("new passphrase: ", "correct horse")
        terminal.answer("and again: ", "correct house")
        assert terminal.end() == 4 and (folder / "store.key").read_bytes() == before
        terminal = Terminal(*data, "store", "rekey")
        terminal.answer("new passphrase: ", "correct horse")
        terminal.answer("and again: ", "correct horse")
        terminal.expect("opens the store now")
        assert "correct" not in terminal.text and terminal.end() == 0
        for line, expected in (("correct horse", 0), ("correct house", 4), ("", 4)):
            terminal = Terminal(*data, "store", "check")
            terminal.answer("passphrase of the store: ", line)
            assert terminal.end() == expected, (line, expected)
        done = subprocess.run([BINARY, *data, "store", "check"], capture_output=True, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, start_new_session=True, check=False)
        locked(done, "no terminal")
        terminal = Terminal(*data, "store", "rekey", "--key-file", str(folder / "new.key"))
        terminal.answer("passphrase of the store: ", "correct horse")
        assert terminal.end() == 0
        locked(check(folder), "does not open it")
        config = folder / "config.json"
        config.write_text(json.dumps({"store": {"key_file": str(folder / "new.key")}}))
        assert check(folder, config=config).returncode == 0


def S17_passphrase_and_the_key_of_all_pages_change_and_an_older_backup_wants_both():
    with Folder() as folder:
        state, copy = folder / "state", folder / "copy"
        assert demo(state, "1s").returncode == 0
        data = ("--data-dir", str(state))
        terminal = Terminal(*data, "store", "rekey")
        terminal.answer("new passphrase: ", "correct horse")
        terminal.answer("and again: ", "correct horse")
        assert terminal.end() == 0
        terminal = Terminal(*data, "store", "backup", str(copy))
        terminal.answer("passphrase of the store: ", "correct horse")
        assert terminal.end() == 0
        terminal = Terminal(*data, "store", "rekey", "--pages")
        terminal.answer("passphrase of the store: ", "correct horse")
        terminal.answer("new passphrase: ", "battery staple")
        terminal.answer("and again: ", "battery staple")
        terminal.expect("the former key is dropped")
        assert "battery" not in terminal.text and terminal.end() == 0
        terminal = Terminal(*data, "store", "restore", str(copy))
        terminal.answer("passphrase of the store: ", "battery staple")
        terminal.answer("passphrase of the store when the backup was made: ", "correct horse")
        assert terminal.end() == 0
        expect_private(folder)
        for line, expected in (("battery staple", 0), ("correct horse", 4)):
            terminal = Terminal(*data, "store", "check")
            terminal.answer("passphrase of the store: ", line)
            assert terminal.end() == expected, (line, expected)


def k4_passphrase_without_its_256_mib_is_refused_and_never_made_cheaper():
    space = 200 << 20

    def limited():
        resource.setrlimit(resource.RLIMIT_AS, (space, space))

    with Folder() as folder:
        data = ("--data-dir", str(folder))
        assert demo(folder, "1s").returncode == 0
        if subprocess.run([BINARY, *data, "store", "info"], preexec_fn=limited, capture_output=True,
                          check=False).returncode:
            raise Skip("this build does not start in so little memory")
        before = (folder / "store.key").read_bytes()
        for limit, expected in ((space, 1), (None, 0)):
            terminal = Terminal(*data, "store", "rekey", address_space=limit)
            terminal.answer("new passphrase: ", "correct horse")
            terminal.answer("and again: ", "correct horse")
            terminal.expect("256 MiB" if limit else "opens the store now")
            assert terminal.end() == expected
            assert ((folder / "store.key").read_bytes() == before) == bool(limit)
        operations, memory = struct.unpack_from("<QQ", (folder / "store.key").read_bytes(), 16)
        assert operations >= 3 and memory >= 256 << 20, (operations, memory)
        for limit, expected in ((space, 1), (None, 0)):
            terminal = Terminal(*data, "store", "check", address_space=limit)
            terminal.answer("passphrase of the store: ", "correct horse")
            assert terminal.end() == expected


def k3_key_and_passphrase_are_in_no_memory_once_the_store_is_open():
    def hidden(pid, word):
        """False: this process may not be looked into."""
        try:
            places = where_is(pid, word)
        except PermissionError:
            return False
        assert all("dd" in flags and "lo" in flags for flags in places), places
        return True

    with Folder() as folder:
        data, phrase = ("--data-dir", str(folder)), "correct horse battery staple"
        session = (*data, "demo", "--headless", "--symbols", "3")
        with Program(*session) as engine:
            until("equity", lambda: (status(folder) or {}).get("equity"))
            if not hidden(engine.process.pid, (folder / "local.key").read_bytes()):
                raise Skip("the memory of another process cannot be read here")
            assert where_is(engine.process.pid, str(folder).encode()), "what is there is not found"
            assert engine.stop() == 0
        terminal = Terminal(*data, "store", "rekey")
        terminal.answer("new passphrase: ", phrase)
        terminal.answer("and again: ", phrase)
        assert terminal.end() == 0
        terminal = Terminal(*session)
        terminal.answer("passphrase of the store: ", phrase)
        until("equity", lambda: (status(folder) or {}).get("equity"))
        assert hidden(terminal.child, phrase.encode())
        told = call(*data, "status", "--json").stdout + terminal.text
        proc = f"/proc/{terminal.child}"
        assert phrase not in told + open(f"{proc}/environ").read() + open(f"{proc}/cmdline").read()
        os.kill(terminal.child, signal.SIGTERM)
        assert terminal.end() == 0 and phrase not in terminal.text


def run_keeps_one_key_for_store_and_journal():
    with Folder() as folder, Program("venue", "serve", "--symbols", "10") as venue:
        state, config = folder / "state", folder / "config.json"
        os.mkdir(state, 0o700)

        def urls():
            lines = venue.text().splitlines()
            return dict(line.partition("=")[::2] for line in lines if "=" in line) if "ready" in lines else None

        found = until("the venue", urls)
        config.write_text(json.dumps({"venue": {"rest_url": found["rest"], "ws_url": found["stream"],
                                                "ws_api_url": found["api"]}}))
        words = ("--config", str(config), "--data-dir", str(state))
        for _ in range(2):  # the second goes on with the first's key
            done = call(*words, "run", "--headless", "--for", "3s")
            assert done.returncode == 0, done.stderr
        assert not list(state.rglob("journal.key"))
        journal = str(state / "journal")
        done = call("replay", journal, "--verify", "--json")
        assert done.returncode == 0 and json.loads(done.stdout)["ending"] == "closed", done.stderr
        other = state / "local.key"
        other.write_bytes(hashlib.sha256(other.read_bytes()).digest())
        locked(call("replay", journal, "--verify"), "does not open it")


def jobs_of_store_that_are_none_are_refused():
    with Folder() as folder:
        for words, code in ((("store",), 2), (("store", "burn"), 2), (("store", "check", "--key-file", "x"), 2),
                            (("store", "check"), 4), (("store", "info"), 4), (("store", "rekey"), 4)):
            done = call("--data-dir", str(folder), *words)
            assert done.returncode == code and done.stderr.count("\n") == 1, (words, done.returncode, done.stderr)
        assert list(folder.iterdir()) == []


run([fresh_machine_runs_without_a_question_and_says_what_protects_it,
     S14_nothing_in_the_folder_can_be_read_while_it_runs_or_after_a_kill,
     S14_no_symbol_order_or_key_is_in_any_byte_of_a_session, S13_check_beside_an_engine_only_reads,
     S16_K5_wrong_key_is_one_line_and_touches_nothing, K5_key_that_does_not_fit_on_the_disk_is_not_left_in_part,
     damage_is_named_and_nothing_is_traded_on_it,
     passphrase_is_asked_for_at_the_terminal_only,
     S17_passphrase_and_the_key_of_all_pages_change_and_an_older_backup_wants_both,
     k4_passphrase_without_its_256_mib_is_refused_and_never_made_cheaper, run_keeps_one_key_for_store_and_journal,
     k3_key_and_passphrase_are_in_no_memory_once_the_store_is_open,
     jobs_of_store_that_are_none_are_refused])
