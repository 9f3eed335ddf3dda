/// One exact mixture as a TorchScript network in every combination of what it predicts, how it is told the time and which
/// process noised its data: all are the same denoiser, so from the same noise they give the same samples.
#include "support/problems.hpp"
#include "support/torchscript_file.hpp"

#include <shockstep/models/torchscript.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

/// A process, with alpha and the inverse of its time written once more, in Python: s = sigma [B], t the native time.
struct Case {
  std::string name;
  Process process;
  std::string sigma, alpha;   // of t, of s
  bool data_first = false;    // flow is noise minus data
  at::Tensor log_sigma = {};  // of a table
};

const std::string preserving = "1 / (1 + s * s).sqrt()";

Case table_case(const std::string& name, const VpTable& table) {
  const auto alpha2 = at::tensor(table.alphas_cumprod, at::kDouble);
  const std::string j = "(t - " + std::to_string(table.index_offset) + ")";
  return {name,
          table,
          "torch.exp(torch.lerp(self.table[" + j + ".floor().long()], self.table[" + j + ".ceil().long()], " + j +
              " - " + j + ".floor()))",
          preserving,
          false,
          .5 * ((1 - alpha2) / alpha2).log()};
}

std::vector<Case> cases() {
  const std::string u = "(0.1 * t + 9.95 * t * t)";
  const std::string cosine = "torch.cos((t + 0.008) / 1.008 * 1.5707963267948966) / 0.9999222924809749";
  return {{"ve", VarianceExploding{}, "t", "torch.ones_like(s)"},
          {"vp_linear", VpLinear{}, "torch.expm1(" + u + ").sqrt()", preserving},
          {"sub_vp", SubVp{}, "2 * torch.sinh(" + u + " / 2)", "(1 + s * s / 4).sqrt() - s / 2"},
          {"vp_cosine", VpCosine{}, "(1 / (" + cosine + ") ** 2 - 1).sqrt()", preserving},
          {"flow from data", FlowMatching{}, "t / (1 - t)", "1 / (1 + s)", true},
          {"flow to data", FlowMatching{.data_at = 1}, "(1 - t) / t", "1 / (1 + s)"},
          table_case("DDPM", linear_table()),
          table_case("cosine table", cosine_table(.008, 100)),
          table_case("table", {.alphas_cumprod = {.9999, .999, .99, .9, .5, .1, .01, .001}, .index_offset = 1})};
}

/// How the network undoes what it is told: sigma from `time`, or the native time first.
struct Told {
  TimeInput input;
  std::string sigma, native;
  double time_scale = 1;
};

std::vector<Told> tellings(const Process& process) {
  std::vector<Told> out = {{TimeInput::sigma, "time", ""},
                           {TimeInput::log_sigma, "time.exp()", ""},
                           {TimeInput::edm, "(4 * time).exp()", ""},
                           {TimeInput::t, "", "time"},
                           {TimeInput::t, "", "(time / 1000)", 1000}};
  if (process.steps() == 0) return out;
  out.push_back({TimeInput::index, "", "time"});
  out.push_back({TimeInput::index_over_N, "", "(time * " + std::to_string(process.steps()) + ")"});
  return out;
}

std::string answer(Predicts predicts, bool data_first) {
  switch (predicts) {
    case Predicts::denoised: return "D";
    case Predicts::noise: return "n";
    case Predicts::velocity: return "a * n - a * s * D";
    case Predicts::flow: return data_first ? "n - D" : "D - n";
    case Predicts::score: return "-n / (a * s)";
    case Predicts::edm: break;
  }
  return "(D - x * w / (s * s + w)) * (s * s + w).sqrt() / (s * self.data_std)";  // w = data_std^2
}

constexpr double data_std = .714;

