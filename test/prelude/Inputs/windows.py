# Windows over lines and pictures, by the definitions of PyTorch, and of TensorFlow where the padding is "same".
#   windows.py write FOLDER   row.csv and windows.mlc
#   windows.py check FOLDER   what `mlc predict` made of them
import csv
import sys

from corners import tensors

HEIGHT, WIDTH = 7, 5
ROW = [((37 * i + 11) % 29 - 14) / 4 for i in range(HEIGHT * WIDTH)]
PICTURE = [ROW[WIDTH * i:WIDTH * (i + 1)] for i in range(HEIGHT)]


def window_count(n, size, stride, pad, ceil_mode):
    """PyTorch's pooling_output_shape."""
    count = (n + 2 * pad - size + (stride - 1 if ceil_mode else 0)) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= n + pad else count


def pooled(picture, size, stride, pad, ceil_mode, kind):
    """PyTorch's max_pool2d, or avg_pool2d, whose zeros of padding count, but not what lies beyond them."""
    height, width = len(picture), len(picture[0])
    rows, columns = (window_count(n, size, stride, pad, ceil_mode) for n in (height, width))
    result = []
    for top in (stride * i - pad for i in range(rows)):
        for left in (stride * j - pad for j in range(columns)):
            seen = [picture[i][j] for i in range(max(top, 0), min(top + size, height))
                    for j in range(max(left, 0), min(left + size, width))]
            places = (min(top + size, height + pad) - top) * (min(left + size, width + pad) - left)
            result.append(max(seen) if kind == "max" else sum(seen) / places)
    return result


def between(line, scale):
    """PyTorch's linear interpolation with align_corners = False: of the two elements beside (i + 1/2) / scale - 1/2."""
    result = []
    for i in range(len(line) * scale):
        at = max((i + 0.5) / scale - 0.5, 0)
        low = int(at)
        result.append(line[low] * (1 - (at - low)) + line[min(low + 1, len(line) - 1)] * (at - low))
    return result


def cases():
    """name, in mlc over two channels of which the second is -2 times the first, the numbers of both, channels last."""
    def both(f, values):
        other = [[-2 * v for v in line] for line in values] if isinstance(values[0], list) else [-2 * v for v in values]
        return [v for pair in zip(f(values), f(other)) for v in pair]

    for scale in (1, 2, 3, 4):
        yield (f"bilinear_{scale}", f'picture |> upsample({scale}, mode = "bilinear")', both(
            lambda picture: [v for row in zip(*(between(column, scale) for column in zip(*picture)))
                             for v in between(row, scale)], PICTURE))
        for n in (1, 2, 5):
            yield (f"linear_{n}_{scale}", f'line[:, :{n}] |> upsample({scale}, mode = "linear")',
                   both(lambda line: between(line, scale), ROW[:n]))
    for kind in ("max", "avg"):
        for size, stride, pad in ((2, 2, 0), (3, 2, 0), (3, 2, 1), (2, 3, 1), (4, 3, 2), (3, 4, 1), (5, 3, 2)):
            for ceil_mode in (False, True):
                name = f"{kind}_{size}_{stride}_{pad}_{'ceil' if ceil_mode else 'floor'}"
                options = f"{size}, stride = {stride}, pad = {pad}, ceil_mode = {str(ceil_mode).lower()}"
                yield name, f"picture |> {kind}_pool({options})", both(
                    lambda picture: pooled(picture, size, stride, pad, ceil_mode, kind), PICTURE)
        for size, stride in ((2, 1), (3, 1), (2, 2), (3, 2), (4, 3), (2, 3), (5, 2)):
            yield f"{kind}_same_{size}_{stride}", f'picture |> {kind}_pool({size}, stride = {stride}, pad = "same")', both(
                lambda picture: same_pooled(picture, size, stride, kind), PICTURE)
        yield (f"{kind}_valid", f'picture |> {kind}_pool(3, stride = 2, pad = "valid")',
               both(lambda picture: pooled(picture, 3, 2, 0, False, kind), PICTURE))
        for n in range(1, 9):
            # A window that is larger than the line fits in ceil_mode as soon as one begins in it.
            for size, stride, pad in ((2, 2, 0), (3, 2, 0), (3, 2, 1), (2, 4, 1)):
                if window_count(n, size, stride, pad, True) < 1:
                    continue
                yield (f"{kind}_line_{n}_{size}_{stride}_{pad}",
                       f"line[:, :{n}] |> {kind}_pool({size}, stride = {stride}, pad = {pad}, ceil_mode = true)",
                       both(lambda line: pooled_line(line, size, stride, pad, kind), ROW[:n]))


def pooled_line(line, size, stride, pad, kind):
    n = len(line)
    result = []
    for begin in (stride * i - pad for i in range(window_count(n, size, stride, pad, True))):
        seen = [line[i] for i in range(max(begin, 0), min(begin + size, n))]
        result.append(max(seen) if kind == "max" else sum(seen) / (min(begin + size, n + pad) - begin))
    return result


