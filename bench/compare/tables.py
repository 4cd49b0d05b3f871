"""Tables of a comparison, for a terminal and a README (Markdown) and for a browser (HTML)."""

import html

STYLE = """
:root { color-scheme: light dark; --page: #f6f6f3; --surface: #fff; --ink: #16181d; --soft: #5a5f6b;
  --line: #e0e0da; --bar: #cfe0f5; }
@media (prefers-color-scheme: dark) { :root { --page: #101216; --surface: #1b1d21; --ink: #f0f1f3;
  --soft: #a2a7b3; --line: #33363d; --bar: #24405f; } }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 72rem; background: var(--page);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
p { color: var(--soft); margin: .25rem 0 1rem; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 6px;
  padding: 1rem 1.25rem; margin: 0 0 1rem; overflow-x: auto; }
section p { color: var(--ink); font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .4rem .6rem; border-top: 1px solid var(--line);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 400; border-top: 0; }
th:first-child, td:first-child { text-align: left; }
td small { color: var(--soft); display: block; }
td.bar { background: linear-gradient(to left, var(--bar) var(--share), transparent var(--share)); }
"""


def cell(median, spread="", share=None):
    """What stands in a table: a number for people, its spread, and how long a bar behind it is."""
    return {"median": median, "spread": spread, "share": share}


def markdown_of(introduction, sections):
    """`sections` are (what, heads, rows of a name and cells)."""
    parts = [introduction + "\n"]
    for what, heads, rows in sections:
        lines = [heads, ["---"] * len(heads)]
        lines += [[name, *(f"{c['median']} {c['spread']}".rstrip() for c in cells)]
                  for name, *cells in rows]
        parts.append(f"{what}:\n")
        parts.append("".join(f"| {' | '.join(line)} |\n" for line in lines))
    return "\n".join(parts)


def _html_cell(c):
    bar = "" if c["share"] is None else f' class="bar" style="--share: {c["share"] * 100:.1f}%"'
    spread = f"<small>{html.escape(c['spread'])}</small>" if c["spread"] else ""
    return f"<td{bar}>{html.escape(c['median'])}{spread}</td>"


def html_of(title, introduction, sections):
    """One file that needs nothing else."""
    out = [f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}'
           f'</title><meta name="viewport" content="width=device-width, initial-scale=1"><style>'
           f"{STYLE}</style></head><body><h1>{html.escape(title)}</h1>"
           f"<p>{html.escape(introduction)}</p>"]
    for what, heads, rows in sections:
        out.append(f"<section><p>{html.escape(what)}</p><table><tr>")
        out += [f"<th>{html.escape(head)}</th>" for head in heads]
        out.append("</tr>")
        for name, *cells in rows:
            out.append(f"<tr><td>{html.escape(name)}</td>")
            out += [_html_cell(c) for c in cells]
            out.append("</tr>")
        out.append("</table></section>")
    out.append("</body></html>\n")
    return "\n".join(out)
