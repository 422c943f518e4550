#!/usr/bin/python3
"""The networks in PyTorch: a peer to measure build/bench against (see `make bench`).

  bench_torch.py check W.safetensors GOLDEN.safetensors   compare with stored outputs
  bench_torch.py time  W.safetensors EVENTS.csv           microseconds per event
  bench_torch.py rmm                                      the same for the autoencoder of rapidity-mass matrices
  bench_torch.py spanet                                   the same for SPANet with the public options for tt (random
                                                            weights)
  bench_torch.py chain                                    the same for a step of a Markov chain, by autograd and by hand
  bench_torch.py vrnn                                     the same for the recurrent variational network, ordinary and
                                                            by hand

Layers and names follow the published network (arXiv 2309.05728), so that a weights file serves both sides.
Needs python3-torch and python3-numpy.
"""
import csv
import json
import math
import os
import struct
import sys
import time
from typing import List, Tuple

# OpenBLAS with its own threads does not heed torch.set_num_threads
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
import numpy as np
import torch
from torch import Tensor, nn

PADDING = (0.0, 0.0, 1.0, 0.0, 0.0)


def read_safetensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    meta = header.pop("__metadata__", {})
    kinds = {"F16": np.float16, "F32": np.float32, "F64": np.float64}
    body = raw[8 + n:]

    def numbers(v):
        stored = np.frombuffer(body[v["data_offsets"][0]:v["data_offsets"][1]], kinds[v["dtype"]])
        return stored.astype(np.float64 if v["dtype"] == "F64" else np.float32).reshape(v["shape"])

    return meta, {k: torch.from_numpy(numbers(v)) for k, v in header.items()}


class Mlp(nn.Module):
    """Linear, layer norm and ReLU for every width but the last, which is linear unless closed."""

    def __init__(self, widths, norm_input=False, closed=False):
        super().__init__()
        if norm_input:
            self.input_bn = nn.BatchNorm1d(widths[0])
        self.norm_input = norm_input
        layers = []
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            layers.append(nn.Linear(a, b))
            if closed or i < len(widths) - 2:
                layers += [nn.LayerNorm(b), nn.ReLU()]
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        if self.norm_input:
            x = self.input_bn(x.transpose(1, 2)).transpose(1, 2)
        return self.net(x)


class Block(nn.Module):
    def __init__(self, width, heads, ffwd):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, heads, add_bias_kv=True, batch_first=True)
        self.post_attn_norm = nn.LayerNorm(width)
        self.ffwd = Mlp([width] + ffwd + [width], closed=True).net
        self.post_ffwd_norm = nn.LayerNorm(width)

    def forward(self, query, other, padded=None, bias=None):
        a, _ = self.attn(query, other, other, key_padding_mask=padded, attn_mask=bias, need_weights=False)
        y = self.post_attn_norm(a + other if a.shape == other.shape else a)
        return self.post_ffwd_norm(self.ffwd(y) + y)


def cascade(a, b, depth):
    return [int(b + (a - b) * (depth - i) / depth) for i in range(depth + 1)]


