"""The step of `by_hand.py` with the products of dense tensors, which PyTorch leaves to MKL.

The loop is compiled by torch.jit.script, which saves Python's time between the operators.
"""

import torch
from torch import Tensor


@torch.jit.script
def run(
    samples: Tensor,
    order: Tensor,
    batch_size: int,
    W: Tensor,
    V: Tensor,
    b: Tensor,
    v: Tensor,
    rate: float,
    momentum: float,
    coefficient: float,
) -> float:
    n_hidden, n_inputs = W.size(0), W.size(1)
    left = W.new_empty([2 * batch_size, n_hidden])
    right = W.new_empty([2 * batch_size, n_inputs])
    h, delta = left[:batch_size], left[batch_size:]
    r, x = right[:batch_size], right[batch_size:]
    d, u = torch.empty_like(h), torch.empty_like(h)
    slopes, lengths = W.new_empty([n_hidden]), W.new_empty([n_hidden, 1])
    ones = W.new_ones([batch_size])
    Wt, left_t, delta_t, slopes_column = W.t(), left.t(), delta.t(), slopes.unsqueeze(1)
    factor = -2.0 * rate / batch_size

    for batch in order.split(batch_size):
        torch.index_select(samples, 0, batch, out=x)
        torch.addmm(b, x, Wt, out=h)
        h.sigmoid_()
        torch.addmm(x, h, W, beta=-1.0, alpha=1.0, out=r)

        torch.addcmul(h, h, h, value=-1.0, out=d)
        torch.addcmul(d, d, h, value=-2.0, out=u)
        u.addmm_(r, Wt, beta=coefficient, alpha=1.0)
        torch.mul(u, d, out=delta)

        V.addmm_(left_t, right, beta=momentum, alpha=factor)
        v.addmv_(delta_t, ones, beta=momentum, alpha=factor)
        b.add_(v)
        d.mul_(d)
        torch.sum(d, [0], out=slopes)
        V.addcmul_(W, slopes_column, value=factor * coefficient)
        W.add_(V)
        torch.norm(W, 2, [1], True, out=lengths)
        W.mul_(lengths.reciprocal_())

    return float(r.square().sum() + coefficient * slopes.sum()) / batch_size


def train(problem, parameters, order):
    """Gives J of the last batch, before its update."""
    return run(
        problem.samples,
        order,
        problem.batch_size,
        parameters.W,
        parameters.V,
        parameters.b,
        parameters.v,
        problem.learning_rate,
        problem.momentum,
        problem.coefficient,
    )
