#include "support/torchscript_file.hpp"

#include <shockstep/error.hpp>
#include <shockstep/models/torchscript.hpp>

#include <torch/csrc/jit/serialization/pickle.h>

#include <cmath>
#include <fstream>

using namespace shockstep;
using test::Folder, test::save;

namespace {

// What loading says, less the file.
std::string refusal(const std::string& path, const NetworkOptions& options) {
  try {
    load_torchscript(path, options);
  } catch (const ModelError& e) {
    const std::string what = e.what();
    CHECK(what.starts_with(path + ": "));
    CHECK(what.find('\n') == what.npos);
    return what.substr(path.size() + 2);
  }
  return "loaded";
}

bool contains(const std::string& text, const std::string& part) {
  UNSCOPED_INFO(text);
  return text.find(part) != text.npos;
}

const std::string identity = "def forward(self, x, sigma):\n  return x\n";

}  // namespace

// One Gaussian N(mu, s^2 I): D = mu + s^2/(s^2 + sigma^2) (x - mu).
TEST_CASE("what the network predicts and how it is told the time", "[torchscript]") {
  const Folder folder;
  const auto [predicts, returns] = GENERATE(table<Predicts, std::string>(
      {{Predicts::denoised, "D"}, {Predicts::noise, "(x - D) / s"}, {Predicts::score, "(D - x) / (s * s)"}}));
  const auto [time, sigma_of] = GENERATE(table<TimeInput, std::string>(
      {{TimeInput::sigma, "t"}, {TimeInput::log_sigma, "t.exp()"}, {TimeInput::edm, "(4 * t).exp()"}}));
  const auto type = GENERATE(NetworkType::float32, NetworkType::float64);
  const double s0 = .5;
  const auto mu = at::tensor({1., -1., .25}, at::kDouble);
  const auto path = save(folder,
                         "def forward(self, x, t):\n"
                         "  s = (" +
                             sigma_of +
                             ")[:, None]\n"
                             "  D = self.mu + 0.25 / (0.25 + s * s) * (x - self.mu)\n"
                             "  return " +
                             returns + "\n",
                         {{"mu", mu.to(at::kFloat)}});
  const auto model =
      load_torchscript(path, {.shape = {3}, .predicts = predicts, .time = time, .data_std = .9, .dtype = type});
  CHECK(model->dimension() == 3);
  CHECK(model->data_std() == .9);
  CHECK_FALSE(model->exact());

  const auto sigma = at::tensor({.01, .5, 3., 80.}, at::kDouble), s = sigma.unsqueeze(1);
  const auto x = mu + s * at::tensor({1., -.5, .3}, at::kDouble);
  const auto D = model->denoise(x, sigma);
  CHECK(D.scalar_type() == at::kDouble);
  CHECK_FALSE(D.requires_grad());
  const auto want = mu + s0 * s0 / (s0 * s0 + s * s) * (x - mu);
  // x - sigma n and x + sigma^2 s cancel down from |x|, so eps |x|; e^{ln sigma} adds |ln sigma| eps, s^2 doubles it.
  const double eps = type == NetworkType::float32 ? 6e-8 : 1.1e-16;
  const auto error = ((D - want).abs() / (x.abs() + mu.abs() + 1)).max().item<double>();
  CHECK(error < 20 * eps);
}

TEST_CASE("images keep their shape", "[torchscript]") {
  const Folder folder;
  const auto path = save(folder, "def forward(self, x, sigma):\n  return x / (1 + sigma ** 2)[:, None, None, None]\n");
  const auto model = load_torchscript(path, {.shape = {1, 8, 8}, .predicts = Predicts::noise});
  const auto x = at::ones({5, 1, 8, 8}, at::kDouble);
  CHECK(model->denoise(x, at::ones({5}, at::kDouble)).sizes() == x.sizes());
  CHECK(at::allclose(model->denoise(x, at::ones({5}, at::kDouble)), .5 * x));
}

