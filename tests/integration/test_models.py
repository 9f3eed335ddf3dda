"""Networks and processes from outside: every snippet of docs/models.md runs, native times are right in the files, what does
not fit is one line with its exit code, and tools/export.py writes what `shockstep sample` reads.

Standard library only; the tests of tools/export.py need Torch in .venv or python3, and are skipped without it.
"""

import functools
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from program import SOURCE, ScratchCase, shockstep
from test_cli import read_npy, write_npy

ANY = SOURCE / "tests" / "data" / "any.pt"
SNIPPETS = re.findall(r"^```yaml\n(.*?)^```", (SOURCE / "docs" / "models.md").read_text(), re.MULTILINE | re.DOTALL)
TWO_MODES = "model: {kind: gaussian_mixture, means: [[-1, 0], [1, 0]], std: 0.1}\n"
NETWORK = "model: {{kind: torchscript, path: %s, shape: [2], data_std: 1{more}}}\nprocess: {{kind: ve}}\n" % json.dumps(str(ANY))


def beta_integral(t):
    return 0.1 * t + 9.95 * t * t


# A process and sigma as a function of its native time, by definition.
PROCESSES = {
    "kind: ve": lambda t: t,
    "kind: vp_linear": lambda t: math.sqrt(math.expm1(beta_integral(t))),
    "kind: sub_vp": lambda t: 2 * math.sinh(beta_integral(t) / 2),
    "kind: vp_cosine": lambda t: math.sqrt((math.cos(math.pi / 2 * 0.008 / 1.008) / math.cos(math.pi / 2 * (t + 0.008) / 1.008)) ** 2 - 1),
    "kind: flow": lambda t: t / (1 - t),
    "kind: flow, data_at: 1, shift: 3": lambda t: (1 - t) / t,
    "kind: table, alphas_cumprod: [0.9999, 0.99, 0.8, 0.2, 0.0025], index_offset: 1": lambda t: table_sigma([0.9999, 0.99, 0.8, 0.2, 0.0025], t - 1),
}


def table_sigma(alphas, index):
    logs = [0.5 * math.log((1 - a) / a) for a in alphas]
    j = min(int(index), len(logs) - 2)
    return math.exp(logs[j] + (index - j) * (logs[j + 1] - logs[j]))


class Case(ScratchCase):
    def run_config(self, text, *arguments, command="sample"):
        self.config.write_text(text)
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        return shockstep(command, self.config, "--out", out, *arguments), out


