# SPDX-License-Identifier: GPL-3.0-or-later
"""The program, its help, its manual and its default config say the same."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(os.environ["QT_SOURCE"]) / "tests/end_to_end"))
from qt_program import Folder, Skip, call, run  # noqa: E402

SOURCE = pathlib.Path(os.environ["QT_SOURCE"])
MAN = SOURCE / "man"


def subcommands():
    return re.findall(r"^  ([a-z]+)\s{2,}\S", call("--help").stdout, re.M)


def options(text):
    """Long and short options of a help text."""
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(
        re.match(r"\s+(-\w, )?\s*(--[a-z-]+)?", line).group(0) for line in text.splitlines()
        if re.match(r"\s+(-\w, )?\s*--[a-z-]+", line))))


def page_options(path):
    """Options of the page's list of options."""
    text = path.read_text()
    body = text.split(".Sh OPTIONS")[1].split("\n.Sh ")[0]
    found = set()
    for line in re.findall(r"^\.It (?:Fl|Ic) (.*)$", body, re.M):
        for word in re.findall(r"(?:^|, )(?:Fl )?(\\?-?[a-z][a-z-]*)", line.split(" Ar ")[0]):
            word = word.replace("\\", "")
            found.add("-" + word)
    return found


def every_subcommand_has_its_page_and_help():
    listed = (MAN / "meson.build").read_text()
    commands = subcommands()
    assert len(commands) >= 13, commands
    for command in commands:
        assert (MAN / f"qtrade-{command}.1").exists(), command
        assert f"'qtrade-{command}.1'" in listed, command
        assert f"Xr qtrade-{command} 1" in (MAN / "qtrade.1").read_text(), command
        done = call(command, "--help")
        assert done.returncode == 0 and f" {command}" in done.stdout.splitlines()[0], command


def no_page_is_of_a_subcommand_that_is_not_there():
    pages = {path.name[len("qtrade-"):-2] for path in MAN.glob("qtrade-*.1")}
    assert pages == set(subcommands()), pages ^ set(subcommands())


def help_and_page_name_the_same_options():
    for command in subcommands():
        page = MAN / f"qtrade-{command}.1"
        if ".Sh OPTIONS" not in page.read_text():
            continue
        helped, written = options(call(command, "--help").stdout), page_options(page)
        assert helped == written, (command, helped ^ written)


def help_and_page_list_the_same_faults():
    listed = {command: re.findall(r"^  ([a-z0-9-]+=\S+)\s+(.+)$", call(command, "--help").stdout, re.M)
              for command in ("venue", "demo")}
    page = (MAN / "qtrade-venue.1").read_text().split(".Sh FAULTS")[1].split("\n.Sh ")[0]
    assert len(listed["venue"]) >= 15 and listed["venue"] == listed["demo"]
    assert listed["venue"] == re.findall(r"^\.It Cm (\S+)\n(.*)$", page, re.M), page


def program_page_names_the_global_options():
    helped, written = options(call("--help").stdout), page_options(MAN / "qtrade.1")
    assert helped == written, helped ^ written


def config_page_has_every_key_with_its_default():
    text = (MAN / "qtrade.conf.5").read_text()
    defaults = json.loads(call("config", "defaults").stdout)
    for section, keys in defaults.items():
        body = text.split(f".Sh SECTION {section.upper()}\n")[1].split("\n.Sh ")[0]
        entries = dict(re.findall(r"^\.It Cm (\S+)\n(.*?)(?=^\.It|^\.El|\Z)", body, re.M | re.S))
        assert set(entries) == set(keys), (section, set(entries) ^ set(keys))
        for key, value in keys.items():
            written = re.search(r"^Default (\"[^\"]*\"|\S+?)[ ,]*(?= |\(|$)", entries[key], re.M).group(1).rstrip(",")
            shown = json.loads(written)
            assert shown == value or abs(float(shown) - float(value)) < 1e-9, (section, key, shown, value)
    sections = {name.lower() for name in re.findall(r"^\.Sh SECTION (\w+)", text, re.M)}
    assert sections == set(defaults), sections ^ set(defaults)


def default_config_file_is_the_defaults():
    assert (SOURCE / "data/qtrade.json").read_text() == call("config", "defaults").stdout
    done = call("--config", str(SOURCE / "data/qtrade.json"), "config", "check")
    assert done.returncode == 0 and "good" in done.stdout, done.stderr


