"""Encodes samples by PyTorch on request: a JSON object a line in, a JSON object a line out.

    {"samples": 256, "what": "top-32", "threads": 1, "seconds": 0.4}
    {"rows_per_second": ..., "sum": ...}

The model is that of `encode.rs`: h = relu(x W + b), 768 inputs, 4096 units. `sum` is that of the
codes that are kept, by which the driver knows that both computed the same.
"""

import json
import math
import sys
import time
import warnings

import torch

# That sparse tensors are in beta state.
warnings.filterwarnings("ignore", category=UserWarning)

N_INPUTS, N_HIDDEN, K = 768, 4096, 32


def noise(rows, columns):
    """`common::noise` of the benchmarks, transposed: row-major and column-major are the same memory."""
    i = torch.arange(rows, dtype=torch.float64)
    j = torch.arange(columns, dtype=torch.float64)[:, None]
    uniform = (torch.sin(i * 12.9898 + j * 78.233) * 43758.5453).remainder(1.0)
    return (math.sqrt(12.0) * (uniform - 0.5)).to(torch.float32)


WEIGHTS = (noise(N_INPUTS, N_HIDDEN) * (1.0 / math.sqrt(N_INPUTS))).T.contiguous()
BIAS = torch.full((N_HIDDEN,), -1.28)


def dense(x):
    return torch.addmm(BIAS, x, WEIGHTS).relu_()


def top(x):
    return torch.topk(dense(x), K, sorted=False)


def above(x):
    return dense(x).to_sparse_csr()


PROGRAMS = {"dense": dense, "top-32": top, "above-0": above}


def kept(result):
    values = result.values if isinstance(result, tuple) else result
    values = values.values() if values.layout == torch.sparse_csr else values
    return values.sum(dtype=torch.float64).item()


@torch.inference_mode()
def run(samples, what, threads, seconds):
    torch.set_num_threads(threads)
    x, program = noise(N_INPUTS, samples), PROGRAMS[what]
    total = kept(program(x))
    rounds, begin = 0, time.perf_counter()
    while (taken := time.perf_counter() - begin) < seconds:
        program(x)
        rounds += 1
    return {"rows_per_second": rounds * samples / taken, "sum": total}


print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
