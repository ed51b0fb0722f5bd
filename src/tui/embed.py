#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes theme files as C strings: embed.py OUT.c FILE.theme..."""
import os
import sys

out, files = sys.argv[1], sys.argv[2:]
with open(out, "w", encoding="utf-8") as c:
    c.write('/* Made by src/tui/embed.py from themes/: edit those. */\n')
    c.write('#include "theme_priv.h"\n\nconst struct qt__theme_text qt__themes[] = {\n')
    for path in files:
        name = os.path.basename(path)
        c.write('    {"%s", "themes/%s",\n' % (name[: -len(".theme")], name))
        with open(path, encoding="utf-8") as theme:
            for line in theme:
                text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
                c.write('     "%s\\n"\n' % text)
        c.write("    },\n")
    c.write("};\nconst size_t qt__themes_n = %d;\n" % len(files))