/// The ring of test::ring().
std::string network(const Case& c, const Told& told, Predicts predicts, ScaleInput scale) {
  const std::string native = told.native.empty() ? "" : "  t = " + told.native + "\n";
  const std::string in = predicts == Predicts::edm      ? "1 / (s * s + w).sqrt()"
                         : scale == ScaleInput::process ? "a"
                                                        : "torch.ones_like(s)";
  return "def forward(self, y, time):\n" + native + "  s = (" + (told.sigma.empty() ? c.sigma : told.sigma) +
         ")[:, None]\n"
         "  w = self.data_std * self.data_std\n"
         "  a = " +
         c.alpha +
         "\n"
         "  x = y / (" +
         in +
         ")\n"
         "  v = 0.01 + s * s\n"
         "  z = x[:, None, :] - self.means\n"
         "  r = torch.softmax(-(z * z).sum(-1) / (2 * v), 1)\n"
         "  m = (r[:, :, None] * self.means).sum(1)\n"
         "  D = m + 0.01 / v * (x - m)\n"
         "  n = (x - D) / s\n"
         "  return " +
         answer(predicts, c.data_first) + "\n";
}

test::Tensors buffers(const Case& c) {
  const auto angle = at::arange(8, at::kDouble) * (2 * M_PI / 8);
  test::Tensors out = {{"means", at::stack({angle.cos(), angle.sin()}, 1)},
                       {"data_std", at::scalar_tensor(data_std, at::kDouble)}};
  if (c.log_sigma.defined()) out.emplace_back("table", c.log_sigma);
  return out;
}

/// Distances of each sample to that of the exact model, sorted.
std::vector<double> distances(const ModelPtr& model, const Case& c, const at::Tensor& exact,
                              const SamplerOptions& options) {
  const auto samples =
      Sampler(model, c.process, options).sample({.count = exact.size(0), .batch = 50, .threads = 1}).samples;
  const auto far = (samples - exact).pow(2).mean(1).sqrt();
  std::vector<double> out(far.const_data_ptr<double>(), far.const_data_ptr<double>() + far.numel());
  std::ranges::sort(out);
  return out;
}

/// Calls check(the 98 % quantile, the median) for every combination.
template <class Check>
void for_all(NetworkType type, const SamplerOptions& options, std::int64_t count, Check check) {
  const test::Folder folder;
  int combinations = 0;
  for (const Case& c : cases()) {
    const auto exact = Sampler(test::ring(), c.process, options).sample({.count = count}).samples;
    for (const Told& told : tellings(c.process))
      for (const Predicts predicts :
           {Predicts::denoised, Predicts::noise, Predicts::velocity, Predicts::flow, Predicts::score, Predicts::edm}) {
        const bool scaled = predicts != Predicts::edm && ++combinations % 2 == 0;
        const auto scale = scaled ? ScaleInput::process : ScaleInput::none;
        CAPTURE(c.name, static_cast<int>(told.input), told.time_scale, static_cast<int>(predicts),
                static_cast<int>(scale));
        const auto path = test::save(folder, network(c, told, predicts, scale), {}, buffers(c));
        const auto model = load_torchscript(path,
                                            {.shape = {2},
                                             .predicts = predicts,
                                             .time = told.input,
                                             .time_scale = told.time_scale,
                                             .scale_input = scale,
                                             .data_std = data_std,
                                             .dtype = type},
                                            c.process);
        const auto far = distances(model, c, exact, options);
        check(far[far.size() * 98 / 100 - 1], far[far.size() / 2]);
      }
  }
  CHECK(combinations == 5 * (6 * 5 + 3 * 7));
}

}  // namespace

TEST_CASE("In float64 all are one denoiser, to rounding") {
  // On a grid, so that no rounding decides over a step. Of sigma the network recovers all but 1e-11 at worst, where
  // 1 - alpha^2 is small: (2e-16)/sigma^2 at sigma = .0064 of the cosine. |dD/dlnsigma| < 1, the step weights add up to
  // less than 1, and 98 % of the ring's trajectories amplify an error by less than 100.
  SamplerOptions options;
  options.steps = FixedSteps{.count = 30};
  for_all(NetworkType::float64, options, 50, [](double most, double) { CHECK(most < 1e-9); });
}

TEST_CASE("In float32 adaptive samples are the same, but for the few that rounding sends elsewhere") {
  for_all(NetworkType::float32, test::unguarded(1e-3), 100, [](double most, double median) {
    CHECK(most < 1e-2);
    CHECK(median < 1e-3);
  });
}
