#!/usr/bin/python3
"""The networks in PyTorch: a peer to measure build/bench against (see `make bench`).

  bench_torch.py check W.safetensors GOLDEN.safetensors   compare with stored outputs
  bench_torch.py time  W.safetensors EVENTS.csv           microseconds per event
  bench_torch.py rmm                                      the same for the autoencoder of rapidity-mass matrices
  bench_torch.py spanet                                   the same for SPANet with the public options for tt (random weights)

Layers and names follow the published network (arXiv 2309.05728), so that a weights file serves both sides.
Needs python3-torch and python3-numpy.
"""
import csv
import json
import math
import struct
import sys
import time

import numpy as np
import torch
from torch import nn

PADDING = (0.0, 0.0, 1.0, 0.0, 0.0)


def read_safetensors(path):
    with open(path, "rb") as f:
        raw = f.read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    meta = header.pop("__metadata__", {})
    kinds = {"F32": np.float32, "F64": np.float64}
    body = raw[8 + n:]
    return meta, {k: torch.from_numpy(np.frombuffer(body[v["data_offsets"][0]:v["data_offsets"][1]],
                                                    kinds[v["dtype"]]).reshape(v["shape"]).copy())
                  for k, v in header.items()}


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
    net.load_state_dict(tensors, strict=False)
    return net.to(dtype).eval()


def check(weights, golden):
    _, g = read_safetensors(golden)
    net = load(weights, torch.float64)

    def far(name, a, b):
        print(f"  {name:28s} {(a.double() - b.double()).abs().max().item() / (b.double().abs().max().item() + 1e-30):9.2e}")

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


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.net = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width), nn.GELU())
        self.gate = Gate(width)

    def forward(self, x):
        return self.gate(self.net(x), x)


class Encoder(nn.Module):
    """Linear blocks, a particle vector in front, gated transformer layers."""

    def __init__(self, width, blocks, layers, heads=4):
        super().__init__()
        self.blocks = nn.ModuleList(Block(width) for _ in range(blocks))
        self.vector = nn.Parameter(torch.randn(1, 1, width))
        self.layers = nn.ModuleList(nn.ModuleList([nn.LayerNorm(width), nn.MultiheadAttention(width, heads, batch_first=True), Gate(width), Block(width)]) for _ in range(layers))

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
        self.first = nn.ModuleList(Block(width) for _ in range(3))
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


if __name__ == "__main__":
    if sys.argv[1:] in (["rmm"], ["spanet"]):
        time_rmm() if sys.argv[1] == "rmm" else time_spanet()
        sys.exit()
    if len(sys.argv) != 4 or sys.argv[1] not in ("check", "time"):
        sys.exit(__doc__)
    (check if sys.argv[1] == "check" else time_all)(*sys.argv[2:])