TEST_CASE("the network runs in the type that is asked for, whatever it was saved in", "[torchscript]") {
  const Folder folder;
  const auto saved = GENERATE(at::kFloat, at::kDouble, at::kHalf);
  // An index and a table of another type stay what they are.
  const auto code = "def forward(self, x, sigma):\n  return (x * self.w[self.index]) * self.table.to(x.dtype)\n";
  const auto path = save(folder, code, {{"w", at::tensor({.5, 2.}, at::kDouble).to(saved)}},
                         {{"index", at::tensor({1, 0, 1}, at::kLong)}, {"table", at::tensor({3}, at::kInt)}});
  for (auto type : {NetworkType::float32, NetworkType::float64, NetworkType::bfloat16}) {
    const auto model = load_torchscript(path, {.shape = {3}, .dtype = type});
    const auto D = model->denoise(at::ones({1, 3}, at::kDouble), at::ones({1}, at::kDouble));
    CHECK(at::equal(D, at::tensor({6., 1.5, 6.}, at::kDouble).unsqueeze(0)));
  }
}

TEST_CASE("the network is in evaluation mode", "[torchscript]") {
  const Folder folder;
  const auto dropout = save(folder, "def forward(self, x, sigma):\n  return torch.dropout(x, 0.5, self.training)\n");
  const auto x = at::ones({4, 100}, at::kDouble), sigma = at::ones({4}, at::kDouble);
  CHECK(at::equal(load_torchscript(dropout, {.shape = {100}})->denoise(x, sigma), x));
}

TEST_CASE("of several results the first tensor counts", "[torchscript]") {
  const Folder folder;
  const std::string result = GENERATE("(2 * x, sigma)", "[2 * x, x]", "{'sample': 2 * x, 'other': x}", "(1, [2 * x])");
  const auto path = save(folder, "def forward(self, x, sigma):\n  return " + result + "\n");
  const auto x = at::ones({4, 3}, at::kDouble);
  CHECK(at::equal(load_torchscript(path, {.shape = {3}})->denoise(x, at::ones({4}, at::kDouble)), 2 * x));
}

TEST_CASE("a program traced on another device runs on the one asked for", "[torchscript]") {
  const Folder folder;
  // What tracing on a GPU leaves behind: new tensors go to cuda:0.
  const auto path = save(folder,
                         "def there(self, x):\n"
                         "  return x + torch.zeros([2], device=torch.device('cuda:0'))\n"
                         "def forward(self, x, sigma):\n"
                         "  if bool((x > 1e9).any()):\n"
                         "    x = x.to(torch.device('cuda:0'))\n"
                         "  return self.there(x) + torch.ones([2], device=torch.device('cuda:0'))\n");
  const auto x = at::tensor({1., 2e9}, at::kDouble).reshape({1, 2});
  CHECK(at::equal(load_torchscript(path, {.shape = {2}})->denoise(x, at::ones({1}, at::kDouble)),
                  (x.to(at::kFloat) + 1).to(at::kDouble)));
}

TEST_CASE("a network that works in place leaves the state alone", "[torchscript]") {
  const Folder folder;
  const auto path = save(folder, "def forward(self, x, sigma):\n  return x.mul_(2)\n");
  const auto model = load_torchscript(path, {.shape = {2}, .dtype = NetworkType::float64});
  const auto x = at::ones({1, 2}, at::kDouble);
  CHECK(at::equal(model->denoise(x, at::ones({1}, at::kDouble)), 2 * at::ones({1, 2}, at::kDouble)));
  CHECK(at::equal(x, at::ones({1, 2}, at::kDouble)));
}

