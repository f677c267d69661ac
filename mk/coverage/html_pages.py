# SPDX-License-Identifier: MIT
"""The coverage report as pages: index.html, and each source with the number of times that each line ran."""

import html
import os

STYLE = """<!doctype html><meta charset="utf-8"><title>%s</title><style>
body { font: 15px sans-serif; margin: 2em } table { border-collapse: collapse }
td, th { padding: .15em .8em; text-align: right } td:first-child { text-align: left }
tr.folder td { border-top: 1px solid #bbb; font-weight: bold } meter { width: 8em }
pre { font: 13px/1.35 monospace; tab-size: 8 } pre span { display: block; min-height: 1.35em }
.miss { background: #fbd5d5 } .part { background: #fdf0c8 } i { color: #888; font-style: normal }
</style><h1>%s</h1>
"""


def page_name(source):
    return source.name.replace("/", ".") + ".html"


def cells(figures):
    return "".join(f'<td>{reached} of {count}</td><td>{rate:.1f} % <meter value="{rate:.1f}" max="100"></meter></td>'
                   for reached, count, rate in figures.rates())


def write_index(folders, total, sources, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write(STYLE % ("Coverage of hypervisor/", "What the tests reach of hypervisor/"))
        out.write('<p>Red: never ran. Yellow: a branch was never taken.</p><table><tr><th><th colspan="2">lines'
                  '<th colspan="2">branches<th colspan="2">functions</tr>\n')
        for folder, members in folders:
            out.write(f'<tr class="folder"><td>{folder}/</td>{cells(total(members))}</tr>\n')
            for source in members:
                out.write(f'<tr><td><a href="{page_name(source)}">{os.path.basename(source.name)}</a></td>'
                          f"{cells(source.figures())}</tr>\n")
        out.write(f'<tr class="folder"><td>all</td>{cells(total(sources))}</tr></table>\n')


def write_source(source, path):
    with open(source.name, encoding="utf-8") as f:
        text = f.read().splitlines()
    with open(path, "w", encoding="utf-8") as out:
        out.write(STYLE % (source.name, source.name) + "<pre>")
        for number, line in enumerate(text, 1):
            count = source.lines.get(number)
            taken = source.branches.get(number, [])
            kind = "miss" if count == 0 else "part" if 0 in taken else ""
            ways = f"{sum(1 for t in taken if t)}/{len(taken)}" if taken else ""
            shown = "" if count is None else str(count)
            out.write(f'<span class="{kind}"><i>{shown:>12} {ways:>5} {number:>4}</i> {html.escape(line)}</span>')
        out.write("</pre>\n")


def write(sources, folders, total, out):
    write_index(folders, total, sources, os.path.join(out, "index.html"))
    for source in sources:
        write_source(source, os.path.join(out, page_name(source)))