class Abc(nn.Module):
    def __init__(self, c):
        super().__init__()
        e, n = c["embed_dim"], c["attn_blocks_n"]
        self.config = c
        self.embed = Mlp([c["embed_input_dim"]] + [e] * (c["embed_nlayers"] + 1), norm_input=True)
        self.mlp = Mlp([3] + [c["mlp_dim"]] * c["mlp_nlayers"] + [1])
        ffwd = [c["attn_block_ffwd_dim"]] * c["attn_block_ffwd_nlayers"]
        for name in ("obj_blocks", "cand_blocks", "cross_blocks"):
            setattr(self, name, nn.ModuleList(Block(e, c["attn_block_num_heads"], ffwd) for _ in range(n)))
        features = e - c["out_dim"] + 1
        self.ae_in = Mlp(cascade(features, c["ae_dim"], c["ae_depth"]))
        self.ae_out = Mlp(cascade(c["ae_dim"], features, c["ae_depth"]))

    def choose(self, x):
        t = self.config["out_dim"]
        if t == 3:
            x = x - torch.tensor([0., 0., 1.] + [0.] * (x.shape[-1] - 3), dtype=x.dtype)
        scores = x[..., :t]
        if self.training:
            return x, (scores / 0.1).softmax(-1)
        return x, nn.functional.one_hot(scores.argmax(-1), t).to(x.dtype)

    def forward(self, inputs):
        cfg = self.config
        padded = inputs[..., 0] == 0
        trace = {}

        def mask(v):
            return v.masked_fill(padded.unsqueeze(-1), 0)

        x = mask(self.embed(inputs))
        trace["embed"] = x
        eta, c, s = inputs[..., 1], inputs[..., 2], inputs[..., 3]

        def outer(a, b):
            return a.unsqueeze(2) * b.unsqueeze(1)

        pair = torch.stack([eta.unsqueeze(2) - eta.unsqueeze(1), outer(c, c) + outer(s, s),
                            outer(s, c) - outer(c, s)], -1)
        bias = self.mlp(pair)
        trace["wij"] = bias
        bias = bias.squeeze(-1).repeat_interleave(cfg["attn_block_num_heads"], 0)
        for i in range(cfg["attn_blocks_n"]):
            x = mask(self.obj_blocks[i](x, x, padded, bias))
            trace[f"obj{i}"] = x
            x, choice = self.choose(x)
            cand = torch.bmm(choice.transpose(1, 2), x)
            cand = self.cand_blocks[i](cand, cand)
            trace[f"cand{i}"] = cand
            x = mask(self.cross_blocks[i](x, cand))
            trace[f"cross{i}"] = x
        x, choice = self.choose(x)
        pt = inputs[..., 0].exp() * ~padded
        energy = inputs[..., 4].exp() * (inputs[..., 4] != 0)
        p4 = torch.stack([energy, pt * c, pt * s, pt * torch.sinh(eta)], -1)
        p4 = torch.bmm(choice.transpose(1, 2), p4)
        m2 = (1.0001 * p4[..., 0]) ** 2 - (p4[..., 1:] ** 2).sum(-1) + 1e-4
        mass = m2.sqrt() / cfg["mass_scale"]
        feats = torch.cat([cand[..., cfg["out_dim"]:], mass.unsqueeze(-1)], -1)[:, :2]
        latent = self.ae_in(feats)
        out = self.ae_out(latent)
        loss = ((feats - out) ** 2).mean(-1).sum(-1)
        crossed = ((feats - out.flip(1)) ** 2).mean(-1).sum(-1)
        return loss, crossed, p4, choice, trace


def load(path, dtype=torch.float32):
    meta, tensors = read_safetensors(path)
    config = {"embed_input_dim": 5, **json.loads(meta["config"])}
    if isinstance(config["out_dim"], list):  # our own files: one number per layer
        config["out_dim"] = config["out_dim"][0]
    net = Abc(config)
    # what else our files hold is no part of the network
    missing = net.load_state_dict(tensors, strict=False).missing_keys
    if missing:
        sys.exit(f"{path}: the peer has no weights for {', '.join(missing[:4])}")
    return net.to(dtype).eval()


def check(weights, golden):
    _, g = read_safetensors(golden)
    net = load(weights, torch.float64)

    def far(name, a, b):
        difference = (a.double() - b.double()).abs().max().item() / (b.double().abs().max().item() + 1e-30)
        print(f"  {name:28s} {difference:9.2e}")

    with torch.no_grad():
        loss, crossed, p4, choice, trace = net(g["x"].double())
    if "loss_f64" in g:
        far("loss", loss, g["loss_f64"])
        far("loss_crossed", crossed, g["loss_crossed_f64"])
        far("choice", choice, g["jet_choice_f64"])
        far("p4", p4, g["candidates_p4"])
        for k, v in trace.items():
            far(k, v[:8], g["trace." + k])
    net.train()
    total_key = "train.total" if "train.total" in g else "total"
    if total_key in g:
        loss, crossed, p4, choice, _ = net(g["x"].double())
        total = loss.mean() + crossed.mean()
        if choice.shape[-1] == 3:
            total = total + 0.05 * (p4[:, 2, 1] ** 2 + p4[:, 2, 2] ** 2 + 1e-4).sqrt().mean()
        far("total", total, g[total_key])
        total.backward()
        worst = 0
        for k, v in net.named_parameters():
            w = g["grad." + k].double()
            worst = max(worst, ((v.grad - w).norm() / (w.norm() + 1e-12)).item())
        print("  worst gradient", worst)


