# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house, read off the source. How to add a rule: a function in RULES that yields
(file, line, text) for each break, and a row in BROKEN with a snippet that must break it."""
import os
import pathlib
import re
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["QT_SOURCE"])

FLOORS = {"base": 0, "market": 1, "indicator": 2, "quant": 2, "scan": 3, "strategy": 4, "trade": 4, "risk": 5,
          "engine": 6, "sim": 7, "net": 7, "store": 7, "hw": 7, "venue": 8, "api": 8, "tui": 9, "cli": 9}
SAME_FLOOR = {("cli", "tui")}  # main wires the screen in
FUNCTION_MAX, FILE_MAX, LINE_MAX = 70, 700, 130
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|rand|srand|asctime|localtime|ctime|"
                    r"gmtime|alloca|tmpnam)\s*\(")
TOP_FILES = {"README.md", "meson.build", "meson_options.txt"}
BANNED_IN_THE_PROGRAM = re.compile(r"\b(sleep|usleep|system|popen)\s*\(")
LIBM = re.compile(r"\b(exp|exp2|log|log2|log10|log1p|expm1|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|cbrt|"
                  r"hypot|fma|erf|tgamma|lgamma)f?\s*\(")
DECISION_ROOMS = {"market", "indicator", "scan", "strategy", "trade", "risk", "engine", "sim"}
# Money's integer is touched where money is made of: base, market, and kernels.
RAW_MONEY = re.compile(r"\b(?:px|qty|money|price|amount|notional|fee|cash|equity|tick|lot|bid|ask|volume|quote|profit|"
                       r"cost|[a-z_]*_(?:px|qty|quote|fee|money|amount))\.v\b")
KERNELS = ("src/base/", "src/market/", "src/sim/", "src/venue/", "src/store/", "tests/")
WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK|stub|placeholder)\b")


def files(root, *suffixes, under=("src", "include", "tests")):
    for top in under:
        for path in sorted((root / top).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                yield path


def room_of(path, root):
    parts = path.relative_to(root).parts
    if parts[0] == "include":
        return parts[2] if len(parts) > 3 else None
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def code_of(text):
    """Comments and strings blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', lambda m: m.group(0)[0] + " " * (len(m.group(0)) - 2)
                  + m.group(0)[-1], text)


def lines(path):
    return list(enumerate(path.read_text(errors="replace").split("\n"), 1))


def arrows_point_down(root):
    for path in files(root, ".c", ".h", under=("src", "include")):
        room = room_of(path, root)
        if room is None:
            continue
        if room not in FLOORS:
            yield path, 1, f"room {room} has no floor"
            continue
        for number, line in lines(path):
            found = re.match(r'\s*#\s*include\s+"qtrade/(\w+)/', line)
            other = found.group(1) if found else None
            if other is None or other == room or (room, other) in SAME_FLOOR:
                continue
            if FLOORS.get(other, 99) >= FLOORS[room]:
                yield path, number, f"{room} (floor {FLOORS[room]}) includes {other} (floor {FLOORS.get(other)})"


def headers_have_no_circles(root):
    graph = {}
    for path in files(root, ".h", under=("include",)):
        name = str(path.relative_to(root / "include"))
        graph[name] = re.findall(r'#\s*include\s+"(qtrade/[^"]+)"', path.read_text())
    state = {}

    def visit(name, way):
        if state.get(name) == 2:
            return None
        if state.get(name) == 1:
            return way[way.index(name):] + [name]
        state[name] = 1
        for other in graph.get(name, []):
            circle = visit(other, way + [name])
            if circle:
                return circle
        state[name] = 2
        return None
    for name in graph:
        circle = visit(name, [])
        if circle:
            yield root / "include" / name, 1, "circle: " + " -> ".join(circle)
            return


def private_headers_stay_in_their_room(root):
    homes = {}
    for path in files(root, ".h", under=("src",)):
        homes.setdefault(path.name, set()).add(room_of(path, root))
    for path in files(root, ".c", ".h", under=("src",)):
        for number, line in lines(path):
            found = re.match(r'\s*#\s*include\s+"([\w]+_priv\.h)"', line)
            if found and room_of(path, root) not in homes.get(found.group(1), {room_of(path, root)}):
                yield path, number, f"{found.group(1)} belongs to another room"


def functions_fit_the_eye(root):
    for path in files(root, ".c"):
        text = code_of(path.read_text(errors="replace")).split("\n")
        start = None
        for number, line in enumerate(text, 1):
            if line == "{":
                head = text[number - 2].rstrip()
                start = number if head.endswith(")") or re.search(r"\)\s*\w*$", head) else None
            elif line == "}" and start:
                if number - start - 1 > FUNCTION_MAX:
                    yield path, start, f"a function of {number - start - 1} lines, {FUNCTION_MAX} is the most"
                start = None


