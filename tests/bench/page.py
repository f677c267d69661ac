# SPDX-License-Identifier: MIT
"""The same as one page of HTML that needs nothing else: a chart of the ratios, the table, what was measured with what."""

from html import escape

import report

STYLE = """
:root { color-scheme: light dark; --fg: #1b1b1b; --bg: #ffffff; --soft: #6b6b6b; --line: #d8d8d8; --good: #2b7a4b;
        --bad: #b5541c; --aim: #1b1b1b; }
@media (prefers-color-scheme: dark) { :root { --fg: #e8e8e8; --bg: #161616; --soft: #a0a0a0; --line: #3a3a3a;
        --good: #58b881; --bad: #e08a4f; --aim: #e8e8e8; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line);
       text-align: left; vertical-align: top; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
th.group { padding-top: 1.2rem; } .missed { color: var(--bad); } .soft { color: var(--soft); }
svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--fg); }
.scroll { overflow-x: auto; }
"""

ROW, LEFT, WIDTH, TOP = 18, 200, 560, 26


def chart(rows):
    """A bar for each operation, as long as its ratio; the tick is the aim, the right edge 1.25 times Xen."""
    rows = [r for r in rows if "ratio" in r]
    scale = WIDTH / 1.25
    height = TOP + ROW * len(rows) + 8
    out = [f'<svg viewBox="0 0 {LEFT + WIDTH + 60} {height}" role="img" aria-label="Instructions relative to Xen">']
    for mark in (0, 0.25, 0.5, 0.75, 1.0):
        x = LEFT + mark * scale
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{height}" stroke="var(--line)"/>'
                   f'<text x="{x:.1f}" y="14" text-anchor="middle">{"Xen = 1" if mark == 1 else mark}</text>')
    for i, row in enumerate(rows):
        y = TOP + i * ROW
        length = min(row["ratio"], 1.25) * scale
        aim = LEFT + row["aim"] * scale
        colour = "var(--bad)" if row["missed"] else "var(--good)"
        out.append(f'<g><title>{escape(row["name"])}: {row["paravane"]["median"]} against {row["xen"]["median"]}; '
                   f'aim {row["aim"]:.2f}</title>'
                   f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(row["name"])}</text>'
                   f'<rect x="{LEFT}" y="{y + 2}" width="{length:.1f}" height="{ROW - 5}" rx="2" fill="{colour}"/>'
                   f'<line x1="{aim:.1f}" y1="{y}" x2="{aim:.1f}" y2="{y + ROW - 1}" stroke="var(--aim)" stroke-width="2"/>'
                   f'<text x="{LEFT + length + 6:.1f}" y="{y + 12}">{row["ratio"]:.2f}</text></g>')
    return "".join(out) + "</svg>"


def table(rows):
    out = ['<div class="scroll"><table><tr><th>operation<th>what one repetition is<th class="n">Xen<th class="n">Paravane'
           '<th class="n">ratio<th class="n">aim</tr>']
    group = None
    for row in rows:
        if row["group"] != group:
            group = row["group"]
            out.append(f'<tr><th class="group" colspan="6">{escape(group)}</tr>')
        ratio = f'{row["ratio"]:.2f}' if "ratio" in row else "-"
        missed = ' class="n missed"' if row.get("missed") else ' class="n"'
        why = "".join(f'<br><span class="missed">error on {t}: {escape(row[k + "_error"])}</span>'
                      for k, t in (("xen", "Xen"), ("paravane", "Paravane")) if k + "_error" in row)
        note = report.spread(row)
        note = f'<br><span class="soft">{escape(note)}</span>' if note else ""
        out.append(f'<tr><td>{escape(row["name"])}<td>{escape(row["what"])}{note}{why}'
                   f'<td class="n">{report.cell(row, "xen")}<td class="n">{report.cell(row, "paravane")}'
                   f'<td{missed}>{ratio}<td class="n">{row["aim"]:.2f}</tr>')
    return "".join(out) + "</table></div>"


def html(result):
    facts = "".join(f"<tr><th>{escape(k)}<td>{escape(str(v))}</tr>" for k, v in result["facts"].items())
    return ("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Paravane and Xen in instructions</title>"
            f"<style>{STYLE}</style><h1>Paravane and Xen in instructions</h1>"
            f"<p>{escape(report.summary(result))}. One guest image as control domain of both, under QEMU's instruction counter: "
            "a figure is the median number of instructions of one repetition, and an instruction is not a cycle.</p>"
            f"<h2>Instructions relative to Xen</h2><p class=\"soft\">The tick in each row is the aim.</p>{chart(result['rows'])}"
            f"<h2>Figures</h2>{table(result['rows'])}<h2>Measured with</h2><table>{facts}</table></html>\n")