def read_events(path, keep=12):
    events, last = [], None
    with open(path) as f:
        for r in csv.DictReader(f):
            if r["event"] != last:
                events.append([])
                last = r["event"]
            pt, eta, phi, e = (float(r[k]) for k in ("pt", "eta", "phi", "e"))
            events[-1].append((math.log(pt), eta, math.cos(phi), math.sin(phi), math.log(e)))
    x = np.zeros((len(events), keep, 5), np.float32) + np.array(PADDING, np.float32)
    for i, jets in enumerate(events):
        x[i, :min(keep, len(jets))] = jets[:keep]
    return torch.from_numpy(x)


def timed(call, events, repeats=7):
    call()
    runs = []
    for _ in range(repeats):
        t = time.perf_counter()
        call()
        runs.append(time.perf_counter() - t)
    return sorted(runs)[repeats // 2] / events * 1e6


def time_all(weights, path):
    torch.set_num_threads(1)
    x = read_events(path)[:1024]
    net = load(weights)
    with torch.no_grad():
        for n in (1, 64, 1024):
            print(f"run {n} {timed(lambda: net(x[:n]), n, 31 if n == 1 else 7):.3f}", flush=True)
    net.train()
    opt = torch.optim.Adam(net.parameters(), 1e-4)

    def step():
        opt.zero_grad()
        loss, crossed, *_ = net(x)
        (loss.mean() + crossed.mean()).backward()
        opt.step()

    print(f"train 1024 {timed(step, 1024, 5):.3f}", flush=True)


def time_rmm(inputs=1287, events=1024, batch=256):
    """The autoencoder of arXiv 2307.01612 on one core; dense layers do not care what stands in the matrices."""
    torch.set_num_threads(1)
    widths = [inputs, 800, 400, 200, 400, 800, inputs]
    net = nn.Sequential(*(layer for a, b in zip(widths, widths[1:]) for layer in (nn.Linear(a, b), nn.LeakyReLU(0.01))))
    x = torch.rand(events, inputs) * (torch.rand(events, inputs) < 0.03)
    opt = torch.optim.Adam(net.parameters(), 1e-3)

    def score():
        with torch.no_grad():
            return torch.log(((net(x) - x) ** 2).mean(1))

    def epoch():
        for k in range(0, events, batch):
            opt.zero_grad()
            torch.log(((net(x[k : k + batch]) - x[k : k + batch]) ** 2).mean(1)).mean().backward()
            opt.step()

    print(f"score {timed(score, events):.3f}", flush=True)
    print(f"train {timed(epoch, events):.3f}", flush=True)


class Gate(nn.Module):
    """The gated unit of SPANet's blocks (arXiv 1910.06764)."""

    def __init__(self, width):
        super().__init__()
        self.own = nn.Linear(width, 3 * width)
        self.old = nn.Linear(width, 2 * width, bias=False)
        self.fresh = nn.Linear(width, width, bias=False)
        self.bias = nn.Parameter(torch.full((width,), 2.0))

    def forward(self, y, x):
        r, z, g = self.own(y).chunk(3, -1)
        old_r, old_z = self.old(x).chunk(2, -1)
        z = torch.sigmoid(z + old_z - self.bias)
        return (1 - z) * x + z * torch.tanh(g + self.fresh(torch.sigmoid(r + old_r) * x))


class GatedBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(),
                                 nn.Linear(2 * width, width), nn.GELU())
        self.gate = Gate(width)

    def forward(self, x):
        return self.gate(self.net(x), x)


