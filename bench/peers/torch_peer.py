# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The workloads as a PyTorch expert would write them: torch.func, vmap within chunks, eigvalsh.

The best of the chunk sizes tried; whole precision.
"""

import torch
from contender import ROUNDING, best_chunk, race, read_problem

try:
    from torch.func import hessian, vmap
except ImportError:  # before PyTorch 2
    from functorch import hessian, vmap

torch.set_float32_matmul_precision("highest")  # no TF32
problem = read_problem()
device = torch.device(problem.device)
dtype = getattr(torch, problem.precision)
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}
activate = ACTIVATIONS[problem.activation]
shapes = list(zip(problem.widths[:-1], problem.widths[1:], strict=True))
steps = problem.row.get("lanczos_steps", 100)


def array(name):
    kind = torch.int64 if name == "y" and problem.loss == "cross-entropy" else dtype
    return torch.as_tensor(problem.arrays[name], dtype=kind, device=device)


x, y = array("x"), array("y")


def loss(theta):
    """f(theta)."""
    a, begin = x, 0
    for layer, (fan_in, fan_out) in enumerate(shapes):
        w = theta[begin : begin + fan_in * fan_out].reshape(fan_out, fan_in)
        b = theta[begin + fan_in * fan_out : begin + (fan_in + 1) * fan_out]
        begin += (fan_in + 1) * fan_out
        a = torch.nn.functional.linear(a, w, b)
        if layer + 1 < len(shapes):
            a = activate(a)
    if problem.loss == "cross-entropy":
        # What cross_entropy computes, in operations that every version differentiates forward too.
        return (torch.logsumexp(a, 1) - a.gather(1, y[:, None])[:, 0]).mean()
    return torch.nn.functional.mse_loss(a, y)


def smallest_by_lanczos(thetas):
    """Smallest Ritz values after some steps with full reorthogonalisation, their residuals, and the
    largest ones in size, for a chunk at once."""

    # One graph for all steps: the chunk's losses share no parameters, so that the gradient of their
    # sum is the gradient of each, and its product with vectors the Hessian's of each.
    with torch.enable_grad():
        thetas = thetas.requires_grad_()
        (gradients,) = torch.autograd.grad(vmap(loss)(thetas).sum(), thetas, create_graph=True)
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(thetas.shape[1], generator=generator, dtype=dtype).to(device)
    v = (start / start.norm()).expand_as(thetas)
    basis, alpha, beta = [v], [], []
    for _ in range(steps):
        (w,) = torch.autograd.grad(gradients, thetas, v, retain_graph=True)
        alpha.append((w * v).sum(1))
        known = torch.stack(basis, 1)  # (chunk, steps so far, P)
        for _ in range(2):
            w = w - torch.einsum("ckp,ck->cp", known, torch.einsum("ckp,cp->ck", known, w))
        beta.append(w.norm(dim=1))
        v = w / beta[-1][:, None]
        basis.append(v)
    a, b = torch.stack(alpha, 1), torch.stack(beta, 1)[:, :-1]
    t = torch.diag_embed(a) + torch.diag_embed(b, 1) + torch.diag_embed(b, -1)
    values, vectors = torch.linalg.eigh(t)
    residuals = beta[-1] * vectors[:, -1, 0].abs()
    return torch.stack([values[:, 0], residuals, values.abs().amax(1)], 1)


def at_thetas(thetas):
    if problem.wants == "loss":
        return vmap(loss)(thetas)
    if problem.wants == "lanczos":
        return smallest_by_lanczos(thetas)
    hessians = vmap(hessian(loss))(thetas)
    if problem.wants == "trace":
        return hessians.diagonal(dim1=1, dim2=2).sum(1)
    values = torch.linalg.eigvalsh(hessians)
    norms = values.abs().amax(1)
    found = [values[:, 0], torch.zeros_like(norms), norms]
    if problem.counts:
        rounding = ROUNDING[problem.precision] * norms[:, None]
        found += [(values < edge).sum(1).to(dtype) for edge in (-rounding, rounding)]
    return torch.stack(found, 1)


if problem.kind == "segments":
    ends, t = array("ends"), array("t")

    def part(first, last):
        points = torch.arange(first, last, device=device)
        segments = torch.div(points, len(t), rounding_mode="floor")
        a, b = ends[segments, 0], ends[segments, 1]
        return vmap(loss)(a + t[points % len(t), None] * (b - a))
else:
    origin, directions, coordinates = array("theta"), array("directions"), array("coordinates")

    def part(first, last):
        return at_thetas(origin + coordinates[first:last] @ directions)


def make(chunk, items):
    def call():
        with torch.no_grad():
            parts = [part(i, min(i + chunk, items)) for i in range(0, items, chunk)]
            return torch.cat(parts).cpu().numpy()  # waits for the device

    return call


chunk, items = best_chunk(problem, make, (RuntimeError, MemoryError))
race(
    problem, f"PyTorch {torch.__version__}", make(chunk, items), items, chunk=chunk,
    platform=x.device.type, device=torch.cuda.get_device_name(x.device) if x.is_cuda else "cpu",
    versions={"torch": torch.__version__, "cuda": torch.version.cuda or "none"},
)  # fmt: skip
