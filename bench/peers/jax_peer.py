# SPDX-FileCopyrightText: 2026 The convexscan authors
# SPDX-License-Identifier: MIT
"""The workloads as a JAX expert would write them: jit, vmap within chunks, lax.map over chunks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from problem import Problem

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")

ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}


def loss_of(problem: Problem, dtype):
    """f(theta) with the data as constants of the compiled program."""
    x, y = jnp.asarray(problem.x, dtype), jnp.asarray(problem.y)
    activate = ACTIVATIONS[problem.activation]
    shapes = list(zip(problem.widths[:-1], problem.widths[1:], strict=True))

    def loss(theta):
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

    return loss


def point_function(problem: Problem, dtype):
    """What is wanted at coordinates (2,)."""
    loss = loss_of(problem, dtype)
    origin = jnp.asarray(problem.theta, dtype)
    directions = jnp.asarray(problem.directions, dtype)

    def at(c):
        theta = origin + c @ directions
        if problem.quantities == "loss":
            return loss(theta)
        return jnp.linalg.eigvalsh(jax.hessian(loss)(theta))[0]

    return at


class JaxPeer:
    """Compiled for one chunk size; run() gives the values at every point."""

    def __init__(self, problem: Problem, chunk: int):
        dtype = jnp.dtype(problem.precision)
        self.coordinates = jnp.asarray(problem.coordinates, dtype)
        at = point_function(problem, dtype)
        self.compiled = (
            jax.jit(functools.partial(jax.lax.map, at, batch_size=chunk))
            .lower(self.coordinates)
            .compile()
        )

    def run(self) -> np.ndarray:
        return np.asarray(self.compiled(self.coordinates).block_until_ready())