class Encoder(nn.Module):
    """Linear blocks, a particle vector in front, gated transformer layers."""

    def __init__(self, width, blocks, layers, heads=4):
        super().__init__()
        self.blocks = nn.ModuleList(GatedBlock(width) for _ in range(blocks))
        self.vector = nn.Parameter(torch.randn(1, 1, width))
        self.layers = nn.ModuleList(
            nn.ModuleList([nn.LayerNorm(width), nn.MultiheadAttention(width, heads, batch_first=True), Gate(width),
                           GatedBlock(width)]) for _ in range(layers))

    def forward(self, x, padded):
        for block in self.blocks:
            x = block(x)
        x = torch.cat([self.vector.expand(len(x), 1, -1), x], 1)
        padded = torch.cat([torch.zeros_like(padded[:, :1]), padded], 1)
        for norm, attention, gate, block in self.layers:
            y = norm(x)
            x = block(gate(attention(y, y, y, key_padding_mask=padded, need_weights=False)[0], x))
        return x[:, 1:]


class Spanet(nn.Module):
    """The work of the public options for tt, with random weights: for timing alone."""

    def __init__(self, width=64):
        super().__init__()
        self.embed = nn.Linear(5, width)
        self.first = nn.ModuleList(GatedBlock(width) for _ in range(3))
        self.encoder = Encoder(width, 0, 6)
        self.branch = nn.ModuleList(Encoder(width, 3, 3) for _ in range(2))
        self.jets = nn.ModuleList(Encoder(width, 0, 2) for _ in range(6))
        self.last = nn.ModuleList(nn.Linear(width, width) for _ in range(6))

    def forward(self, x, padded):
        y = self.embed(x)
        for block in self.first:
            y = block(y)
        y, out, n = self.encoder(y, padded), [], x.shape[1]
        good = (~padded).float()
        cells = torch.einsum("bi,bj,bk->bijk", good, good, good)
        for i in range(n):
            cells[:, i, i, :] = cells[:, i, :, i] = cells[:, :, i, i] = 0
        for p in range(2):
            b = self.branch[p](y, padded)
            q = [self.last[3 * p + k](self.jets[3 * p + k](b, padded)) for k in range(3)]
            o = torch.einsum("bif,bjf,bkf->bijk", *q) / 512
            o = (o + o.transpose(1, 2)) / 2 + (cells + 1e-13).log()
            out.append(o.flatten(1).log_softmax(1))
        return out


def time_spanet(events=256, jets=10):
    torch.set_num_threads(1)
    torch.manual_seed(1)
    model = Spanet()
    x = torch.randn(events, jets, 5)
    counts = torch.randint(6, jets + 1, (events,))
    padded = torch.arange(jets)[None] >= counts[:, None]
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)

    def run():
        with torch.no_grad():
            model(x, padded)

    def step():
        optimizer.zero_grad()
        a, b = model(x, padded)
        torch.minimum(-a[:, 12] - b[:, 345], -a[:, 345] - b[:, 12]).mean().backward()
        optimizer.step()

    print("run %.1f" % timed(run, events, 5))
    print("train %.1f" % timed(step, events, 3))


