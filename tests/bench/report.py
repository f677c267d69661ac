# SPDX-License-Identifier: MIT
"""What was measured, as rows, as a table for the terminal and as one for docs/performance.md."""

from operations import ABOUT, AIM_FOR_ALL, EXTRA

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def rows(xen, paravane, known, all_printed):
    """One for each operation that is known or asked for, and for what was printed besides. Without a figure it says why."""
    sides = {"xen": xen, "paravane": paravane}
    printed = [n for s in sides.values() if s and all_printed for n in (*s["figures"], *s["errors"]) if n not in EXTRA]
    result = []
    for name in dict.fromkeys([*known, *printed]):
        aim, what, group = ABOUT.get(name, (AIM_FOR_ALL, "", ""))
        row = {"name": name, "aim": aim, "what": what, "group": group}
        for key, side in sides.items():
            if not side:
                continue
            if name in side["errors"]:
                row[key + "_error"] = side["errors"][name]
            elif name in side["figures"]:
                row[key] = side["figures"][name]
            else:
                row[key + "_error"] = "the guest printed nothing about it"
        if "xen" in row and "paravane" in row:
            row["ratio"] = row["paravane"]["median"] / row["xen"]["median"]
            row["missed"] = row["ratio"] > row["aim"]
        result.append(row)
    return result


def cell(row, key):
    return str(row[key]["median"]) if key in row else "error" if key + "_error" in row else "-"


def spread(row):
    """Minima, where they are not the median: most operations cost the same each time."""
    parts = [f"{title} min {row[k]['min']}" for k, title in (("xen", "Xen"), ("paravane", "Paravane"))
             if k in row and row[k]["min"] != row[k]["median"]]
    return ", ".join(parts)


def table(result):
    lines = [f"{'instructions (median)':26}{'Xen':>12}{'Paravane':>12}{'ratio':>7}{'aim':>6}"]
    for row in result["rows"]:
        ratio = f"{row['ratio']:7.2f}" if "ratio" in row else f"{'-':>7}"
        lines.append(f"{row['name']:26}{cell(row, 'xen'):>12}{cell(row, 'paravane'):>12}{ratio}{row['aim']:6.2f}"
                     f"{'  missed' if row.get('missed') else '        '}  {spread(row)}".rstrip())
        for key, title in (("xen", "Xen"), ("paravane", "Paravane")):
            if key + "_error" in row:
                lines.append(f"    error on {title}: {row[key + '_error']}")
    lines.append("")
    lines += [f"{k + ':':15} {v}" for k, v in result["facts"].items()]
    lines.append(summary(result))
    return "\n".join(lines)


def summary(result):
    missed = sum(bool(r.get("missed")) for r in result["rows"])
    compared = sum("ratio" in r for r in result["rows"])
    errors = sum("xen_error" in r or "paravane_error" in r for r in result["rows"])
    return f"{len(result['rows'])} operations, {compared} compared, {missed} above their aim, {errors} with errors"


def markdown(result):
    lines = ["| operation | what | Xen | Paravane | ratio | aim |", "|---|---|---:|---:|---:|---:|"]
    for row in result["rows"]:
        ratio = f"{row['ratio']:.2f}{' **missed**' if row['missed'] else ''}" if "ratio" in row else "-"
        lines.append(f"| {row['name']} | {row['what']} | {cell(row, 'xen')} | {cell(row, 'paravane')} | {ratio} | {row['aim']:.2f} |")
    lines.append("")
    lines += [f"- {k}: {v.replace('*', '')}" for k, v in result["facts"].items() if k != "Xen's figures"]
    return "\n".join([*lines, "", summary(result) + "."])


def into_doc(path, result):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    head, rest = text.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{head}{BEGIN}\n{markdown(result)}\n{END}{tail}")
