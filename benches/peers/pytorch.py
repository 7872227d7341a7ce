"""Trains auto-encoders by PyTorch on request: a JSON object a line in, a JSON object a line out.

    {"prepare": {...}}                         "prepared" | {"unavailable": why}
    {"train": {"steps": 20, "shuffle": false}} {"trained": {"seconds": ..., "objective": ...}}

What fails is answered by {"failed": why}. `objective` is J of the last step, before its update.
"""

import json
import os
import shutil
import sys
import time
import traceback
import warnings

# What libraries print must not come between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
# torch.jit.script is deprecated, yet the fastest.
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.filterwarnings("ignore", category=FutureWarning)

import torch

from autograd import Compiled, Eager
from by_hand import ByHand, ByHandDense, ByHandPrivate

PROGRAMS = {
    "by_hand": ByHand,
    "by_hand_dense": ByHandDense,
    "by_hand_private": ByHandPrivate,
    "eager": Eager,
    "compiled": Compiled,
}


class Problem:
    """What is trained and on what: the fields of the request, and the arrays of its files."""

    def __init__(self, request):
        self.__dict__.update(request)
        self.dtype = {"f32": torch.float32, "f64": torch.float64}[self.precision]
        self.samples = self.read(self.samples)
        self.filters = self.read(self.filters)

    def read(self, path):
        """An array with rows of n_inputs values, stored as f64."""
        size = os.path.getsize(path) // 8
        values = torch.from_file(path, size=size, dtype=torch.float64)
        return values.view(-1, self.n_inputs).to(self.dtype, copy=True)


def unavailable(program):
    """Why a program cannot run here, if so."""
    compilers = os.environ.get("CXX", "g++"), "clang++"
    if program == "compiled" and not any(map(shutil.which, compilers)):
        return "torch.compile needs a C++ compiler"
    if program == "by_hand_private" and not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return "this PyTorch has no such operator"
    return None


def order(n_samples, steps, batch_size, shuffle):
    """The numbers of the samples, epoch after epoch; incomplete batches are left out."""
    per_epoch = n_samples // batch_size
    epochs = -(-steps // per_epoch)
    draw = torch.randperm if shuffle else torch.arange
    numbers = [draw(n_samples)[: per_epoch * batch_size] for _ in range(epochs)]
    return torch.cat(numbers)[: steps * batch_size]


class Worker:
    def __init__(self):
        self.problem = None
        self.program = None

    def prepare(self, program, threads, **request):
        reason = unavailable(program)
        if reason:
            return {"unavailable": reason}
        torch.set_num_threads(threads)
        self.problem = Problem(request)
        self.program = PROGRAMS[program](self.problem)
        return "prepared"

    def train(self, steps, shuffle):
        begin = time.perf_counter()
        numbers = order(len(self.problem.samples), steps, self.problem.batch_size, shuffle)
        objective = self.program.train(numbers)
        seconds = time.perf_counter() - begin
        return {"trained": {"seconds": seconds, "objective": objective}}


def main():
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    worker = Worker()
    print(json.dumps({"version": torch.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            ((command, arguments),) = json.loads(line).items()
            answer = getattr(worker, command)(**arguments)
        except Exception:
            answer = {"failed": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
