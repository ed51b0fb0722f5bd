# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts under a real file system (S3): ext4 in a file, from which power is taken by its own ioctl, so that what
was not synced is gone; the boot id is another one afterwards. And kill -9 in a loop (S1), the start after it measured.
QT_POWER_CUTS says how many cuts (2), QT_KILLS how many kills (8)."""
import fcntl
import os
import random
import shutil
import struct
import subprocess
import time
import uuid

from qt_program import BINARY, Folder, Program, Skip, call, rows, run, status, until

SHUTDOWN, AND_FORGET = 0x8004587D, 2  # EXT4_IOC_SHUTDOWN, without writing the journal first
MODE = "SELECT mode FROM modes ORDER BY id DESC LIMIT 1"
ACKNOWLEDGED = ("SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM postings), (SELECT count(*) FROM fills),"
                " (SELECT count(*) FROM modes)")


class Disk:
    """An ext4 of its own, mounted."""

    def __enter__(self):
        if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
            raise Skip("needs root and mkfs.ext4 to mount a file system")
        namespace = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True, check=False)
        if namespace.returncode != 0:  # a chroot whose root is no mount
            raise Skip(f"no mount namespace can be made here: {namespace.stderr.strip()}")
        self.folder = Folder()
        path = self.folder.__enter__()
        self.image, self.at = path / "image", path / "at"
        self.at.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(96 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(self.image)], check=True)
        self.mount()
        return self

    def mount(self):
        done = subprocess.run(["mount", "-o", "loop", str(self.image), str(self.at)], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            self.folder.__exit__()
            raise Skip(f"no file system can be mounted here: {done.stderr.strip()}")

    def cut_power(self):
        folder = os.open(self.at, os.O_RDONLY)
        fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", AND_FORGET))
        os.close(folder)

    def unmount(self):
        until("unmounted", lambda: subprocess.run(["umount", str(self.at)], capture_output=True, check=False).returncode == 0)

    def __exit__(self, *exc):
        subprocess.run(["umount", "-l", str(self.at)], capture_output=True, check=False)
        self.folder.__exit__()


def after_a_boot(path, *words):
    """qtrade as it runs when the machine was off: with another boot id."""
    other = path / "boot_id"
    other.write_text(f"{uuid.uuid4()}\n")
    return subprocess.run(["unshare", "-m", "sh", "-c", 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"',
                           str(other), BINARY, *words], capture_output=True, text=True, timeout=120, check=False)


def expect_whole(state, seen):
    found = rows(state, ACKNOWLEDGED)[0]
    assert all(now >= before for now, before in zip(found, seen)), (seen, found)


def S3_power_cut_under_ext4_leaves_all_that_was_acknowledged():
    with Disk() as disk, Folder() as aside:
        state = disk.at / "state"
        os.mkdir(state, 0o700)
        for _ in range(int(os.environ.get("QT_POWER_CUTS", "2"))):
            with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20", "--speed", "20") as engine:
                before = rows(state, ACKNOWLEDGED)[0] if (state / "store.db").exists() else [0]
                until("rows", lambda: (status(state) or {}).get("equity") and rows(state, ACKNOWLEDGED)[0][0] > before[0])
                time.sleep(random.random())
                seen = rows(state, ACKNOWLEDGED)[0]
                disk.cut_power()
                engine.process.kill()
                engine.wait()
            disk.unmount()
            disk.mount()
            done = after_a_boot(aside, "--data-dir", str(state), "demo", "--headless", "--symbols", "20", "--for", "1s")
            assert done.returncode == 0, done.stderr
            expect_whole(state, seen)
            assert call("--data-dir", str(state), "store", "check").returncode == 0


def S1_kill_under_write_load_loses_nothing_acknowledged():
    with Folder() as state:
        starts, seen, mode = [], None, None
        for turn in range(int(os.environ.get("QT_KILLS", "5"))):
            begun = time.monotonic()
            with Program("--data-dir", str(state), "demo", "--headless", "--symbols", "20", "--speed", "20") as engine:
                until("its answer", lambda: (status(state) or {}).get("equity"))
                starts.append(time.monotonic() - begun)
                if seen:
                    expect_whole(state, seen)
                    assert mode in ([], rows(state, MODE)), mode
                until("rows", lambda: rows(state, ACKNOWLEDGED)[0][0] > (seen or [0])[0])
                if turn % 3 == 1:
                    call("--data-dir", str(state), "reduce", "--reason", f"turn {turn}")
                    until("reduced", lambda: rows(state, MODE)[0][0] == "REDUCED")
                time.sleep(random.random() / 2)
                seen, mode = rows(state, ACKNOWLEDGED)[0], rows(state, MODE)
                engine.process.kill()
                engine.wait()
        done = call("--data-dir", str(state), "store", "check")
        assert done.returncode == 0, done.stdout + done.stderr
        starts.sort()
        print(f"# {len(starts)} kills, {seen[0]} decisions; start to answer: median {starts[len(starts) // 2]:.2f} s, "
              f"longest {starts[-1]:.2f} s")


run([S3_power_cut_under_ext4_leaves_all_that_was_acknowledged, S1_kill_under_write_load_loses_nothing_acknowledged])