def medians(ways, units, repeats=9):
    """Median microseconds of processor time per unit of each way, taken in turn so that a busy moment of the machine
    hits all alike."""
    runs = [[] for _ in ways]
    for call in ways:
        for _ in range(3):
            call()
    for _ in range(repeats):
        for call, r in zip(ways, runs):
            t = time.process_time()
            call()
            r.append((time.process_time() - t) / units * 1e6)
    return [sorted(r)[repeats // 2] for r in runs]


def shown(name, ordinary, by_hand, units):
    """The best of the ordinary programs and of those by hand."""
    t = medians(ordinary + by_hand, units)
    print(f"{name} {min(t[:len(ordinary)]):.4f} {min(t[len(ordinary):]):.4f}", flush=True)


WIDTHS = (8, 10, 10, 6, 10, 10, 8)
STEP, CLIP, NOISE = 0.05, 10.0, 0.32


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip(WIDTHS, WIDTHS[1:])):
            layers.append(nn.Linear(a, b))
            if i not in (2, 5):
                layers.append(nn.ReLU())
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return ((x - self.net(x)) ** 2).mean(-1)


def chain_autograd(net, x, steps):
    for _ in range(steps):
        x.requires_grad_()
        g, = torch.autograd.grad(net(x).sum(), x)
        x = x.detach().sub_(g.clamp_(-CLIP, CLIP), alpha=STEP).add_(torch.randn_like(g), alpha=NOISE)
    return x


def chain_by_hand(h: List[Tensor], g: List[Tensor], live: List[Tensor], e: Tensor, w: List[Tensor], v: List[Tensor],
                  steps: int, step: float, clip: float, noise: float):
    """Chains along columns, in buffers; biases ride in the products as a constant feature (live: without it). The
    fastest of eight ways tried."""
    for _ in range(steps):
        for i in range(6):
            torch.mm(w[i], h[i], out=h[i + 1])
            if i != 2 and i != 5:
                h[i + 1].relu_()
        r = torch.sub(live[0], live[6], out=g[6]).mul_(0.25)
        for i in (5, 4, 3, 2, 1):
            torch.mm(v[i], g[i + 1], out=g[i])
            if i != 3:
                torch.ops.aten.threshold_backward(g[i], live[i], 0.0, grad_input=g[i])
        r.addmm_(v[0], g[1], alpha=-1.0).clamp_(-clip, clip)
        live[0].sub_(r, alpha=step).add_(e.normal_(), alpha=noise)


def time_chain():
    torch.manual_seed(1)
    net = Autoencoder().eval()
    for p in net.parameters():
        p.requires_grad_(False)
    scripted, by_hand = torch.jit.freeze(torch.jit.script(net)), torch.jit.script(chain_by_hand)
    w, v = [], []
    for layer in net.net:
        if isinstance(layer, nn.Linear):  # the last row passes the one on, through ReLU too
            w.append(torch.cat([torch.cat([layer.weight, layer.bias[:, None]], 1),
                                torch.eye(layer.in_features + 1)[-1:]]))
            v.append(layer.weight.t().contiguous())
    for n in (128, 256, 1024, 4096):
        steps = max(4, 60000 // n)
        x = torch.randn(n, WIDTHS[0])
        h, g = [torch.ones(k + 1, n) for k in WIDTHS], [torch.ones(k, n) for k in WIDTHS]
        live, noise = [a[:-1] for a in h], torch.ones(WIDTHS[0], n)
        start = x.clone().requires_grad_()
        g_right, = torch.autograd.grad(net(start).sum(), start)
        live[0].copy_(x.t())
        with torch.inference_mode():
            by_hand(h, g, live, noise, w, v, 1, STEP, CLIP, 0.0)
        assert (live[0].t() - (x - STEP * g_right.clamp(-CLIP, CLIP))).abs().max() < 1e-5

        def run():
            with torch.inference_mode():
                by_hand(h, g, live, noise, w, v, steps, STEP, CLIP, NOISE)

        shown(f"chain {n}", [lambda: chain_autograd(net, x.clone(), steps),
                                lambda: chain_autograd(scripted, x.clone(), steps)], [run], n * steps)


INPUTS, STEPS, WEIGHT = 4, 20, 0.1


class Vrnn(nn.Module):
    """arXiv 1506.02216 with a GRU. Rows are packed: the jets that have a first constituent, those that have a
    second, ..."""

    def __init__(self, hidden=32, latent=8, width=32):
        super().__init__()
        self.hidden, self.latent, self.width = hidden, latent, width
        self.phi_x = nn.Linear(INPUTS, width)
        self.prior = nn.Sequential(nn.Linear(hidden, width), nn.ReLU(), nn.Linear(width, 2 * latent))
        self.encoder_in = nn.Linear(width + hidden, width)
        self.encoder_out = nn.Linear(width, 2 * latent)
        self.phi_z = nn.Linear(latent, width)
        self.decoder = nn.Sequential(nn.Linear(width + hidden, width), nn.ReLU(), nn.Linear(width, INPUTS))
        self.cell = nn.GRUCell(2 * width, hidden)

    def forward(self, x: Tensor, sizes: List[int], noise: Tensor) -> Tuple[Tensor, Tensor]:
        """Mean squared error and divergence of every row."""
        fx = torch.relu(self.phi_x(x))
        h = torch.zeros(sizes[0], self.hidden)
        fxs, es = fx.split(sizes), noise.split(sizes)
        hs: List[Tensor] = []
        qs: List[Tensor] = []
        fzs: List[Tensor] = []
        for t in range(len(sizes)):
            if h.shape[0] != sizes[t]:
                h = h[:sizes[t]]
            q = self.encoder_out(torch.relu(self.encoder_in(torch.cat([fxs[t], h], 1))))
            mean, log_sigma = q.chunk(2, 1)
            fz = torch.relu(self.phi_z(mean + log_sigma.exp() * es[t]))
            hs.append(h)
            qs.append(q)
            fzs.append(fz)
            if t + 1 < len(sizes):
                h = self.cell(torch.cat([fxs[t], fz], 1), h)
        h = torch.cat(hs)
        mean, log_sigma = torch.cat(qs).chunk(2, 1)
        prior_mean, prior_log_sigma = self.prior(h).chunk(2, 1)
        out = self.decoder(torch.cat([torch.cat(fzs), h], 1))
        d = prior_log_sigma - log_sigma
        kl = (d + 0.5 * ((-2 * d).exp() + ((mean - prior_mean) * (-prior_log_sigma).exp()) ** 2) - 0.5).sum(1)
        return ((out - x) ** 2).mean(1), kl


class VrnnByHand(Vrnn):
    """Jets along columns; what depends on the constituent alone is taken before the loop, and one product serves all
    that reads h."""

    def forward(self, x: Tensor, sizes: List[int], noise: Tensor) -> Tuple[Tensor, Tensor]:
        n, m, cell = self.hidden, self.width, self.cell
        x = x.t().contiguous()
        fx = torch.relu(torch.addmm(self.phi_x.bias[:, None], self.phi_x.weight, x))
        pre = torch.addmm(torch.cat([self.encoder_in.bias, cell.bias_ih])[:, None],
                          torch.cat([self.encoder_in.weight[:, :m], cell.weight_ih[:, :m]]), fx)
        enc, gates = pre.split([m, 3 * n], 0)
        encs, gatess, es = enc.split(sizes, 1), gates.split(sizes, 1), noise.t().split(sizes, 1)
        w_h = torch.cat([self.encoder_in.weight[:, m:], cell.weight_hh])
        b_h = torch.cat([torch.zeros(m), cell.bias_hh])[:, None]
        w_z = cell.weight_ih[:, m:].contiguous()
        w_q, b_q = self.encoder_out.weight, self.encoder_out.bias[:, None]
        w_f, b_f = self.phi_z.weight, self.phi_z.bias[:, None]
        h = torch.zeros(n, sizes[0])
        hs: List[Tensor] = []
        qs: List[Tensor] = []
        fzs: List[Tensor] = []
        for t in range(len(sizes)):
            if h.shape[1] != sizes[t]:
                h = h[:, :sizes[t]]
            a, b, c = torch.addmm(b_h, w_h, h).split([m, 2 * n, n], 0)
            q = torch.addmm(b_q, w_q, torch.relu(encs[t] + a))
            mean, log_sigma = q.chunk(2, 0)
            fz = torch.relu(torch.addmm(b_f, w_f, torch.addcmul(mean, log_sigma.exp(), es[t])))
            hs.append(h)
            qs.append(q)
            fzs.append(fz)
            if t + 1 < len(sizes):
                d, e = torch.addmm(gatess[t], w_z, fz).split([2 * n, n], 0)
                r, u = torch.sigmoid(d + b).chunk(2, 0)
                h = torch.lerp(torch.tanh(torch.addcmul(e, r, c)), h, u)
        mean, log_sigma = torch.cat(qs, 1).chunk(2, 0)
        h, fz = torch.cat(hs, 1), torch.cat(fzs, 1)
        one, two = self.prior[0], self.prior[2]
        p = torch.addmm(two.bias[:, None], two.weight, torch.relu(torch.addmm(one.bias[:, None], one.weight, h)))
        prior_mean, prior_log_sigma = p.chunk(2, 0)
        one, two = self.decoder[0], self.decoder[2]
        out = torch.addmm(torch.addmm(one.bias[:, None], one.weight[:, :m], fz), one.weight[:, m:], h)
        out = torch.addmm(two.bias[:, None], two.weight, torch.relu(out))
        d = prior_log_sigma - log_sigma
        kl = (d + 0.5 * ((-2 * d).exp() + ((mean - prior_mean) * (-prior_log_sigma).exp()) ** 2) - 0.5).sum(0)
        return ((out - x) ** 2).mean(0), kl


class FlatAdam:
    """Adam on all parameters as one vector."""

    def __init__(self, net):
        ps = list(net.parameters())
        self.flat = torch.cat([p.detach().reshape(-1) for p in ps])
        self.flat.grad = torch.zeros_like(self.flat)
        at = 0
        for p in ps:
            p.data, p.grad = (v[at:at + p.numel()].view_as(p) for v in (self.flat, self.flat.grad))
            at += p.numel()
        self.step = torch.optim.Adam([self.flat], 1e-3).step
        self.zero_grad = self.flat.grad.zero_


def pack(x, lengths):
    """Rows of jets sorted by length, how many jets each step has, and whose the rows are."""
    order = torch.argsort(lengths, descending=True)
    sizes = [k for k in (lengths[:, None] > torch.arange(x.shape[1])).sum(0).tolist() if k]
    whose = torch.cat([order[:k] for k in sizes])
    return x[whose, torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))], sizes, whose


