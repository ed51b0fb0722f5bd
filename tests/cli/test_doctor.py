# SPDX-License-Identifier: GPL-3.0-or-later
"""qtrade doctor: each thing that it looks at, made bad on purpose."""
import ctypes
import errno
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(os.environ["QT_SOURCE"]) / "tests/end_to_end"))
from qt_program import BINARY, Folder, Skip, call, run  # noqa: E402


def ask(folder, *words, limits="", env=None):
    """The findings by name, the exit status and stderr."""
    words = [BINARY, "--data-dir", str(folder), *words, "doctor", "--json"]
    done = subprocess.run(["sh", "-c", f'{limits} exec "$0" "$@"', *words], capture_output=True, text=True,
                          env=dict(os.environ, **(env or {})), timeout=60, check=False)
    document = json.loads(done.stdout)
    rows = {row["name"]: row for row in document["checks"]}
    assert document["bad"] == sum(row["state"] == "bad" for row in rows.values())
    assert document["warnings"] == sum(row["state"] == "warning" for row in rows.values())
    assert done.returncode == (1 if document["bad"] else 0), done.returncode
    return rows, done


def a_fresh_folder_has_nothing_bad():
    with Folder() as folder:
        rows, done = ask(folder)
        assert not [row for row in rows.values() if row["state"] == "bad"], rows
        assert "paper" in rows["credentials"]["detail"]
        assert done.stderr == ""


def folder_that_is_not_there_is_not_made():
    with Folder() as folder:
        missing = folder / "none" / "yet"
        rows, _ = ask(missing)
        assert rows["folder"]["state"] == "good" and not missing.parent.exists()


class Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("n", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]


def take_calls(*numbers):
    """From now on these system calls are not there, as on a kernel without them."""
    load, equal, answer, absent = 0x20, 0x15, 0x06, 0x00050000 | errno.ENOSYS
    rows = [(load, 0, 0, 0)]
    for number in numbers:
        rows += [(equal, 0, 1, number), (answer, 0, 0, absent)]
    rows += [(answer, 0, 0, 0x7fff0000)]
    code = (Filter * len(rows))(*[Filter(*row) for row in rows])
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(Program(len(rows), code))) == 0


def walls_that_the_kernel_or_the_config_takes_away_are_warned_of():
    seccomp = {"x86_64": 317, "aarch64": 277}.get(os.uname().machine)
    with Folder() as folder:
        rows, _ = ask(folder)
        if rows["seccomp"]["state"] != "good" or rows["landlock"]["state"] != "good":
            raise Skip("this kernel or build has no walls to take away: " + rows["seccomp"]["detail"])
        done = subprocess.run([BINARY, "--data-dir", str(folder), "doctor", "--json"], capture_output=True, text=True,
                              timeout=60, check=False, preexec_fn=lambda: take_calls(444, seccomp))
        rows = {row["name"]: row for row in json.loads(done.stdout)["checks"]}
        for name in ("landlock", "seccomp"):
            assert rows[name]["state"] == "warning" and "this kernel has none" in rows[name]["detail"], rows[name]
            assert rows[name]["advice"]
        config = folder / "qtrade.json"
        config.write_text('{"sandbox": {"enabled": false}}')
        rows, _ = ask(folder, "--config", str(config))
        for name in ("landlock", "seccomp"):
            assert rows[name]["state"] == "warning" and rows[name]["detail"] == "sandbox.enabled is false", rows[name]


def A4_folder_open_to_others_is_bad():
    with Folder() as folder:
        folder.chmod(0o755)
        rows, done = ask(folder)
        assert rows["folder"]["state"] == "bad" and "chmod 700" in rows["folder"]["detail"]
        assert done.stderr.startswith("qtrade: 1 of ")


def A4_folder_that_is_a_link_is_bad():
    with Folder() as folder:
        link = folder / "link"
        link.symlink_to(folder)
        assert ask(link)[0]["folder"]["state"] == "bad"


def bad_config_is_named_with_its_place():
    with Folder() as folder:
        config = folder / "qtrade.json"
        config.write_text('{"risk": {"max_position_pct": "much"}}')
        rows, _ = ask(folder, "--config", str(config))
        assert rows["config"]["state"] == "bad" and "qtrade.json" in rows["config"]["detail"]


def K5_credentials_that_others_can_read_are_bad_and_not_shown():
    with Folder() as folder:
        secret = folder / "secret.json"
        secret.write_text('{"key": "abcdef0123456789", "secret": "very-secret-0123456789"}')
        secret.chmod(0o644)
        config = folder / "qtrade.json"
        config.write_text(json.dumps({"venue": {"credentials_file": str(secret)}}))
        rows, done = ask(folder, "--config", str(config))
        assert rows["credentials"]["state"] == "bad", rows["credentials"]
        secret.chmod(0o600)
        rows, done = ask(folder, "--config", str(config))
        assert rows["credentials"]["state"] == "good", rows["credentials"]
        assert "very-secret" not in done.stdout + done.stderr


def K5_key_file_that_is_short_or_open_is_bad():
    with Folder() as folder:
        key = folder / "key"
        config = folder / "qtrade.json"
        config.write_text(json.dumps({"store": {"key_file": str(key)}}))
        for bytes_, mode, wanted in ((31, 0o600, "bad"), (32, 0o644, "bad"), (32, 0o600, "good")):
            key.write_bytes(b"k" * bytes_)
            key.chmod(mode)
            rows, _ = ask(folder, "--config", str(config))
            assert rows["store_key"]["state"] == wanted, rows["store_key"]


def tight_limits_are_warnings_with_advice():
    with Folder() as folder:
        rows, _ = ask(folder, limits="ulimit -n 64; ulimit -l 0;", env={"LC_ALL": "C"})
        for name in ("descriptors", "locked_memory", "locale"):
            assert rows[name]["state"] == "warning" and rows[name]["advice"], rows[name]


def page_says_what_to_do_below_each_finding():
    with Folder() as folder:
        done = call("--data-dir", str(folder), "doctor", env={"LC_ALL": "C"})
        lines = done.stdout.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("locale"))
        assert "warning" in lines[at] and lines[at + 1].strip() == "set LANG=C.UTF-8 for lines and blocks"


run([a_fresh_folder_has_nothing_bad, walls_that_the_kernel_or_the_config_takes_away_are_warned_of,
     folder_that_is_not_there_is_not_made, A4_folder_open_to_others_is_bad, A4_folder_that_is_a_link_is_bad,
     bad_config_is_named_with_its_place, K5_credentials_that_others_can_read_are_bad_and_not_shown,
     K5_key_file_that_is_short_or_open_is_bad, tight_limits_are_warnings_with_advice,
     page_says_what_to_do_below_each_finding])