TEST_CASE("a network may turn gradients on for itself", "[torchscript]") {
  const Folder folder;  // the score -x of the energy x^2/2
  const auto path = save(folder,
                         "def forward(self, x, sigma):\n"
                         "  torch.set_grad_enabled(True)\n"
                         "  y = x.detach().requires_grad_()\n"
                         "  score = torch.autograd.grad([-0.5 * (y * y).sum()], [y])[0]\n"
                         "  assert score is not None\n"
                         "  return score\n");
  const auto model = load_torchscript(path, {.shape = {2}, .predicts = Predicts::score});
  const auto x = at::ones({1, 2}, at::kDouble);
  CHECK(at::equal(model->denoise(x, at::full({1}, .5, at::kDouble)), .75 * x));
  CHECK_FALSE(model->denoise(x, at::full({1}, .5, at::kDouble)).requires_grad());
}

TEST_CASE("the bits of a network do not change from call to call", "[torchscript]") {
  const Folder folder;  // the profiling executor would fuse this after two calls
  const auto path = save(folder,
                         "def forward(self, x, sigma):\n"
                         "  h = torch.tanh(x * 1.7 + 0.3) * torch.sigmoid(x) / (1 + sigma[:, None])\n"
                         "  return torch.tanh(torch.matmul(h, self.w)) + h * h\n",
                         {{"w", at::linspace(-1, 1, 64 * 64).reshape({64, 64})}});
  const auto model = load_torchscript(path, {.shape = {64}});
  const auto x = at::linspace(-3, 3, 16 * 64, at::kDouble).reshape({16, 64}),
             sigma = at::linspace(.1, 10, 16, at::kDouble);
  const auto first = model->denoise(x, sigma);
  for (int i = 0; i < 5; ++i) CHECK(at::equal(model->denoise(x, sigma), first));
}

TEST_CASE("files that cannot be read are named", "[torchscript]") {
  const Folder folder;
  CHECK_THROWS_AS(load_torchscript(folder / "missing.pt", {.shape = {2}}), FileError);
  CHECK_THROWS_AS(load_torchscript(folder.path.string(), {.shape = {2}}), FileError);
  std::ofstream(folder / "empty.pt");
  CHECK_THROWS_AS(load_torchscript(folder / "empty.pt", {.shape = {2}}), FileError);
}

TEST_CASE("files that are no program are refused", "[torchscript]") {
  const Folder folder;
  std::ofstream(folder / "text.pt") << "to be or not to be, that is the question, and there is no program here either";
  CHECK(contains(refusal(folder / "text.pt", {.shape = {2}}), "is no TorchScript program"));

  const auto path = save(folder, identity);
  std::filesystem::copy(path, folder / "half.pt");
  std::filesystem::resize_file(folder / "half.pt", std::filesystem::file_size(path) / 2);
  CHECK(contains(refusal(folder / "half.pt", {.shape = {2}}), "is no TorchScript program"));

  // A state dict as torch.save writes it, and as it wrote it before 1.6.
  c10::Dict<std::string, at::Tensor> weights;
  weights.insert("layer.weight", at::ones({2, 2}));
  const auto pickle = torch::jit::pickle_save(weights);
  std::ofstream(folder / "weights.pt", std::ios::binary)
      .write(pickle.data(), static_cast<std::streamsize>(pickle.size()));
  CHECK(
      contains(refusal(folder / "weights.pt", {.shape = {2}}), "holds weights, not a program: export with torch.jit"));
  std::ofstream(folder / "old.pt", std::ios::binary) << "\x80\x02\x8a\x0a and so on";
  CHECK(contains(refusal(folder / "old.pt", {.shape = {2}}), "holds weights, not a program"));
}

