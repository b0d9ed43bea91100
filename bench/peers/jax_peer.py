# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The workloads as a JAX expert would write them: jit, vmap within chunks, lax.map over chunks.

The best of the chunk sizes tried; compile time left out; whole precision.
"""

import os

from contender import ROUNDING, best_chunk, race, read_options, read_problem

# Without a GPU, JAX would take the processor and say so in a line that nobody reads.
os.environ["JAX_PLATFORMS"] = read_options().device.split(":")[0]
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import jaxlib  # noqa: E402

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")  # no TF32

problem = read_problem()
try:
    device = jax.devices()[int(problem.device.partition(":")[2] or 0)]
except (RuntimeError, AssertionError, IndexError):  # without the plugin there is no message either
    raise SystemExit(f"JAX finds no device for {problem.device}") from None
jax.config.update("jax_default_device", device)
ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}
activate = ACTIVATIONS[problem.activation]
shapes = list(zip(problem.widths[:-1], problem.widths[1:], strict=True))
steps = problem.row.get("lanczos_steps", 100)


def loss(theta, x, y):
    """f(theta)."""
    a, begin = x, 0
    for layer, (fan_in, fan_out) in enumerate(shapes):
        w = theta[begin : begin + fan_in * fan_out].reshape(fan_out, fan_in)
        b = theta[begin + fan_in * fan_out : begin + (fan_in + 1) * fan_out]
        begin += (fan_in + 1) * fan_out
        a = a @ w.T + b
        if layer + 1 < len(shapes):
            a = activate(a)
    if problem.loss == "cross-entropy":
        picked = jnp.take_along_axis(a, y[:, None], axis=1)[:, 0]
        return jnp.mean(jax.nn.logsumexp(a, axis=1) - picked)
    return jnp.mean((a - y) ** 2)


def smallest_by_lanczos(theta, x, y):
    """Smallest Ritz value after some steps with full reorthogonalisation, its residual, and the
    largest one in size."""
    gradient = jax.grad(loss)
    # What does not depend on the vector is worked out once.
    _, product = jax.linearize(lambda t: gradient(t, x, y), theta)

    start = jax.random.normal(jax.random.key(1), theta.shape, theta.dtype)
    basis = jnp.zeros((steps, theta.size), theta.dtype).at[0].set(start / jnp.linalg.norm(start))

    def step(j, state):
        basis, alpha, beta = state
        w = product(basis[j])
        alpha = alpha.at[j].set(w @ basis[j])
        for _ in range(2):
            w = w - basis.T @ (basis @ w)
        norm = jnp.linalg.norm(w)
        beta = beta.at[j].set(norm)
        return basis.at[j + 1].set(w / norm, mode="drop"), alpha, beta

    zeros = jnp.zeros(steps, theta.dtype)
    _, alpha, beta = jax.lax.fori_loop(0, steps, step, (basis, zeros, zeros))
    tridiagonal = jnp.diag(alpha) + jnp.diag(beta[:-1], 1) + jnp.diag(beta[:-1], -1)
    values, vectors = jnp.linalg.eigh(tridiagonal)
    return jnp.stack([values[0], beta[-1] * jnp.abs(vectors[-1, 0]), jnp.abs(values).max()])


def at_theta(theta, x, y):
    if problem.wants == "loss":
        return loss(theta, x, y)
    if problem.wants == "lanczos":
        return smallest_by_lanczos(theta, x, y)
    hessian = jax.hessian(loss)(theta, x, y)
    if problem.wants == "trace":
        return jnp.trace(hessian)
    values = jnp.linalg.eigvalsh(hessian)
    norm = jnp.abs(values).max()
    found = [values[0], jnp.zeros_like(values[0]), norm]
    if problem.counts:
        rounding = ROUNDING[problem.precision] * norm
        found += [jnp.sum(values < edge).astype(norm.dtype) for edge in (-rounding, rounding)]
    return jnp.stack(found)


def program(chunk, items):
    """Compiled: data in, numbers of the first items out."""
    if problem.kind == "segments":

        def run(x, y, t, ends):
            def at(k):
                a, b = ends[k // t.size]
                return loss(a + t[k % t.size] * (b - a), x, y)

            return jax.lax.map(at, jnp.arange(items), batch_size=chunk)
    else:

        def run(x, y, origin, directions, coordinates):
            def at(c):
                return at_theta(origin + c @ directions, x, y)

            return jax.lax.map(at, coordinates[:items], batch_size=chunk)

    return jax.jit(run)


dtype = jnp.dtype(problem.precision)
data = [jnp.asarray(problem.x, dtype)]
data.append(jnp.asarray(problem.y, jnp.int64 if problem.loss == "cross-entropy" else dtype))
names = ["t", "ends"] if problem.kind == "segments" else ["theta", "directions", "coordinates"]
arguments = [jnp.asarray(problem.arrays[name], dtype) for name in names]


def make(chunk, items):
    given = [*data, *arguments]
    compiled = program(chunk, items).lower(*given).compile()
    return lambda: compiled(*given).block_until_ready()


chunk, items = best_chunk(problem, make, jax.errors.JaxRuntimeError)
(device,) = data[0].devices()
race(
    problem, f"JAX {jax.__version__}", make(chunk, items), items, chunk=chunk,
    platform="cuda" if device.platform == "gpu" else device.platform, device=device.device_kind,
    versions={"jax": jax.__version__, "jaxlib": jaxlib.__version__},
)  # fmt: skip