def same_pads(n, window, stride):
    """TensorFlow's: ceil(n / stride) windows, the odd zero at the end. With stride 1 also PyTorch's."""
    count = -(-n // stride)
    total = max((count - 1) * stride + window - n, 0)
    return count, total // 2


def same_pooled(picture, size, stride, kind):
    """TensorFlow's pools: padding never counts."""
    (rows, low), (columns, before) = (same_pads(n, size, stride) for n in (len(picture), len(picture[0])))
    result = []
    for top in (stride * i - low for i in range(rows)):
        for left in (stride * j - before for j in range(columns)):
            seen = [picture[i][j] for i in range(max(top, 0), min(top + size, len(picture)))
                    for j in range(max(left, 0), min(left + size, len(picture[0])))]
            result.append(max(seen) if kind == "max" else sum(seen) / len(seen))
    return result


def layers():
    """name, in mlc over lines of two channels, the numbers made of the weights and the line."""
    def line_of(n):
        return [(v, -2 * v) for v in ROW[:n]]

    def conv(n, kernel, stride, dilation):
        def values(w):
            count, low = same_pads(n, dilation * (kernel - 1) + 1, stride)
            line, places = line_of(n), [[stride * o + dilation * t - low for t in range(kernel)] for o in range(count)]
            return [sum(line[at][c] * w["conv_1.w"][2 * t + c] for t, at in enumerate(own) if 0 <= at < n for c in (0, 1))
                    for own in places]
        return values

    def separable(n, kernel, stride):
        def values(w):
            count, low = same_pads(n, kernel, stride)
            line, each, mix = line_of(n), w["separable_conv_1.conv_1.w"], w["separable_conv_1.conv_2.w"]
            return [sum(mix[c] * line[at][c] * each[2 * t + c] for t in range(kernel) for c in (0, 1)
                        for at in [stride * o + t - low] if 0 <= at < n) for o in range(count)]
        return values

    def transposed(n, kernel, stride, dilation):
        def values(w):
            _, low = same_pads(n * stride, dilation * (kernel - 1) + 1, stride)
            line = line_of(n)
            return [sum(line[i][c] * w["conv_transpose_1.w"][2 * t + c] for i in range(n) for t in range(kernel) for c in (0, 1)
                        if stride * i + dilation * t - low == j) for j in range(n * stride)]
        return values

    for n in (5, 6):
        for kernel, stride, dilation in ((1, 2, 1), (2, 1, 1), (3, 1, 1), (3, 2, 1), (4, 3, 1), (2, 1, 3), (3, 2, 2), (2, 4, 1)):
            options = f'{kernel}, stride = {stride}, dilation = {dilation}, pad = "same"'
            yield f"conv_{n}_{kernel}_{stride}_{dilation}", f"line[:, :{n}] |> conv(1, {options})", conv(n, kernel, stride, dilation)
            yield (f"conv_transpose_{n}_{kernel}_{stride}_{dilation}", f"line[:, :{n}] |> conv_transpose(1, {options})",
                   transposed(n, kernel, stride, dilation))
        yield (f"separable_conv_{n}", f'line[:, :{n}] |> separable_conv(1, 4, stride = 2, pad = "same")', separable(n, 4, 2))


def write(folder):
    names = [f"x{i}" for i in range(len(ROW))]
    with open(folder + "/row.csv", "w") as out:
        print(*names, sep=",", file=out)
        print(*ROW, sep=",", file=out)
    text = 'data rows { train csv("row.csv")\n  x: float[' + str(len(ROW)) + "] = "
    text += ", ".join(f'"{name}"' for name in names) + "\n}\n"
    text += "model scale(x: float[batch, " + str(len(ROW)) + "]) { x |> dense(1) }\n"
    for name, expr, _ in layers():
        text += f"model m_{name}(line: float[batch, {len(ROW)}, 2]) {{ {expr} |> flatten }}\n"
    text += "train t on rows {\n"
    text += '  let both = stack(x, -2 * x, axis = 2)\n'
    text += f'  let picture = rearrange("b (h w) c -> b h w c", both, w = {WIDTH})\n  let line = both\n'
    for name, expr, _ in cases():
        text += f"  predict {name} = flatten({expr})\n"
    for name, _, _ in layers():
        text += f"  predict {name} = m_{name}(line)\n  loss l_{name} = sum(m_{name}(line), axes = 1)\n"
    text += "  loss mse(scale(x), 0 * x[:, :1])\n  optimizer sgd(lr = 0.1)\n  batch 1\n  epochs 0\n  precision f64\n}\n"
    open(folder + "/windows.mlc", "w").write(text)


def check(folder):
    row = next(csv.DictReader(open(folder + "/predicted.csv")))
    wrong, count = [], 0
    weights = tensors(folder + "/run/model.safetensors")
    made = [(name, expr, values({path.removeprefix(f"m_{name}."): w for path, w in weights.items()}))
            for name, expr, values in layers()]
    for name, expr, expected in [*cases(), *made]:
        got = [float(cell) for column, cell in row.items() if column == name or column.startswith(name + ".")]
        count += 1
        if len(got) != len(expected) or any(abs(a - b) > 1e-12 for a, b in zip(got, expected)):
            wrong.append(f"{name}, {expr}: {got}, not {expected}")
    print(f"{count} cases, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2])