TEST_CASE("programs that do not fit their description are refused", "[torchscript]") {
  const Folder folder;
  const auto says = [&](const std::string& code, const std::string& part, std::vector<std::int64_t> shape = {2}) {
    return contains(refusal(save(folder, code), {.shape = shape}), part);
  };
  CHECK(says("", "no method forward"));
  CHECK(says("def forward(self, x):\n  return x\n", "forward takes 1 argument, expected 2 (x, sigma)"));
  CHECK(says("def forward(self, x, sigma, label):\n  return x\n",
             "forward takes 3 arguments, expected 2 (x, sigma); for a third, the label, set model.label"));
  CHECK(says("def forward(self, x, sigma, a, b):\n  return x\n", "forward takes 4 arguments, expected 2 (x, sigma)"));
  CHECK(says("def forward(self, x, sigma, scale: float = 1.0):\n  return x * scale\n", "loaded"));
  CHECK(says("def forward(self, x, sigma):\n  return 1, 2\n", "forward returns Tuple without a tensor, expected one"));
  CHECK(says("def forward(self, x, sigma):\n  return x > 0\n", "returns Bool numbers, expected floating point"));
  CHECK(says("def forward(self, x, sigma):\n  return x.flatten(1)\n",
             "returns shape [3, 64], expected [3, 1, 8, 8]: set model.shape", {1, 8, 8}));
  CHECK(says("def forward(self, x, sigma):\n  return x[:, :1]\n",
             "returns shape [3, 1], expected [3, 2]: set model.shape"));
  CHECK(says("def forward(self, x, sigma):\n  return x[:1]\n",
             "returns shape [1, 2], expected [3, 2]: a network must take any batch and keep it"));
  CHECK(says(
      "def forward(self, x, sigma):\n  return torch.matmul(x, torch.ones([10, 10]))\n",
      "forward fails for x of shape [3, 2], float32, and a time of shape [3], float32 (check model.shape, model.label "
      "and run.dtype): mat1 and mat2"));
  CHECK(says("def forward(self, x, sigma):\n  assert bool((x > 1e9).any()), 'out of luck'\n", "out of luck"));
  CHECK(says("def forward(self, x, sigma):\n  return x / 0\n", "returns NaN or infinity"));
  const auto wants_label = save(folder, "def forward(self, x, sigma, label):\n  return x * (label > 0)[:, None]\n");
  CHECK(refusal(wants_label, {.shape = {2}, .labels = {3}}) == "loaded");
  CHECK(contains(refusal(save(folder, identity), {.shape = {2}, .labels = {3}}),
                 "forward takes 2 arguments, expected 3 (x, sigma, label); without model.label it would fit"));
  const auto embeds = save(folder, "def forward(self, x, sigma, label):\n  return x * self.w[label][:, None]\n",
                           {{"w", at::ones({10})}});
  CHECK(contains(refusal(embeds, {.shape = {2}, .labels = {3, 10}}),
                 "does not know all labels from 3 to 10; check model.label"));

  const auto broken = save(folder, "def forward(self, x, sigma):\n  return x * self.w\n", {{"w", at::full({1}, NAN)}});
  CHECK(contains(refusal(broken, {.shape = {2}}), "returns NaN or infinity"));
}

TEST_CASE("what the network throws in a run is one line", "[torchscript]") {
  const Folder folder;
  const auto path = save(folder,
                         "def forward(self, x, sigma):\n"
                         "  assert bool((sigma < 10).all()), 'sigma is too large for me'\n"
                         "  return x\n");
  const auto model = load_torchscript(path, {.shape = {2}});
  CHECK_NOTHROW(model->denoise(at::zeros({3, 2}, at::kDouble), at::full({3}, 9., at::kDouble)));
  try {
    model->denoise(at::zeros({3, 2}, at::kDouble), at::full({3}, 11., at::kDouble));
    FAIL("did not throw");
  } catch (const Error& e) {
    CHECK(contains(e.what(), "sigma is too large for me"));
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
  }
}

TEST_CASE("options that cannot be are named", "[torchscript]") {
  const Folder folder;
  const auto path = save(folder, identity);
  CHECK_THROWS_AS(load_torchscript(path, {}), ConfigError);
  CHECK_THROWS_AS(load_torchscript(path, {.shape = {0, 2}}), ConfigError);
  CHECK_THROWS_AS(load_torchscript(path, {.shape = {2}, .data_std = -1}), ConfigError);
  CHECK_THROWS_AS(load_torchscript(path, {.shape = {2}, .device = "gpu"}), ConfigError);
  CHECK(contains(refusal(path, {.shape = {2}, .device = "cuda:99"}), "run.device is cuda:99, but this Torch sees"));
}
