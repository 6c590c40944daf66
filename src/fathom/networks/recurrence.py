"""Features (B, T, I) and the state before them to features (B, T, D) and the state after them.

The cells in the order they were found: Elman's, the LSTM, the GRU, and the minGRU, whose gates know
no state and which therefore needs no step after another for its large products. A state is a tuple
of tensors (B, ...); `begin` gives the one before the first position.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the field's name for it

from fathom.networks.positions import Linear
from fathom.networks.scan import depthwise, gated_scan

State = tuple[Tensor, ...]
Step = tuple[Float[Tensor, "B T D"], State]

CONVOLVED = 4  # positions that a minGRU's convolution sees
LONGEST = 256.0  # positions that the slowest of its features remembers at first


class Kernel(nn.Module):
    """The cells whose gates see the state, hence one position after another, in torch's kernels.

    With a = W x_t + b and r = U h_{t-1} + c, cut into equal parts where there are several gates:

    elman (Elman 1990): h_t = tanh(a + r).
    lstm (Hochreiter and Schmidhuber 1997; Gers et al. 2000): i, f, g, o = sigmoid, sigmoid, tanh,
    sigmoid of (a + r); c_t = f c_{t-1} + i g; h_t = o tanh(c_t).
    gru (Cho et al. 2014, arXiv:1406.1078): reset, z = sigmoid(a + r), n = tanh(a + reset r);
    h_t = (1 - z) n + z h_{t-1}.

    disconnect: share of U that is zero during a whole pass in training (Merity et al. 2018,
    section 3, arXiv:1708.02182).
    """

    def __init__(self, cell: str, inputs: int, width: int, *, disconnect: float = 0.0) -> None:
        super().__init__()
        self.cell, self.width, self.disconnect = cell, width, disconnect
        rows, bound = GATES[cell] * width, width**-0.5
        self.inputs = nn.Parameter(torch.empty(rows, inputs).uniform_(-bound, bound))
        self.recurrent = nn.Parameter(torch.empty(rows, width).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(rows))
        self.recurrent_bias = nn.Parameter(torch.zeros(rows))
        if cell == "lstm":
            # what is once in the cell stays until the network learns to forget
            nn.init.ones_(self.bias[width : 2 * width])

    def forward(self, x: Float[Tensor, "B T I"], state: State) -> Step:
        """All positions in one call of the kernel."""
        recurrent = F.dropout(self.recurrent, self.disconnect, self.training)
        weights = [self.inputs, recurrent, self.bias, self.recurrent_bias]
        carried = tuple(part[None].to(x.dtype) for part in state)
        values, *after = KERNELS[self.cell](
            x,
            carried if self.cell == "lstm" else carried[0],
            [weight.to(x.dtype) for weight in weights],
            True,  # has biases
            1,  # layer
            0.0,  # dropout
            torch.is_grad_enabled(),  # keeps what the backward pass needs
            False,  # one direction
            True,  # batch first
        )
        return values, tuple(part[0] for part in after)

    def begin(self, batch: int) -> State:
        """Zeros: h, and c of an LSTM."""
        zeros = self.bias.new_zeros(batch, self.width)
        return (zeros, zeros) if self.cell == "lstm" else (zeros,)


GATES: Mapping[str, int] = {"elman": 1, "gru": 3, "lstm": 4}
KERNELS: Mapping[str, Callable[..., Any]] = {
    "elman": torch.rnn_tanh,
    "gru": torch.gru,
    "lstm": torch.lstm,
}


class MinGRU(nn.Module):
    """Gates and candidates from a few neighbouring positions, then states by a scan, then out.

    Feng et al. 2024, arXiv:2410.01201: z_t, c_t = W x_t + b; h_t = (1 - z_t) h_{t-1} + z_t c_t. A
    causal depthwise convolution before W lets a gate see what came just before, which it cannot
    learn from the state.
    """

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.width, self.inner = width, inner
        self.look = nn.Parameter(torch.zeros(CONVOLVED, width))
        nn.init.ones_(self.look[-1])  # first the position alone
        self.mix = Linear(width, 2 * inner, stack=2)
        self.bias = nn.Parameter(torch.zeros(2, inner))
        with torch.no_grad():
            remembered = torch.linspace(0.0, math.log(LONGEST), inner).exp()
            self.bias[0] = torch.expm1(1 / remembered).log()
        self.out = Linear(inner, width, silent=True)

    def forward(self, x: Float[Tensor, "B T D"], state: State) -> Step:
        """Look around, mix, remember, read out."""
        recent, start = state
        seen = torch.cat([recent.to(x.dtype), x], dim=1)
        x = depthwise(seen, self.look.to(x.dtype))
        mixed = F.linear(
            x, self.mix.weight.to(x.dtype).flatten(0, 1), self.bias.to(x.dtype).flatten()
        )
        states, last = gated_scan(mixed, start)
        return self.out(states), (seen[:, 1 - CONVOLVED :], last)

    def begin(self, batch: int) -> State:
        """Zeros: the inputs just before, and h."""
        recent = self.bias.new_zeros(batch, CONVOLVED - 1, self.width)
        return recent, self.bias.new_zeros(batch, self.inner)
