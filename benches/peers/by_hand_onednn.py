"""The step of `by_hand.py` with products by oneDNN.

PyTorch multiplies dense f32 tensors by MKL, which on processors of other makers than Intel leaves
AVX-512 unused; oneDNN does not. It neither takes `out=` nor accumulates, so that the velocity is
kept divided by -2 eta / B: its decay and the sum with the gradient are then one pass.
"""

import torch
from torch.nn.functional import linear


def linear_onednn(left, right, bias=None):
    """left right^T + bias. PyTorch takes oneDNN if the first tensor has oneDNN's layout."""
    return linear(left.to_mkldnn(), right, bias).to_dense()


def linear_private(left, right, bias=None):
    """The same, without the change of layouts."""
    return torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")


def train(problem, parameters, order, product, decoder_too=False, gradient_too=False):
    """Gives J of the last batch, before its update."""
    B, momentum, coefficient = problem.batch_size, problem.momentum, problem.coefficient
    W, V, b, v = parameters.W, parameters.V, parameters.b, parameters.v
    left = W.new_empty(2 * B, W.shape[0])
    right = W.new_empty(2 * B, W.shape[1])
    (h, delta), (r, x) = left.split(B), right.split(B)
    d, u = torch.empty_like(h), torch.empty_like(h)
    slopes, lengths = W.new_empty(W.shape[0]), W.new_empty(W.shape[0], 1)
    ones = W.new_ones(B)
    Wt, left_t, right_t, delta_t = W.t(), left.t(), right.t(), delta.t()
    slopes_column = slopes.unsqueeze(1)
    factor = -2.0 * problem.learning_rate / B

    for batch in order.split(B):
        torch.index_select(problem.samples, 0, batch, out=x)
        torch.sigmoid(product(x, W, b), out=h)
        if decoder_too:
            torch.sub(product(h, Wt), x, out=r)
        else:
            torch.addmm(x, h, W, beta=-1, out=r)

        torch.addcmul(h, h, h, value=-1, out=d)
        torch.addcmul(d, d, h, value=-2, out=u)
        u.mul_(coefficient).add_(product(r, W))
        torch.mul(u, d, out=delta)

        if gradient_too:
            V = product(left_t, right_t).add_(V, alpha=momentum)
        else:
            V.addmm_(left_t, right, beta=momentum)
        v.addmv_(delta_t, ones, beta=momentum, alpha=factor)
        b.add_(v)
        torch.sum(d.mul_(d), 0, out=slopes)
        V.addcmul_(W, slopes_column, value=coefficient)
        W.add_(V, alpha=factor)
        torch.linalg.vector_norm(W, dim=1, keepdim=True, out=lengths)
        W.mul_(lengths.reciprocal_())

    parameters.V = V
    return float(r.square().sum() + coefficient * slopes.sum()) / B
