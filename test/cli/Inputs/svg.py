"""Reads an SVG that `mlc graph` drew: fails if it is no XML, if boxes overlap or leave the picture, or if an arrow crosses a
box, or a frame's edge does; prints how many boxes of each class, frames and arrows there are, and how large it is.

    svg.py FILE
"""
import collections
import re
import sys
import xml.etree.ElementTree as tree

SVG = "{http://www.w3.org/2000/svg}"
root = tree.parse(sys.argv[1]).getroot()
width, height = float(root.get("width")), float(root.get("height"))
boxes, frames, counts = [], [], collections.Counter()
for group in root.findall(SVG + "g"):
    kind = group.get("class")
    counts[kind] += 1
    if kind == "framed":
        frames.append(group)
        continue
    rectangle = group.find(SVG + "rect")
    x, y, w, h = (float(rectangle.get(name)) for name in ("x", "y", "width", "height"))
    name = " ".join(text.text for text in group.findall(SVG + "text"))
    if x < 0 or y < 0 or x + w > width or y + h > height:
        sys.exit(f"svg.py: '{name}' leaves the picture")
    for other, left, top, right, bottom in boxes:
        if x < right and left < x + w and y < bottom and top < y + h:
            sys.exit(f"svg.py: '{name}' overlaps '{other}'")
    boxes.append((name, x, y, x + w, y + h))
for group in frames:
    x, y, w, h = (float(group.find(SVG + "rect").get(name)) for name in ("x", "y", "width", "height"))
    name = group.find(SVG + "text").text
    if x < 0 or y < 0 or x + w > width or y + h > height:
        sys.exit(f"svg.py: frame '{name}' leaves the picture")
    for other, left, top, right, bottom in boxes:
        apart = right <= x or x + w <= left or bottom <= y or y + h <= top
        if not apart and not (x <= left and right <= x + w and y <= top and bottom <= y + h):
            sys.exit(f"svg.py: frame '{name}' cuts '{other}'")
for path in root.findall(SVG + "path"):
    counts["arrows"] += path.get("class") == "tip"  # others end at a frame, where they go on
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", path.get("d"))]
    points = list(zip(numbers[0::2], numbers[1::2]))
    for px, py in points:
        for name, left, top, right, bottom in boxes:
            if left + 1 < px < right - 1 and top + 1 < py < bottom - 1:
                sys.exit(f"svg.py: an arrow leads through '{name}'")
print(", ".join(f"{counts[kind]} {kind}" for kind in ("input", "instance", "op", "output", "framed", "arrows")))
print(f"{width:.0f} wide, {height:.0f} high")