class Snippets(Case):
    def test_every_snippet_of_the_page_is_a_config(self):
        self.assertGreaterEqual(len(SNIPPETS), 14)
        write_npy(self.folder / "alphas_cumprod.npy", (4,), [0.9999, 0.99, 0.5, 0.0])
        write_npy(self.folder / "data.npy", (3, 2), [-1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
        for snippet in SNIPPETS:
            with self.subTest(snippet=snippet):
                is_network = re.search("kind: (torchscript|aot_inductor)", snippet)
                network = ("model.kind=torchscript", f"model.path={json.dumps(str(ANY))}", "model.shape=[2]") if is_network else ()
                here = [word for setting in network for word in ("--set", setting)]
                done, out = self.run_config(snippet, *here, "--count", 2, "--steps", 5)
                # The network that stands in for all of them fits none of their descriptions.
                fit = r"(shockstep: warning: the model does not fit its description: .*; see shockstep inspect\n)?"
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, f"^{fit if is_network else ''}$")
                summary = json.loads((out / "summary.json").read_text())
                self.assertEqual(summary["evaluations"]["mean"], 5)


class NativeTimes(Case):
    def test_events_and_schedules_have_the_time_of_the_process(self):
        for process, sigma_at in PROCESSES.items():
            with self.subTest(process=process):
                config = TWO_MODES + f"process: {{{process}}}\n"
                done, out = self.run_config(config, "--count", 64)
                self.assertEqual(done.returncode, 0, done.stderr)
                events = [json.loads(line) for line in (out / "events.jsonl").read_text().splitlines()]
                self.assertGreater(len(events), 10)
                for event in events:
                    self.assertAlmostEqual(sigma_at(event["t"]) / event["sigma"], 1, delta=1e-9)
                done, out = self.run_config(config, "--steps", 4, "--format", "json", command="schedule")
                self.assertEqual(done.returncode, 0, done.stderr)
                schedule = json.loads(done.stdout)
                self.assertEqual(len(schedule["times"]), 4)
                for sigma, t in zip(schedule["sigmas"], schedule["times"]):
                    self.assertAlmostEqual(sigma_at(t) / sigma, 1, delta=1e-9)

    def test_the_range_of_a_process_is_its_own_unless_it_is_given(self):
        for process, ends in {"kind: vp_linear": (0.01049, 152.2), "kind: flow": (0.001001, 999), "kind: edm": (0.002, 80)}.items():
            done, out = self.run_config(TWO_MODES + f"process: {{{process}}}\n", "--count", 1, "--steps", 3)
            self.assertEqual(done.returncode, 0, done.stderr)
            settings = json.loads((out / "summary.json").read_text())["config"]["process"]
            for key, value in zip(("sigma_min", "sigma_max"), ends):
                self.assertAlmostEqual(settings[key] / value, 1, delta=1e-3)
        done, _ = self.run_config(TWO_MODES + "process: {kind: vp_linear, sigma_max: 500}\n")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(
            done.stderr,
            r"^shockstep: .*x\.yaml: process\.sigma_max: must be at most 152\.\d+, got 500; vp_linear reaches from 0 to 152\.\d+\n$",
        )


class Refusals(Case):
    def refused(self, code, sentence, config, *arguments):
        done, _ = self.run_config(config, *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(sentence, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_what_does_not_fit_is_one_line(self):
        three = "process: {kind: ve}\nmodel: {kind: torchscript, shape: [2], path: %s, label: [1, 2, 3], data_std: 1}\n" % json.dumps(str(ANY))
        self.refused(2, "model.label: is a list of 3, one per trajectory, but 4 are asked for", three, "--count", 4, "--steps", 2)
        self.refused(2, "model.time: is an index, but ve has continuous time here", NETWORK.format(more=", time: index"))
        self.refused(2, "model.label: missing; model.guidance needs a label", NETWORK.format(more=", guidance: {scale: 2, null_label: 0}"))
        self.refused(2, "process.data_at: must be 0 or 1, got 2", TWO_MODES + "process: {kind: flow, data_at: 2}\n")
        self.refused(3, "is no package of AOTInductor", NETWORK.format(more=""), "--set", "model.kind=aot_inductor")
        throws = json.dumps(str(SOURCE / "tests" / "data" / "throws.pt"))
        self.refused(3, "forward takes 2 arguments, expected 3 (x, sigma, label)", NETWORK.format(more=", label: 1"), "--set", f"model.path={throws}")

    def test_labels_come_from_a_file(self):
        write_npy(self.folder / "labels.npy", (3,), [1, 2, 3])
        done, _ = self.run_config(NETWORK.format(more=", label: labels.npy"), "--count", 3, "--steps", 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        write_npy(self.folder / "labels.npy", (3,), [1, 2.5, 3])
        self.refused(2, "labels.npy must hold whole numbers, has 2.5", NETWORK.format(more=", label: labels.npy"))


@functools.cache
def python_with(modules):
    for python in (SOURCE / ".venv" / "bin" / "python", sys.executable):
        if subprocess.run([python, "-c", f"import {modules}"], capture_output=True).returncode == 0:
            return str(python)
    return None


TORCH = python_with("torch._inductor, torch.export")


@unittest.skipUnless(TORCH, "needs the Python packages of tools/requirements-train.txt")
class Export(Case):
    # A Gaussian N(mu, .25 I) about mu = (2 l, 2 l + 1), as the velocity of a flow to noise, told 1000 t.
    NETS = """
import torch

class Gaussian(torch.nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.mu = torch.nn.Parameter(torch.arange(2.0 * classes).reshape(classes, 2))

    def forward(self, x, time, label):
        t = (time / 1000)[:, None]
        sigma, x, mu = t / (1 - t), x / (1 - t), self.mu[label]
        D = mu + 0.25 / (0.25 + sigma**2) * (x - mu)
        return {"flow": (x - D) / sigma - D}

class Branching(torch.nn.Module):
    def forward(self, x, time):
        return x if x.shape[0] == 2 else time[:, None] * x  # tracing writes one of them down
"""
    DESCRIPTION = "--shape 2 --predicts flow --time t --time-scale 1000 --scale-input process".split() + ["--process", "{kind: flow}"]

    def setUp(self):
        super().setUp()
        (self.folder / "nets.py").write_text(self.NETS)

    def export(self, *arguments):
        return subprocess.run(
            [TORCH, str(SOURCE / "tools" / "export.py"), *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=500, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    def check_samples(self, name):
        """Against the exact flow map of a Gaussian, x - mu in proportion to the square root of s0^2 + sigma^2."""
        labels, count = [0, 3, 1, 2], 4
        latents = [0.3, -1.2, 0.8, 0.1, -0.5, 1.4, 0.0, -0.7]
        write_npy(self.folder / "noise.npy", (count, 2), latents)
        done = shockstep(
            "sample", self.folder / f"{name}.yaml", "--count", count, "--out", self.folder / "out", "--noise", self.folder / "noise.npy",
            "--tolerance", "1e-5", "--set", f"model.label={labels}", "--set", "sampler.guard=off", "--set", "sampler.final=keep",
        )  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        samples = read_npy(self.folder / "out" / "samples.npy")[2]
        shrink = math.sqrt((0.25 + (0.001 / 0.999) ** 2) / (0.25 + 999**2))
        for i, sample in enumerate(samples):
            mu = 2 * labels[i // 2] + i % 2
            # float32: 6e-8 of an |xhat| of up to 1400 at the start, which shrinks by 2000 on the way, but t near 1 is only
            # known to 6e-8 as well: sigma = t/(1 - t) to 6e-5, of which D = mu + O(1/sigma) sees nothing.
            self.assertAlmostEqual(sample, mu + shrink * (999 * latents[i] - mu), delta=1e-3)

    def test_torchscript(self):
        done = self.export("nets:Gaussian", *self.DESCRIPTION, "--arguments", '{"classes": 4}', "--classes", "4", "--out", "gaussian.pt")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_samples("gaussian")

    @unittest.skipUnless(shutil.which("g++"), "AOTInductor needs a C++ compiler")
    def test_aot_inductor(self):
        done = self.export("nets:Gaussian", *self.DESCRIPTION, "--arguments", '{"classes": 4}', "--classes", "4", "--out", "gaussian.pt2")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_samples("gaussian")
        done = shockstep("sample", self.folder / "gaussian.yaml", "--out", self.folder / "out", "--set", "run.dtype=float64")
        self.assertEqual(done.returncode, 3)
        self.assertIn("gaussian.pt2: forward fails", done.stderr)

    def test_a_program_that_differs_from_the_module_is_refused(self):
        done = self.export("nets:Branching", "--shape", "2", "--out", "branching.pt")
        self.assertEqual(done.returncode, 1)
        self.assertIn("export: branching.pt: differs from the module by more than 0.0001", done.stderr)
        self.assertFalse((self.folder / "branching.yaml").exists())

    def test_mistakes_are_one_line(self):
        for arguments, sentence in (
            (["nets:nothing", "--shape", "2", "--out", "x.pt"], "export: nets:nothing: module 'nets' has no attribute 'nothing'"),
            (["nets", "--shape", "2", "--out", "x.pt"], "export: nets: must be package.module:factory or diffusers:NAME"),
            (["nets:Gaussian", "--out", "x.pt"], "export: --shape: missing"),
            (["nets:Branching", "--shape", "2", "--classes", "3", "--out", "x.pt"], "export: the module fails for x of shape [2, 2]: "),
            (["nets:Gaussian", "--shape", "2", "--predicts", "edm", "--out", "x.pt"], "export: --data-std: missing"),
        ):
            done = self.export(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, done.stderr)


@unittest.skipUnless(python_with("diffusers, torch"), "needs diffusers")
class Pipelines(Case):
    """Small random networks as pipelines of diffusers: exported, they give the samples of its own schedulers."""

    MAKE = """
import json, sys
import numpy, torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler, UNet2DModel

torch.manual_seed(0)
LABELS = torch.tensor([0, 3, 1, 2])

def make(name, scheduler, classes=None):
    net = UNet2DModel(sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
                      down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
                      num_class_embeds=classes).eval()
    net.save_pretrained(f"{name}/unet")
    scheduler.save_pretrained(f"{name}/scheduler")
    index = {"_class_name": "DDPMPipeline", "unet": ["diffusers", "UNet2DModel"], "scheduler": ["diffusers", type(scheduler).__name__]}
    json.dump(index, open(f"{name}/model_index.json", "w"))
    return net

def done(name, z, sigmas, x):
    numpy.save(f"{name}.noise.npy", z.double().numpy())
    json.dump({"sigmas": sigmas.tolist(), "samples": x.flatten().tolist()}, open(f"{name}.json", "w"))

@torch.no_grad()
def ddim(name, scheduler, classes=None):
    net = make(name, scheduler, classes)
    scheduler.set_timesteps(8)
    alphas, z = scheduler.alphas_cumprod.double(), torch.randn(4, 1, 8, 8)
    times = scheduler.timesteps[alphas[scheduler.timesteps] > 0]
    x = z * (1 - alphas[times[0]]).sqrt().float()
    for t in times:
        x = scheduler.step(net(x, t, class_labels=LABELS if classes else None).sample, t, x).prev_sample
    done(name, z, ((1 - alphas[times]) / alphas[times]).sqrt(), x)

@torch.no_grad()
def flow(name):
    net, z, share = make(name, FlowMatchEulerDiscreteScheduler(shift=3.0)), torch.randn(4, 1, 8, 8), torch.linspace(0.99, 0.02, 8)
    x = share[0] * z
    for w, after in zip(share, [*share[1:], 0.0]):
        x = x + (after - w) * net(x, 1000 * w.repeat(4)).sample
    done(name, z, share.double() / (1 - share.double()), x)

plain = dict(clip_sample=False, set_alpha_to_one=True)
ddim("ddpm", DDIMScheduler(**plain))
ddim("latent", DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, **plain))
ddim("cosine", DDIMScheduler(beta_schedule="squaredcos_cap_v2", prediction_type="sample", **plain))
ddim("labelled", DDIMScheduler(rescale_betas_zero_snr=True, prediction_type="v_prediction", **plain), classes=5)
flow("flow")
"""

    def test_euler_steps_are_those_of_diffusers(self):
        python = python_with("diffusers, torch")
        made = subprocess.run([python, "-c", self.MAKE], cwd=self.folder, capture_output=True, text=True, timeout=300)
        self.assertEqual(made.returncode, 0, made.stderr)
        for name in ("ddpm", "latent", "cosine", "labelled", "flow"):
            with self.subTest(pipeline=name):
                command = [python, str(SOURCE / "tools" / "export.py"), f"diffusers:./{name}", "--out", f"{name}.pt"]
                done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
                self.assertEqual(done.returncode, 0, done.stderr)
                theirs = json.loads((self.folder / f"{name}.json").read_text())
                label = ["--set", "model.label=[0, 3, 1, 2]"] if name == "labelled" else []
                done = shockstep(
                    "sample", self.folder / f"{name}.yaml", "--noise", self.folder / f"{name}.noise.npy", "--count", 4, "--method", "euler",
                    "--set", f"sampler.steps={{sigmas: {theirs['sigmas']}}}", "--out", self.folder / "out", *label,
                )  # fmt: skip
                self.assertEqual(done.returncode, 0, done.stderr)
                samples = read_npy(self.folder / "out" / "samples.npy")[2]
                largest = max(map(abs, theirs["samples"]))
                # float32 on both sides: 1e-6 a step and layer
                for ours, wanted in zip(samples, theirs["samples"]):
                    self.assertAlmostEqual(ours, wanted, delta=1e-4 * largest)


if __name__ == "__main__":
    unittest.main()
