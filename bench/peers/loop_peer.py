# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""One point at a time, as tomgoldstein/loss-landscape and most tools after it do.

For every point the weights of a module are set and the data are sent through it. Kinder than
theirs: all samples in one batch that lies on the device, no files, no messages in between.
"""

import torch
from contender import race, read_problem, seconds_of

problem = read_problem()
if problem.kind != "grid" or problem.wants != "loss":
    raise SystemExit("the loop is for grids of losses")
device = torch.device(problem.device)
dtype = getattr(torch, problem.precision)
activation = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[problem.activation]
layers = []
for fan_in, fan_out in zip(problem.widths[:-1], problem.widths[1:], strict=True):
    layers += [torch.nn.Linear(fan_in, fan_out), activation()]
module = torch.nn.Sequential(*layers[:-1]).to(device, dtype)
classes = problem.loss == "cross-entropy"
criterion = torch.nn.CrossEntropyLoss() if classes else torch.nn.MSELoss()
x = torch.as_tensor(problem.x, dtype=dtype, device=device)
y = torch.as_tensor(problem.y, dtype=torch.int64 if classes else dtype, device=device)


def split(vector):
    """A vector (P,) as one tensor for each of the module's."""
    vector = torch.as_tensor(vector, dtype=dtype, device=device)
    sizes = [p.numel() for p in module.parameters()]
    return [v.view_as(p) for v, p in zip(vector.split(sizes), module.parameters(), strict=True)]


origin, along_x, along_y = split(problem.theta), *map(split, problem.directions)


def losses(points):
    values = []
    with torch.no_grad():
        for a, b in problem.coordinates[:points]:
            for p, w, u, v in zip(module.parameters(), origin, along_x, along_y, strict=True):
                p.copy_(w + a * u + b * v)
            values.append(criterion(module(x), y).item())
    return values


some = min(8, problem.items)
losses(some)
each = seconds_of(lambda: losses(some)) / some
points = max(1, min(problem.items, int(problem.budget / each)))
race(
    problem, f"loop {torch.__version__}", lambda: losses(points), points, platform=x.device.type,
    device=torch.cuda.get_device_name(x.device) if x.is_cuda else "cpu",
    versions={"torch": torch.__version__, "cuda": torch.version.cuda or "none"},
)  # fmt: skip
