"""Reads a HistFactory workspace (pyhf's JSON) and prints the observed upper limit on its parameter of interest: an independent reader,
of numpy and scipy alone, to see that the file holds the model that the tool fitted.
    read_pyhf.py WORKSPACE.json [LEVEL]
Modifiers as in CERN-OPEN-2012-016: normfactor, normsys (interpolation 4), histosys (4p), staterror; limits by CLs with the
asymptotic formulae of arXiv 1007.1727 for the bounded statistic."""
import json
import sys
import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm


def normsys(low, high, alpha):
    """Exponential beyond one sigma; a polynomial between, whose value and two derivatives agree there."""
    if abs(alpha) >= 1:
        return (high if alpha > 0 else low) ** abs(alpha)
    up, down = np.log(high), np.log(low)
    a = np.array([high - 1, low - 1, up * high, -down * low, up * up * high, down * down * low])
    powers = np.arange(1, 7)
    rows = [np.ones(6), (-1.0) ** powers, powers, powers * (-1.0) ** (powers - 1), powers * (powers - 1),
            powers * (powers - 1) * (-1.0) ** powers]
    return 1 + np.linalg.solve(np.array(rows, float), a) @ alpha ** powers


def histosys(nominal, low, high, alpha):
    """What is added: linear beyond one sigma, a polynomial between."""
    up, down = high - nominal, nominal - low
    if alpha > 1:
        return alpha * up
    if alpha < -1:
        return alpha * down
    s, a = 0.5 * (up + down), (up - down) / 16
    return alpha * (s + alpha * a * (15 + alpha ** 2 * (3 * alpha ** 2 - 10)))


class Model:
    def __init__(self, workspace):
        config = workspace["measurements"][0]["config"]
        observed = {o["name"]: o["data"] for o in workspace["observations"]}
        self.channels = workspace["channels"]
        self.data = np.concatenate([np.array(observed[c["name"]], float) for c in self.channels])
        self.poi, self.init, self.centre, self.width, self.names = config["poi"], [], [], [], {}
        inits = {p["name"]: p["inits"][0] for p in config["parameters"] if "inits" in p}
        for channel in self.channels:
            bins, squares, total = {}, {}, {}
            for sample in channel["samples"]:
                for m in sample["modifiers"]:
                    if m["type"] == "normfactor":
                        self.add(m["name"], inits.get(m["name"], 1.0), 0.0, np.inf)
                    elif m["type"] in ("normsys", "histosys"):
                        self.add(m["name"], 0.0, 0.0, 1.0)
                    elif m["type"] == "staterror":
                        data = np.array(m["data"], float)
                        squares[m["name"]] = squares.get(m["name"], 0) + data ** 2
                        total[m["name"]] = total.get(m["name"], 0) + np.array(sample["data"], float)
                    else:
                        raise SystemExit("unknown modifier " + m["type"])
            for name in squares:
                for k, (q, n) in enumerate(zip(squares[name], total[name])):
                    self.add((name, k), 1.0, 1.0, np.sqrt(q) / n if q > 0 else 1e-9)
        self.init, self.centre, self.width = (np.array(v) for v in (self.init, self.centre, self.width))

    def add(self, name, init, centre, width):
        if name not in self.names:
            self.names[name] = len(self.init)
            self.init.append(init)
            self.centre.append(centre)
            self.width.append(width)

    def expected(self, x):
        out = []
        for channel in self.channels:
            rate = 0
            for sample in channel["samples"]:
                nominal = np.array(sample["data"], float)
                value, factor = nominal.copy(), 1.0
                for m in sample["modifiers"]:
                    if m["type"] == "staterror":
                        factor = factor * np.array([x[self.names[(m["name"], k)]] for k in range(len(nominal))])
                        continue
                    at = x[self.names[m["name"]]]
                    if m["type"] == "normfactor":
                        factor = factor * at
                    elif m["type"] == "normsys":
                        factor = factor * normsys(m["data"]["lo"], m["data"]["hi"], at)
                    else:
                        value += histosys(nominal, np.array(m["data"]["lo_data"]), np.array(m["data"]["hi_data"]), at)
                rate = rate + value * factor
            out.append(rate)
        return np.concatenate(out)

    def nll(self, x, n, aux):
        v = self.expected(x)
        if (v <= 0).any():
            return np.inf
        return (v - n + np.where(n > 0, n * np.log(np.maximum(n, 1e-300) / v), 0)).sum() + (((x - aux) / self.width) ** 2).sum() / 2

    def fit(self, n, aux, mu=None, start=None):
        """Fisher's scoring with halved steps; the derivatives are differences."""
        x = (self.init if start is None else start).copy()
        poi = self.names[self.poi]
        free = np.array([k != poi or mu is None for k in range(len(x))])
        if mu is not None:
            x[poi] = mu
        f = self.nll(x, n, aux)
        for _ in range(100):
            v = self.expected(x)
            jacobian = np.zeros((len(v), len(x)))
            for k in np.flatnonzero(free):
                h = 1e-5 * max(1.0, abs(x[k]))
                step = np.zeros_like(x)
                step[k] = h
                jacobian[:, k] = (self.expected(x + step) - self.expected(x - step)) / (2 * h)
            j = jacobian[:, free]
            fisher = (j / v[:, None]).T @ j + np.diag(1 / self.width[free] ** 2)
            gradient = j.T @ (n / v - 1) - (x[free] - aux[free]) / self.width[free] ** 2
            move = np.zeros_like(x)
            move[free] = np.linalg.solve(fisher, gradient)
            for halving in range(40):
                g = self.nll(x + move * 0.5 ** halving, n, aux)
                if g <= f + 1e-12:
                    break
            else:
                return x, f
            done = f - g < 1e-10
            x, f = x + move * 0.5 ** halving, g
            if done:
                return x, f
        return x, f

    def limit(self, level):
        n, aux, poi = self.data, self.centre, self.names[self.poi]
        best, least = self.fit(n, aux)
        nothing, at_nothing = self.fit(n, aux, 0.0)
        base = least if best[poi] >= 0 else at_nothing
        asimov = self.expected(nothing)

        def excess(mu):
            q = 0.0 if best[poi] > mu else max(0.0, 2 * (self.fit(n, aux, mu, best)[1] - base))
            # Asimov's data have their auxiliary measurements at the same values
            q_a = max(1e-12, 2 * (self.fit(asimov, nothing, mu, nothing)[1] - self.nll(nothing, asimov, nothing)))
            a, b = np.sqrt(q), np.sqrt(q_a)
            cls = norm.sf(a) / norm.sf(a - b) if q <= q_a else norm.sf((q + q_a) / (2 * b)) / norm.sf((q - q_a) / (2 * b))
            return cls - (1 - level)

        low, high = max(best[poi], 0.0) + 1e-3, max(best[poi], 1.0) * 2
        while excess(high) > 0:
            high *= 1.5
        return brentq(excess, low, high, rtol=1e-4), best[poi]


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        model = Model(json.load(file))
    upper, fitted = model.limit(float(sys.argv[2]) if len(sys.argv) > 2 else 0.95)
    print("%.6g %.6g" % (upper, fitted))