def pages_are_clean_for_mandoc():
    if not shutil.which("mandoc"):
        raise Skip("mandoc is not installed")
    pages = sorted(str(path) for path in MAN.glob("qtrade*.[157]"))
    done = subprocess.run(["mandoc", "-Tlint", "-W", "warning", *pages], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def config_mistakes_are_named_with_file_line_and_key():
    rows = [('{"risk": {"max_heat": "x"}}', "risk.max_heat"), ('{"risk": {"max_heat": 7}}', "risk.max_heat"),
            ('{"risk": {"max_haet": 0.1}}', "max_haet"), ('{"rsik": {}}', "rsik"), ('{"risk": {', ":1:"),
            ('{"risk": {"max_heat": 0.1, "max_heat": 0.2}}', "max_heat"), ('{"risk": {"max_heat": 1e999}}', ""),
            ('{"risk": {"max_heat": NaN}}', ""), ("[" * 100000, ""), ("", "")]
    with Folder() as folder:
        path = folder / "bad.json"
        for text, word in rows:
            path.write_text(text)
            done = call("--config", str(path), "config", "check")
            assert done.returncode == 3, (text[:60], done.returncode)
            assert done.stderr.startswith(f"qtrade: {path}") and word in done.stderr, done.stderr
            assert done.stderr.count("\n") == 1, done.stderr


def core_that_is_not_there_is_refused_before_anything_runs():
    with Folder() as folder:
        path = folder / "bad.json"
        for cores in ("1023", "0-1023", "first"):
            path.write_text(json.dumps({"engine": {"cores": cores}}))
            for words in (("config", "check"), ("demo", "--headless", "--for", "1s")):
                done = call("--config", str(path), *words)
                assert done.returncode == 3 and done.stderr.count("\n") >= 1, (words, done.stderr)
                assert "engine.cores: " in done.stderr.splitlines()[-1], done.stderr
        path.write_text(json.dumps({"engine": {"cores": str(min(os.sched_getaffinity(0))), "workers": 2}}))
        done = call("--config", str(path), "demo", "--headless", "--for", "1s", "--symbols", "5")
        assert done.returncode == 0, done.stderr


def bench_compares_with_an_earlier_run_and_with_nothing_else():
    with Folder() as folder:
        before, other = folder / "before.json", folder / "other.json"
        before.write_text(call("bench", "--only", "base.exp", "--json").stdout)
        document = json.loads(call("bench", "--only", "base.exp", "--compare", str(before), "--json").stdout)
        assert 0 < document["results"][0]["ratio"] < 1000
        document = json.loads(call("bench", "--only", "base.map_get", "--compare", str(before), "--json").stdout)
        assert document["results"][0]["ratio"] is None
        for text in ("{}", "[1]", "nothing", ""):
            other.write_text(text)
            done = call("bench", "--only", "base.exp", "--compare", str(other))
            assert done.returncode == 7 and str(other) in done.stderr, done.stderr


def bench_rows_say_their_unit():
    for name, unit in (("market.load_bar", "ns"), ("engine.memory_symbol", "B")):
        row, = json.loads(call("bench", "--only", name, "--json").stdout)["results"]
        assert row["unit"] == unit and row["median"] > 0, row
        assert name in call("bench", "--only", name).stdout


def wrong_words_are_exit_two_in_one_line():
    rows = [("sing",), ("--sing",), ("scan", "--sing"), ("scan", "word"), ("demo", "--symbols", "0"),
            ("demo", "--symbols"), ("demo", "--speed", "fast"), ("venue",), ("venue", "stop"), ("config",),
            ("run", "--capital", "much"), ("liquidate", "--yes"), ("scan", "--json", "--csv"),
            ("venue", "serve", "--fault", "sing=1"), ("venue", "serve", "--fault", "halt=NOSUCH@1s"),
            ("venue", "serve", "--balance", "BTC"), ("venue", "serve", "--balance", "BTC=-1"),
            ("venue", "serve", "--usdm-wallet", "x"), ("venue", "serve", "--usdm-wallet", "-1"),
            ("venue", "serve", "--usdm-port", "65536"),
            ("venue", "serve", "--latency", "sing=1s"), ("venue", "serve", "--latency", "order=2m"),
            ("venue", "serve", "--fees", "10"), ("venue", "serve", "--discount", "BNB"),
            ("venue", "serve", "--discount", "NOSUCH=25"), ("venue", "serve", "--discount", "BNB=101"),
            ("demo", "--fault", "reject=2"), ("demo", "--fault", "cut"), ("demo", "--fault", "cut=1s:some"),
            ("demo", "--fault", "latency=0.1:2s:3"), ("demo", "--fault", "halt=BTCUSDT"), ("demo", "--fault", "")]
    for words in rows:
        done = call(*words, input="")
        assert done.returncode == 2, (words, done.returncode, done.stderr)
        assert done.stderr.startswith("qtrade: ") and done.stderr.count("\n") == 1, (words, done.stderr)


def full_standard_output_is_an_error():
    for words in (("config", "defaults"), ("indicators", "--list")):
        with open("/dev/full", "w") as full:
            done = subprocess.run([os.environ["QT_BINARY"], *words], stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and done.stderr.startswith("qtrade: "), (words, done.returncode, done.stderr)


run([every_subcommand_has_its_page_and_help, no_page_is_of_a_subcommand_that_is_not_there,
     help_and_page_name_the_same_options, help_and_page_list_the_same_faults,
     program_page_names_the_global_options,
     config_page_has_every_key_with_its_default, default_config_file_is_the_defaults, pages_are_clean_for_mandoc,
     config_mistakes_are_named_with_file_line_and_key,
     core_that_is_not_there_is_refused_before_anything_runs, bench_compares_with_an_earlier_run_and_with_nothing_else,
     bench_rows_say_their_unit, wrong_words_are_exit_two_in_one_line,
     full_standard_output_is_an_error])
