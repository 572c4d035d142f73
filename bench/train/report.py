"""Rows of results as lines, tables and a picture."""
import json
import math
import pathlib
import statistics

PEERS = {"torch_eager": "PyTorch eager", "torch_compile": "torch.compile", "jax": "JAX jit", "onnxruntime": "ONNX Runtime"}
COLORS = {"torch_eager": "#e07b39", "torch_compile": "#b5482b", "jax": "#3b6ea8", "onnxruntime": "#6a9f58"}


def ratios(row, kind):
    """mlc's speed over a peer's, round by round."""
    return [ours / theirs for ours, theirs in zip(row["rounds"]["mlc"], row["rounds"][kind])]


def best(row):
    """The fastest peer by its median, or None."""
    measured = [kind for kind in PEERS if row.get(kind)]
    return max(measured, key=lambda kind: row[kind]) if measured else None


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def line(row):
    text = f"{row['workload']:18} {row['threads']} threads  " + "  ".join(
        f"{kind} {number(row[kind])}/s" for kind in ("mlc", *PEERS) if row.get(kind))
    if row.get("mlc") and best(row):
        text += f"  {statistics.median(ratios(row, best(row))):.2f}x of {best(row)}"
    return text


def table(rows, unit):
    """Markdown: speeds, then mlc's ratio to each peer."""
    kinds = [kind for kind in PEERS if any(row.get(kind) for row in rows)]
    names = ["mlc", *(PEERS[kind] for kind in kinds)]
    lines = [f"{unit}, medians of rounds", "", "| workload | threads | " + " | ".join(names) + " |",
             "|---|---|" + "---|" * len(names)]
    for row in rows:
        cells = [number(row[kind]) if row.get(kind) else "-" for kind in ("mlc", *kinds)]
        lines.append(f"| {row['workload']} | {row['threads']} | " + " | ".join(cells) + " |")
    lines += ["", "mlc over each, median of rounds (lowest to highest)", "",
              "| workload | threads | " + " | ".join(names[1:]) + " | best peer |", "|---|---|" + "---|" * len(names)]
    against = {}
    for row in rows:
        cells = []
        for kind in kinds:
            if not (row.get("mlc") and row.get(kind)):
                cells.append("-")
                continue
            r = ratios(row, kind)
            cells.append(f"{statistics.median(r):.2f} ({min(r):.2f} to {max(r):.2f})")
        top = best(row)
        if row.get("mlc") and top:
            ratio = statistics.median(ratios(row, top))
            against.setdefault(row["threads"], []).append(ratio)
            cells.append(f"**{ratio:.2f}**")
        else:
            cells.append("-")
        lines.append(f"| {row['workload']} | {row['threads']} | " + " | ".join(cells) + " |")
    for threads, found in against.items():
        mean = math.exp(statistics.fmean(math.log(ratio) for ratio in found))
        lines.append(f"| geometric mean | {threads} | " + "| " * len(kinds) + f"| **{mean:.2f}** |")
    return lines


def tables(rows, note):
    """Markdown of all rows. `note` says on what they were measured."""
    lines = [f"Measured on {note}.", ""]
    if training := [row for row in rows if not row["predict"]]:
        lines += [*table(training, "Training: samples/s"), ""]
        waits = [f"{row['workload']} with {row['threads']} {row['waited']:.1%}" for row in training if row.get("waited", 0) > 0.005]
        lines += ["Share of the time that mlc's steps waited for data: " + (", ".join(waits) or "below 0.5 % everywhere") + ".", ""]
    if predictions := [row for row in rows if row["predict"]]:
        lines += table(predictions, "Prediction of single rows: rows/s")
    return "\n".join(lines).rstrip() + "\n"


def picture(rows):
    """Bars of speed, mlc's being 1: what is shorter than the line is slower than mlc."""
    shown = [row for row in rows if row.get("mlc")]
    height, left, width, top = 15, 190, 520, 54
    parts, y = [], top
    longest = 1.6

    def text(x, at, words, anchor="start", size=12, color="#222"):
        parts.append(f'<text x="{x}" y="{at}" text-anchor="{anchor}" font-size="{size}" fill="{color}">{words}</text>')
    for row in shown:
        kinds = [kind for kind in PEERS if row.get(kind)]
        text(left - 8, y + height * len(kinds) / 2 + 4, f"{row['workload']}, {row['threads']} thread{'s'[:row['threads'] > 1]}",
             "end")
        for kind in kinds:
            share = row[kind] / row["mlc"]
            bar = min(share, longest) / longest * width
            parts.append(f'<rect x="{left}" y="{y}" width="{bar:.1f}" height="{height - 3}" fill="{COLORS[kind]}"/>')
            text(left + bar + 5, y + height - 4, f"{share:.2f}", size=10, color="#555")
            y += height
        y += 8
    one = left + width / longest
    legend, x = [], left
    for kind, name in PEERS.items():
        if any(row.get(kind) for row in shown):
            legend.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{COLORS[kind]}"/>'
                          f'<text x="{x + 17}" y="41" font-size="12" fill="#222">{name}</text>')
            x += 120
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 50}" height="{y + 10}" '
            f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>'
            f'<text x="{left}" y="18" font-size="13" fill="#222">samples a second as a share of mlc\'s (the line)</text>'
            + "".join(legend + parts)
            + f'<line x1="{one}" x2="{one}" y1="{top - 6}" y2="{y}" stroke="#222" stroke-width="1.5"/></svg>\n')


def write(folder, rows, note):
    """results.json with the medians that others read, then everything else; the tables; the picture."""
    folder = pathlib.Path(folder)
    (folder / "results.json").write_text(json.dumps({"rows": rows, "note": note}, indent=1) + "\n")
    (folder / "results.md").write_text(tables(rows, note))
    (folder / "results.svg").write_text(picture(rows))