def files_fit_their_purpose(root):
    for path in files(root, ".c", ".h", ".py"):
        n = len(path.read_text(errors="replace").splitlines())
        if n > FILE_MAX:
            yield path, n, f"{n} lines, {FILE_MAX} is the most"


def public_functions_are_documented(root):
    for path in files(root, ".h", under=("include",)):
        text = path.read_text().split("\n")
        depth = 0
        for number, line in enumerate(text, 1):
            before, depth = depth, depth + line.count("{") - line.count("}")
            declares = re.match(r"(?:QT_CHECKED )?(?!static|typedef|struct \w+;|enum|extern|#|_Static)"
                                r"[a-z][\w \*]*\b(qt_\w+)\(", line)
            if before or not declares:
                continue
            above = number - 2
            is_grouped = False
            while above >= 0 and text[above].strip():
                if "*/" in text[above]:
                    is_grouped = True
                above -= 1
            end = number - 1
            while end < len(text) and ";" not in text[end]:
                end += 1
            is_beside = any("/*" in part for part in text[number - 1:end + 2])
            if not is_grouped and not is_beside:
                yield path, number, f"{declares.group(1)} has no docstring"


def banned_calls_are_absent(root):
    for path in files(root, ".c", ".h"):
        for number, line in enumerate(code_of(path.read_text(errors="replace")).split("\n"), 1):
            found = BANNED.search(line)
            if not found and path.relative_to(root).parts[0] != "tests":
                found = BANNED_IN_THE_PROGRAM.search(line)
            if found:
                yield path, number, f"{found.group(1)} is banned"


def N1_no_connection_may_leave_out_a_check_of_tls(root):
    """Fault N1: neither libwebsockets nor OpenSSL is ever asked to take what it would refuse."""
    for path in files(root, ".c", ".h", under=("src", "include")):
        for number, line in enumerate(code_of(path.read_text()).split("\n"), 1):
            found = re.search(r"LCCSCF_(ALLOW|SKIP)\w*|SSL_VERIFY_NONE|SSL_CTX_set_cert_verify_callback|LWS_SERVER_OPTION_"
                              r"(ALLOW_NON_SSL|IGNORE)\w*", line)
            if found:
                yield path, number, f"{found.group(0)} leaves out a check of TLS"


def decisions_use_our_own_functions(root):
    for path in files(root, ".c", ".h", under=("src", "include")):
        if room_of(path, root) not in DECISION_ROOMS:
            continue
        for number, line in enumerate(code_of(path.read_text()).split("\n"), 1):
            found = LIBM.search(line)
            if found:
                yield path, number, f"{found.group(1)}() has other bits on other CPUs: use qt_{found.group(1)}()"


def money_is_not_touched_raw(root):
    for path in files(root, ".c", ".h", under=("src", "include")):
        if str(path.relative_to(root)).startswith(KERNELS) or "include/qtrade/base" in str(path):
            continue
        for number, line in enumerate(code_of(path.read_text()).split("\n"), 1):
            found = RAW_MONEY.search(line)
            if found:
                yield path, number, f"{found.group(0)}: use a function of base/fixed.h"


def every_source_is_in_its_meson_build(root):
    for path in files(root, ".c", under=("src",)):
        room = root / "src" / room_of(path, root)
        name = str(path.relative_to(room))
        if f"'{name}'" not in (room / "meson.build").read_text():
            yield path, 1, "not in its room's meson.build"


def every_suite_is_registered(root):
    for path in files(root, ".c", ".py", under=("tests",)):
        found = re.fullmatch(r"test_(\w+)", path.stem)
        build = path.parent / "meson.build"
        if found and (not build.exists() or not re.search(rf"'(test_)?{found.group(1)}(\.py|\.c)?'", build.read_text())):
            yield path, 1, "a suite that nobody runs"


TABLES = [("src/cli", "cmd_*.c", r"^const struct qt_command (qt_cmd_\w+)", "src/cli/commands.c"),
          ("src/indicator", "*.c", r"^const struct qt_indicator (qt_ind_\w+)", "src/indicator/table.c"),
          ("src/tui", "pane_*.c", r"^const struct qt_pane_class (\w+)", "src/tui/panes.c"),
          ("src/venue", "**/*.c", r"^const struct qt_venue_class (\w+)", "src/venue/classes.c")]