def time_vrnn():
    for what in ("full", "ragged"):
        for n in (128, 1024):
            torch.manual_seed(1)
            x = torch.randn(n, STEPS, INPUTS)
            lengths = torch.randint(5, STEPS + 1, (n,)) if what == "ragged" else torch.full((n,), STEPS)

            def losses(net, draw):  # packing is the loader's work, and belongs to the step
                rows, sizes, whose = pack(x, lengths)
                mse, kl = net(rows, sizes, draw(len(rows), 8))
                return mse + WEIGHT * kl, whose

            def trainer(net, optimizer):
                def step():
                    optimizer.zero_grad()
                    (losses(net, torch.randn)[0].sum() / n).backward()
                    optimizer.step()
                return step

            def runner(net):
                def run():
                    with torch.inference_mode():
                        loss, whose = losses(net, torch.zeros)
                        return torch.zeros(n).index_add_(0, whose, loss)
                return run

            plain, by_hand = Vrnn(), VrnnByHand()
            by_hand.load_state_dict(plain.state_dict())
            rows, sizes, whose = pack(x, lengths)
            noise = torch.randn(len(rows), 8)
            assert all((a - b).abs().max() < 1e-4
                       for a, b in zip(plain(rows, sizes, noise), by_hand(rows, sizes, noise)))
            scripted = torch.jit.script(Vrnn())
            shown(f"train_{what} {n}", [trainer(m, torch.optim.Adam(m.parameters(), 1e-3)) for m in (plain, scripted)],
                  [trainer(by_hand, FlatAdam(by_hand))], n)
            frozen = [torch.jit.freeze(torch.jit.script(m.eval())) for m in (Vrnn(), VrnnByHand())]
            shown(f"run_{what} {n}", [runner(plain), runner(frozen[0])], [runner(frozen[1])], n)


if __name__ == "__main__":
    modes = {"rmm": time_rmm, "spanet": time_spanet, "chain": time_chain, "vrnn": time_vrnn}
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if len(sys.argv) == 2 and sys.argv[1] in modes:
        modes[sys.argv[1]]()
        sys.exit()
    if len(sys.argv) != 4 or sys.argv[1] not in ("check", "time"):
        sys.exit(__doc__)
    (check if sys.argv[1] == "check" else time_all)(*sys.argv[2:])
