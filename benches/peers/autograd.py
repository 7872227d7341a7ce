"""The step as users of PyTorch write it: by autograd, as it is and compiled."""

import torch
from torch.nn.functional import linear, softplus

ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "softplus": softplus}


def squared_slope(activation, a, h):
    """s'(a)^2, where h = s(a)."""
    if activation == "sigmoid":
        return (h * (1 - h)).square()
    if activation == "softplus":
        return torch.sigmoid(a).square()
    return (a > 0).to(a.dtype)


def penalty(model, activation, weight, a, h):
    """R without its coefficient."""
    if model == "sae":
        mean = h.mean(0)
        nearest = mean.clamp(max=0.9)  # continued by the tangent
        return (10 * (mean - nearest) - torch.log1p(-nearest)).sum()
    squared_length = weight.square().sum(1)
    if model == "mdae":
        squared_length = squared_length.square()
    return squared_slope(activation, a, h).mean(0) @ squared_length


def loss(problem, weight, bias, x):
    """J of a batch with its samples in rows."""
    denoising = problem.model == "dae"
    deviation = problem.noise_variance**0.5
    corrupted = x + deviation * torch.randn_like(x) if denoising else x
    a = linear(corrupted, weight, bias)
    h = ACTIVATIONS[problem.activation](a)
    reconstruction = (h @ weight - x).square().sum(1).mean()
    if denoising:
        return reconstruction
    regularizer = penalty(problem.model, problem.activation, weight, a, h)
    return reconstruction + problem.coefficient * regularizer


class Eager:
    def __init__(self, problem):
        self.problem = problem
        self.weight = torch.nn.Parameter(problem.filters.clone())
        self.bias = torch.nn.Parameter(problem.filters.new_zeros(problem.filters.shape[0]))
        self.optimizer = torch.optim.SGD(
            [self.weight, self.bias], lr=problem.learning_rate, momentum=problem.momentum
        )

    def train(self, order):
        """Trains on the samples of these numbers; gives J of the last batch, before its update."""
        for batch in order.split(self.problem.batch_size):
            self.optimizer.zero_grad()
            objective = loss(self.problem, self.weight, self.bias, self.problem.samples[batch])
            objective.backward()
            self.optimizer.step()
            with torch.no_grad():
                self.weight.div_(self.weight.norm(dim=1, keepdim=True))
        return objective.item()


class Compiled:
    """Forward, backward, update and projection as one compiled function.

    It took 2.9 ms on the machine of `by_hand.py` (784 -> 1000, 2 threads). Tried as well: the loss
    alone compiled, with the optimizer as it is or compiled too: 3.4 to 3.6 ms; the gradient by hand
    within the compiled function: 3.0 to 3.3; `cpp_wrapper`: 2.9; `max_autotune`: no gain.
    """

    def __init__(self, problem):
        self.problem = problem
        weight, bias = problem.filters, problem.filters.new_zeros(problem.filters.shape[0])
        self.state = weight, bias, torch.zeros_like(weight), torch.zeros_like(bias)
        rate, momentum = problem.learning_rate, problem.momentum

        def objective(weight, bias, x):
            return loss(problem, weight, bias, x)

        def step(weight, bias, weight_velocity, bias_velocity, x):
            (weight_gradient, bias_gradient), value = torch.func.grad_and_value(
                objective, argnums=(0, 1)
            )(weight, bias, x)
            weight_velocity = momentum * weight_velocity - rate * weight_gradient
            bias_velocity = momentum * bias_velocity - rate * bias_gradient
            weight, bias = weight + weight_velocity, bias + bias_velocity
            weight = weight / weight.norm(dim=1, keepdim=True)
            return (weight, bias, weight_velocity, bias_velocity), value

        self.step = torch.compile(step)

    def train(self, order):
        """Trains on the samples of these numbers; gives J of the last batch, before its update."""
        with torch.no_grad():
            for batch in order.split(self.problem.batch_size):
                self.state, value = self.step(*self.state, self.problem.samples[batch])
        return value.item()
