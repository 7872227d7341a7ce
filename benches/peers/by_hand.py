"""The step of a contractive auto-encoder with sigmoid, written by hand: the fastest found.

    a = W x + b,  h = sigmoid(a),  r = W^T h - x,  d = h (1 - h)
    delta = d (W r + lambda d (1 - 2h))           by unit length, |W_j|^2 = 1
    V <- mu V - (2 eta / B) ([h, delta] [r, x]^T + lambda sum(d^2) W),  W <- W + V, to unit length

No autograd; in place, in buffers made once a run; one product for the whole weight gradient. J is
computed for the last step of a run only. Of three ways, `ByHand` takes the one that is fastest for
the shape, the number of threads and the machine at hand. Milliseconds a step on an AMD processor of
2 cores with AVX-512, in batches of 50, for 64 inputs of 10:

                             784 -> 1000        192 -> 1000        64 -> 100
                             1 and 2 threads    1 and 2 threads    1 thread
    dense (MKL)              3.97    2.24       1.00    0.60       0.019
    encoder by oneDNN        3.31    1.84       0.91    0.55
    gradient by oneDNN too   2.75    1.65       0.83    0.56
    private operator         2.15    1.35       0.65    0.42       0.075

Tried as well, with dense tensors and Python's loop (4.0, 2.2, 1.01, 0.61 and 0.027 ms); what is
left out was within 2 %:

- samples in columns: 4.6 ms (784, 1 thread), 1.15 ms (192, 1 thread), 0.044 ms (64);
- filters n x m: 4.5, 1.16 and 0.038 ms; and samples in columns: 5.0, 1.32 and 0.056 ms;
- two products for the weight gradient: 0.2 % faster to 4 % slower;
- the curvature term added by itself instead of by `addmm` with beta = lambda: 1 to 3 % slower;
- the bias as one more column of filters and samples: 1 to 5 % slower, for 64 inputs 8 % faster;
- `baddbmm` on pieces: 2 to 5 % slower, for 64 inputs 14 %;
- `_weight_norm_interface` for lengths and projection: 3 to 11 % slower; `vecdot`: 2 to 7 %;
- dividing by the lengths instead of multiplying by their reciprocals: 1 to 2 % slower;
- torch.jit.script around the loop, as here: 1 to 3 % faster, for 64 inputs 30 %;
- torch.compile of this step: 2.8 to 3.3 ms (784, 2 threads).
"""

import sys
import time
from functools import partial

import by_hand_dense
import by_hand_onednn
import torch

WAYS = {"dense products": by_hand_dense.train}
if torch.backends.mkldnn.is_available():
    train = partial(by_hand_onednn.train, product=by_hand_onednn.linear_onednn)
    WAYS["the encoder's products by oneDNN"] = train
    WAYS["the encoder's products and the gradient by oneDNN"] = partial(train, gradient_too=True)

TRIALS = 5
SECONDS_OF_TRIAL = 0.1


class Parameters:
    """Filters (m x n), bias and their velocities, at the beginning."""

    def __init__(self, filters):
        self.W, self.V = filters.clone(), torch.zeros_like(filters)
        self.b = filters.new_zeros(filters.shape[0])
        self.v = torch.zeros_like(self.b)


class ByHand:
    ways = WAYS

    def __init__(self, problem):
        if (problem.model, problem.activation) != ("cae", "sigmoid"):
            raise NotImplementedError("by hand there is the contractive auto-encoder with sigmoid")
        self.problem = problem
        with torch.inference_mode():
            seconds = {name: self.seconds(way) for name, way in self.ways.items()}
            self.parameters = Parameters(problem.filters)
        fastest = min(seconds, key=seconds.get)
        self.way = self.ways[fastest]
        print(f"PyTorch by hand: {fastest}", file=sys.stderr)

    def seconds(self, way):
        """Median time of a run."""
        problem, parameters = self.problem, Parameters(self.problem.filters)
        batch = torch.arange(problem.batch_size)

        def run(steps):
            begin = time.perf_counter()
            way(problem, parameters, batch.repeat(steps))
            return time.perf_counter() - begin

        run(10)
        steps = 1 + int(SECONDS_OF_TRIAL / (run(10) / 10))
        return sorted(run(steps) / steps for _ in range(TRIALS))[TRIALS // 2]

    def train(self, order):
        """Trains on the samples of these numbers; gives J of the last batch, before its update."""
        with torch.inference_mode():
            return self.way(self.problem, self.parameters, order)


class ByHandDense(ByHand):
    """Without oneDNN."""

    ways = {"dense products": by_hand_dense.train}


class ByHandPrivate(ByHand):
    """All products by an operator that only PyTorch's compiler is meant to call."""

    ways = {
        "all products by a private operator": partial(
            by_hand_onednn.train,
            product=by_hand_onednn.linear_private,
            decoder_too=True,
            gradient_too=True,
        )
    }
