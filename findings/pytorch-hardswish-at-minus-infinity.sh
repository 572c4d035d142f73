#!/usr/bin/env bash
# Expectation: torch.nn.functional.hardswish is documented piece by piece: 0 where x <= -3, x where x >= 3, x (x + 3) / 6
#   between. So it is 0 for minus infinity, as it is for every finite number that small, and as hardsigmoid is there.
# What happens: the value is NaN, of f32 and f64, while the derivative at the same place is 0. A logit that a mask has set
#   to minus infinity makes everything after it NaN in the forward pass, and nothing in the backward pass says so.
# Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import math
import torch
import torch.nn.functional as F

print("torch", torch.__version__)
for dtype in (torch.float32, torch.float64):
    x = torch.tensor([-math.inf, -1e30, -3.0], dtype=dtype, requires_grad=True)
    value = F.hardswish(x)
    gradient, = torch.autograd.grad(value.sum(), x)
    print(dtype, "x", x.tolist(), "hardswish", value.tolist(), "gradient", gradient.tolist())
    assert math.isnan(value[0].item()), "it is no NaN any more"
    assert value[1].item() == 0 and value[2].item() == 0 and gradient[0].item() == 0
assert F.hardsigmoid(torch.tensor(-math.inf)).item() == 0
PYTHON
