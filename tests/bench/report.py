# SPDX-License-Identifier: MIT
"""What was measured, as a table."""

# Aims: instructions on Paravane divided by those on Xen (issue 3 of the project, docs/performance.md).
AIMS = {
    "null-syscall": 0.35, "null-page": 0.35, "get-features": 0.35, "event-status": 0.35, "event-send-masked": 0.35,
    "event-self-upcall": 0.45, "va-mapping": 0.4, "va-mapping-invlpg": 0.4, "va-mapping-invlpg-all": 0.4,
    "va-mapping-flush-all": 0.4, "mmu-update-1": 0.4, "mmu-update-8": 0.4, "mmu-update-64": 0.3, "mmu-update-512": 0.3,
    "pin-l1-empty": 0.2, "unpin-l1-empty": 0.2, "pin-unpin-l1-empty": 0.2,
    "pin-l1-full": 0.35, "unpin-l1-full": 0.35, "pin-unpin-l1-full": 0.35,
    "exception-ud2": 0.5, "exception-int3": 0.5, "exception-gp": 0.5, "page-fault": 0.5,
    "user-syscall": 0.5, "user-exception-ud2": 0.5,
}
AIM_FOR_ALL = 0.8


def rows(xen, paravane, names):
    order = list(paravane["figures"]) + [n for n in paravane["errors"]] + list(xen["figures"]) + list(xen["errors"])
    order = list(dict.fromkeys(order + names))
    result = []
    for name in order:
        row = {"name": name, "aim": AIMS.get(name, AIM_FOR_ALL)}
        for key, side in (("xen", xen), ("paravane", paravane)):
            if name in side["errors"]:
                row[key + "_error"] = "error: " + side["errors"][name]
            elif name in side["figures"]:
                row[key] = side["figures"][name]
            elif key == "paravane" or xen["figures"]:
                row[key + "_error"] = "error: the guest printed nothing about it"
        if "xen" in row and "paravane" in row:
            row["ratio"] = row["paravane"]["median"] / row["xen"]["median"]
            row["missed"] = row["ratio"] > row["aim"]
        result.append(row)
    return result


def cell(row, key):
    return str(row[key]["median"]) if key in row else "error" if key + "_error" in row else "-"


def table(result):
    facts, lines = result["facts"], []
    lines.append(f"{'instructions, median':24}{'Xen':>10}{'Paravane':>10}{'ratio':>8}{'aim':>7}  minimum")
    for row in result["rows"]:
        ratio = f"{row['ratio']:8.2f}{row['aim']:7.2f}" if "ratio" in row else f"{'-':>8}{row['aim']:7.2f}"
        spread = "/".join(str(row[k]["min"]) for k in ("xen", "paravane") if k in row
                          and row[k]["min"] != row[k]["median"])
        lines.append(f"{row['name']:24}{cell(row, 'xen'):>10}{cell(row, 'paravane'):>10}{ratio}"
                     f"{' MISSED' if row.get('missed') else '       '} {spread}".rstrip())
        for key in ("xen", "paravane"):
            if key + "_error" in row:
                lines.append(f"    {key}: {row[key + '_error']}")
    lines.append("")
    lines += [f"{k:18} {v}" for k, v in facts.items()]
    missed = sum(bool(r.get("missed")) for r in result["rows"])
    lines.append(f"{len(result['rows'])} operations, {missed} above their aim")
    return "\n".join(lines)
