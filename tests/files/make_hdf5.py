#!/usr/bin/python3
"""The HDF5 files of tests/convert.sh, by h5py (apt-get install python3-h5py), and the CSV that they should become; they
   are kept beside this script.
   python3 tests/files/make_hdf5.py FOLDER"""
import sys
import h5py
import numpy

folder = sys.argv[1]
random = numpy.random.default_rng(1)
N, JETS, LEPTONS = 5, 4, 2


def pad(mask, values):
    return (values * mask).astype("float32")


def text(x):
    return "" if numpy.isnan(x) else f"{x:.9g}"


def write(name, header, rows):
    with open(f"{folder}/{name}.csv", "w") as out:
        print(header, file=out)
        for row in rows:
            print(",".join(x if isinstance(x, str) else text(x) for x in row), file=out)


# the layout of the public SPANet code: two collections, a global input, everything that it may have beside
with h5py.File(f"{folder}/spanet.h5", "w", libver="latest") as f:
    jets = numpy.arange(JETS) < numpy.array([4, 2, 3, 4, 0])[:, None]
    leptons = numpy.arange(LEPTONS) < numpy.array([1, 2, 1, 0, 1])[:, None]
    for name, mask in (("Jets", jets), ("Leptons", leptons)):
        f[f"INPUTS/{name}/MASK"] = mask
        f[f"INPUTS/{name}/pt"] = pad(mask, random.uniform(30, 300, mask.shape))
        f[f"INPUTS/{name}/eta"] = pad(mask, random.uniform(-2.5, 2.5, mask.shape))
        phi = random.uniform(-3.1, 3.1, mask.shape)
        if name == "Jets":
            f["INPUTS/Jets/phi"] = pad(mask, phi)
            f["INPUTS/Jets/btag"] = pad(mask, random.integers(0, 2, mask.shape))
        else:
            f["INPUTS/Leptons/sin_phi"] = pad(mask, numpy.sin(phi))
            f["INPUTS/Leptons/cos_phi"] = pad(mask, numpy.cos(phi))
        f[f"INPUTS/{name}/mass"] = pad(mask, random.uniform(0, 20, mask.shape))
    f["INPUTS/Met/met"] = random.uniform(10, 100, N).astype("float32")
    f["INPUTS/Met/phi"] = random.uniform(-3, 3, N).astype("float32")
    f["INPUTS/Met/MASK"] = numpy.array([True, True, False, True, True])
    f["TARGETS/t1/b"] = numpy.array([2, 0, -1, 3, -1])
    f["TARGETS/t1/q1"] = numpy.array([0, 1, 2, 1, -1])
    f["TARGETS/t2/l"] = numpy.array([0, 1, 0, -1, 0])
    f["TARGETS/t2/MASK"] = numpy.array([True, True, True, False, False])
    f["REGRESSIONS/EVENT/mass"] = numpy.array([100.5, numpy.nan, 3, 4, 5], "float32")
    f["REGRESSIONS/t1/PARTICLE/pt"] = numpy.array([1, 2, 3, 4, numpy.nan], "float64")
    f["CLASSIFICATIONS/EVENT/signal"] = numpy.array([0, 1, -1, 1, 0])
    f["WEIGHT"] = numpy.array([1, 0.5, 2, -1, 1], "float32")
    nan, rows = numpy.nan, []
    for e in range(N):
        met = [f["INPUTS/Met/met"][e], f["INPUTS/Met/phi"][e]] if f["INPUTS/Met/MASK"][e] else [nan, nan]
        last = [float(f["CLASSIFICATIONS/EVENT/signal"][e]), *met, f["REGRESSIONS/EVENT/mass"][e],
                f["REGRESSIONS/t1/PARTICLE/pt"][e], f["WEIGHT"][e]]
        for name, mask in (("Jets", jets), ("Leptons", leptons)):
            get = {key: f[f"INPUTS/{name}/{key}"][e] for key in f[f"INPUTS/{name}"]}
            for k in numpy.nonzero(mask[e])[0]:
                labels = [p for p in ("t1/b", "t1/q1") if name == "Jets" and f[f"TARGETS/{p}"][e] == k]
                if name == "Leptons" and f["TARGETS/t2/l"][e] == k and f["TARGETS/t2/MASK"][e]:
                    labels.append("t2/l")
                phi = get["phi"][k] if name == "Jets" else numpy.arctan2(get["sin_phi"][k], get["cos_phi"][k])
                rows.append([float(e), "j" if name == "Jets" else "e", get["pt"][k], get["eta"][k], phi, get["mass"][k],
                             get["btag"][k] if name == "Jets" else nan, "".join(labels), *last])
    write("spanet", "event,object,pt,eta,phi,m,btag,target,EVENT/signal,Met.met,Met.phi,EVENT/mass,t1/PARTICLE/pt,"
          "weight", rows)

# LHC Olympics 2020, as pandas writes a frame: here 3 particles of 700; and the features, with their names
with h5py.File(f"{folder}/olympics.h5", "w", libver="latest") as f:
    values = numpy.zeros((3, 2101))
    for e in range(3):
        for k in range(3):
            values[e, 3 * k:3 * k + 3] = [100 + 50 * e - 20 * k, 0.5 * e + 0.1 * k, 0.05 * k]
        values[e, 3:6] += [0, 1.5, 2.5]
    values[:, 2100] = [0, 1, 0]
    f.create_dataset("df/block0_values", data=values, chunks=(2, 700), compression="gzip", shuffle=True)
    f["df/block0_items"] = numpy.arange(2101)
    write("olympics", "event,pt,eta,phi,m,signal", [[float(e), *values[e, 3 * k:3 * k + 3], 0.0, values[e, 2100]]
                                                    for e in range(3) for k in range(3)])
with h5py.File(f"{folder}/features.h5", "w", libver="latest") as f:
    names = [v + j for j in ("j1", "j2") for v in ("px", "py", "pz", "m", "tau1", "tau2", "tau3")] + ["label"]
    values = random.uniform(10, 900, (3, len(names)))
    f["df/block0_values"] = values
    f["df/block0_items"] = numpy.array(names, dtype="S")
    rows = []
    for e in range(3):
        for j in (0, 7):
            x, y, z, m = values[e, j:j + 4]
            pt = numpy.hypot(x, y)
            rows.append([float(e), pt, numpy.arcsinh(z / pt), numpy.arctan2(y, x), m, *values[e, j + 4:j + 7],
                         values[e, 14]])
    write("features", "event,pt,eta,phi,m,tau1,tau2,tau3,signal", rows)
with h5py.File(f"{folder}/table.h5", "w", libver="latest") as f:  # a compound type, arrays of three dimensions
    rows = numpy.zeros(4, dtype=[("index", "i8"), ("values", "f4", (6,)), ("good", "?")])
    rows["index"] = numpy.arange(4)
    rows["values"] = random.uniform(10, 90, (4, 6))
    rows["good"] = [True, False, True, True]
    f["events/table"] = rows
    cube = random.uniform(1, 3, (4, 3, 4)).astype("float32")
    f["cube"] = cube
    write("table", "event,pt,eta,phi,m,value,index", [[float(e), *cube[e, k], rows["values"][e][2 * k],
                                                       float(rows["index"][e])]
                                                      for e in range(4) for k in range(3) if rows["good"][e]])
