# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others have written for Binance trade on the simulated exchange, unmodified but for their base URL.

They come from the npm registry, at the versions of package.json, into a folder that ends with the test. What each
does stands in its script, whose lines "ok - NAME" become the cases here.
"""
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))
from qt_program import Folder, Program, until  # noqa: E402

SCRIPTS = ("ccxt.js", "tiagosiebler.js", "official.js", "ccxt_usdm.js", "tiagosiebler_usdm.js", "official_usdm.js")
INSTALL_S, SCRIPT_S = 240, 240
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH",
               "ERR_SOCKET_TIMEOUT", "ENOTCACHED", "E403", "E407", "E502", "E503", "E504")


class Tap:
    """Numbers lines that come from several programs."""

    def __init__(self):
        self.count = self.failed = 0

    def line(self, is_good, text):
        self.count += 1
        self.failed += not is_good
        print(f"{'ok' if is_good else 'not ok'} {self.count} - {text}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


def install(folder):
    """Installs the clients; why not, when the registry cannot be reached."""
    if not shutil.which("npm") or not shutil.which("node"):
        return "node and npm are not installed"
    shutil.copy(HERE / "package.json", folder)
    try:
        done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock",
                               "--no-update-notifier", "--loglevel=error"], cwd=folder, capture_output=True, text=True,
                              timeout=INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        return f"the npm registry did not answer in {INSTALL_S} s"
    if done.returncode == 0:
        return None
    why = next((word for word in UNREACHABLE if word in done.stderr), None)
    assert why, f"npm install failed though the registry answers:\n{done.stderr}"
    return f"the npm registry cannot be reached ({why})"


def environment(text, packages):
    """Where the exchange is, for the scripts. A proxy of this machine is for the way out, not for loopback."""
    words = dict(word.split("=", 1) for line in text.splitlines() for word in line.split() if "=" in word)
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**env, "QT_REST": words["rest"], "QT_STREAM": words["stream"], "QT_API": words["api"],
            "QT_USDM_REST": words["usdm_rest"], "QT_USDM_STREAM": words["usdm_stream"], "QT_USDM_API": words["usdm_api"],
            "QT_KEY": words["key"], "QT_SECRET": words["secret"], "QT_PACKAGES": str(packages)}


def play(script, packages, tap):
    with Program("venue", "serve", "--symbols", "5", start=None) as venue:  # now: a client signs by its own clock
        text = until("the exchange", lambda: "\nready" in venue.text() and venue.text())
        process = subprocess.Popen(["node", str(HERE / script)], env=environment(text, packages), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            out, _ = process.communicate(timeout=SCRIPT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            out += f"\nnot ok - {script} came to an end in {SCRIPT_S} s"
        count = tap.count
        for line in out.splitlines():
            good = line.startswith("ok - ")
            if good or line.startswith("not ok - "):
                tap.line(good, line.split(" - ", 1)[1])
            else:
                print(line if line.startswith("#") else f"# {line}")
        if tap.count == count and "CK_RUN_CASE" not in os.environ:
            tap.line(False, f"{script} says something")
        tap.line(venue.stop() == 0 and "balances conserved" in venue.text(), f"money_is_conserved_after_{script[:-3]}")


def main():
    tap = Tap()
    with Folder() as folder:
        why = install(folder)
        if why:
            tap.line(True, f"clients_from_the_registry_trade # SKIP {why}")
        else:
            for script in SCRIPTS:
                play(script, folder, tap)
    tap.end()


main()
