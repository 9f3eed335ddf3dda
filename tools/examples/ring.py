"""Eight modes on a ring: samples, when they decided, and how large their errors are. Run: python tools/examples/ring.py [FOLDER]

The picture goes to FOLDER/ring_example.png (default: here). Lines with %% are cells for editors that know them.
"""

# %% The model: any callable D(x, sigma) = E[x0 | x] would do; this one is exact.
import math
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import shockstep

angles = [2 * math.pi * k / 8 for k in range(8)]
model = shockstep.GaussianMixture(means=[[math.cos(a), math.sin(a)] for a in angles], std=0.1)

# %% Samples; every trajectory takes its own steps and states its own error.
result = shockstep.sample(model, count=4000, seed=1, sigma_max=20.0, tolerance=1e-3)
print(result)

# %% Is the statement true? Against a run with a tolerance far below.
fine = shockstep.sample(model, count=4000, seed=1, sigma_max=20.0, tolerance=1e-8, guard={"events": False})
error = (result.samples - fine.samples).square().mean(1).sqrt().numpy()
print(f"error: {np.mean(error <= result.error_estimate):.1%} below their own estimate, {np.mean(error <= 1e-3):.1%} below the tolerance")

# %% Decisions: who was in doubt, and when.
decisions = [event for event in result.events if event["event"] == "speciation"]
sigmas = np.array([event["sigma"] for event in decisions])
# Two neighbours are 2a apart; a pair decides where s0^2 + sigma^2 falls below a^2.
a = math.sin(math.pi / 8)
print(f"{len(decisions)} decisions of 4000 trajectories, median at sigma {np.median(sigmas):.3f}; the midline of two neighbours opens at {math.sqrt(a * a - 0.01):.3f}")

# %% The picture.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
result.plot(left)
right.hist(np.log10(sigmas), bins=60)
right.axvline(math.log10(math.sqrt(a * a - 0.01)), color="black", lw=1)
right.set(xlabel="log10 sigma of the decision", ylabel="trajectories", title="When they decided; line: midline of two neighbours")
folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figure.savefig(folder / "ring_example.png", dpi=120)
print(folder / "ring_example.png")