def every_descriptor_is_in_its_table(root):
    for folder, pattern, descriptor, table in TABLES:
        if not (root / folder).is_dir() or not (root / table).exists():
            continue
        listed = (root / table).read_text()
        for path in sorted((root / folder).glob(pattern)):
            for found in re.finditer(descriptor, path.read_text(), re.M):
                if not re.search(rf"&{found.group(1)}\b", listed):
                    yield path, 1, f"{found.group(1)} is not in {table}"


def every_file_names_its_licence(root):
    for path in files(root, ".c", ".h", ".py"):
        head = path.read_text(errors="replace")[:200]
        if "SPDX-License-Identifier: GPL-3.0-or-later" not in head:
            yield path, 1, "no SPDX line"


def lines_are_tidy(root):
    for path in files(root, ".c", ".h", ".py"):
        for number, line in lines(path):
            if len(line) > LINE_MAX:
                yield path, number, f"{len(line)} columns, {LINE_MAX} is the most"
            if line != line.rstrip() or "\t" in line:
                yield path, number, "white space at the end, or a tab"
            if WORDS.search(line) and path.name != "test_house.py":
                yield path, number, f"the word {WORDS.search(line).group(1)}"


def the_top_holds_what_the_design_names(root):
    for path in sorted(root.iterdir()):
        if path.is_file() and path.name not in TOP_FILES and not path.name.startswith("."):
            yield path, 1, "a file that the top of the project does not have"


RULES = [arrows_point_down, headers_have_no_circles, private_headers_stay_in_their_room, functions_fit_the_eye,
         files_fit_their_purpose, public_functions_are_documented, banned_calls_are_absent,
         N1_no_connection_may_leave_out_a_check_of_tls, decisions_use_our_own_functions, money_is_not_touched_raw,
         every_source_is_in_its_meson_build, every_suite_is_registered,
         every_descriptor_is_in_its_table, every_file_names_its_licence, lines_are_tidy,
         the_top_holds_what_the_design_names]

SPDX = "/* SPDX-License-Identifier: GPL-3.0-or-later */\n"
LONG = SPDX + "int\nlong_one(void)\n{\n" + "    x++;\n" * 71 + "}\n"
BROKEN = {
    arrows_point_down: {"src/base/a.c": SPDX + '#include "qtrade/market/event.h"\n'},
    headers_have_no_circles: {"include/qtrade/base/a.h": '#include "qtrade/base/b.h"\n',
                              "include/qtrade/base/b.h": '#include "qtrade/base/a.h"\n'},
    private_headers_stay_in_their_room: {"src/base/a_priv.h": SPDX, "src/market/b.c": '#include "a_priv.h"\n'},
    functions_fit_the_eye: {"src/base/a.c": LONG},
    files_fit_their_purpose: {"src/base/a.c": "\n" * 701},
    public_functions_are_documented: {"include/qtrade/base/a.h": SPDX + "\nint qt_a_b(int c);\n"},
    banned_calls_are_absent: {"src/base/a.c": "x = atoi(text);\n"},
    N1_no_connection_may_leave_out_a_check_of_tls: {"src/net/a.c": "x = LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED;\n"},
    decisions_use_our_own_functions: {"src/scan/a.c": "x = exp(1);\n"},
    money_is_not_touched_raw: {"src/engine/a.c": "x = order->px.v + 1;\n"},
    every_source_is_in_its_meson_build: {"src/base/a.c": SPDX, "src/base/meson.build": "files('b.c')\n"},
    every_suite_is_registered: {"tests/base/test_a.c": SPDX, "tests/base/meson.build": "['b']\n"},
    every_descriptor_is_in_its_table: {"src/cli/cmd_a.c": "const struct qt_command qt_cmd_a = {\n",
                                       "src/cli/commands.c": "&qt_cmd_b,\n"},
    every_file_names_its_licence: {"src/base/a.c": "int a;\n"},
    lines_are_tidy: {"src/base/a.c": SPDX + "int a; \n"},
    the_top_holds_what_the_design_names: {"NOTES.txt": "note\n"},
}


def breaks_when_broken(rule):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for top in ("src", "include", "tests"):
            (root / top).mkdir()
        for name, text in BROKEN[rule].items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return any(True for _ in rule(root))


def main():
    failed = 0
    print(f"1..{2 * len(RULES)}")
    for number, rule in enumerate(RULES):
        found = list(rule(SOURCE))
        for path, line, text in found:
            print(f"# {path.relative_to(SOURCE)}:{line}: {text}")
        print(f"{'not ok' if found else 'ok'} {2 * number + 1} - {rule.__name__}")
        seen = breaks_when_broken(rule)
        print(f"{'ok' if seen else 'not ok'} {2 * number + 2} - {rule.__name__} would be noticed")
        failed += bool(found) + (not seen)
    sys.exit(1 if failed else 0)


main()
