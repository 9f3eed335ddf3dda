/// What inspect's verdicts and its number of clusters are worth: bench_health [MIXTURES], that many seeded mixtures in each of 1 to 64
/// dimensions (4), in float64 and dressed as a float32 network; fields made wrong on purpose; and the clusters found beside the
/// modes there are, by their separation.
#include "problems.hpp"

#include <shockstep/shockstep.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace shockstep;

namespace {

constexpr VarianceExploding process{.sigma_min = .01, .sigma_max = 20};

struct Problem {
  std::shared_ptr<const GaussianMixture> exact;
  std::uint64_t seed;
};

/// Modes of unequal weight and width, .1 to .3, at loose means.
Problem problem(std::uint64_t seed, std::int64_t d) {
  const std::int64_t modes = 2 + static_cast<std::int64_t>(seed % 7);
  const at::Tensor spread = bench::normal({modes}, seed, 7).tanh();
  return {std::make_shared<const GaussianMixture>(
              GaussianMixtureOptions{.means = bench::loose_means(seed, d, modes, 1),
                                     .stds = .2 + .1 * spread,
                                     .weights = (.5 * spread).exp() / (.5 * spread).exp().sum()}),
          seed};
}

using Change = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& sigma, const at::Tensor& D)>;

/// The denoiser and what is added to it; rounded as a network's where it is one.
ModelPtr changed(const Problem& p, bool network, const Change& change) {
  const auto single = [](const at::Tensor& t) { return t.to(at::kFloat).to(at::kDouble); };
  auto denoise = [=, exact = p.exact](const at::Tensor& x, const at::Tensor& sigma) {
    const at::Tensor at = network ? single(x) : x, s = sigma.unsqueeze(1);
    const at::Tensor D = exact->denoise(at, sigma), out = change ? change(at, s, D) : D;
    return network ? single(out) : out;
  };
  return make_model(std::move(denoise), {.shape = p.exact->shape(), .data_std = 1});
}

Inspection inspected(const ModelPtr& model, std::uint64_t seed, const InspectOptions& options) {
  SamplerOptions sampler;
  sampler.guard.profile = "default";  // the verdict is about D, not about the accuracy of the states it is asked at
  sampler.guard.events = false;
  return inspect(model, process, sampler, {.options = options, .seed = seed, .threads = 1}).found;
}

constexpr InspectOptions health_only{.count = 256, .trajectories = 16, .spectrum_rows = 0, .interfaces = 0};
constexpr InspectOptions clusters_only{
    .count = 1024, .trajectories = 2, .levels = 1, .health_rows = 0, .spectrum_rows = 0, .interfaces = 0};

struct Count {
  int of[3] = {}, named = 0, all = 0;
};

void add(Count& count, const HealthSection& health, const std::string& what) {
  ++count.of[static_cast<int>(health.verdict)], ++count.all;
  count.named += health.verdict != Verdict::fine && (what.empty() || health.reason.rfind(what, 0) == 0);
}

void print(const std::string& name, const Count& c) {
  std::printf("%-46s %4d %5d %5d %11d %6d\n", name.c_str(), c.all, c.of[0], c.of[1], c.of[2], c.named);
  std::fflush(stdout);
}

/// A rotation in the first two coordinates, of the strength times D - x at most far away.
Change rotated(double strength) {
  return [=](const at::Tensor& x, const at::Tensor& s, const at::Tensor& D) {
    at::Tensor turned = at::zeros_like(x);
    turned.select(1, 0).copy_(-x.select(1, 1)), turned.select(1, 1).copy_(x.select(1, 0));
    return D + strength * turned / (1 + s);
  };
}

/// Ripples of a wavelength of about four sigma, of `strength` times sigma: an error of D that knows no data.
Change rippled(double strength) {
  return [=](const at::Tensor& x, const at::Tensor& s, const at::Tensor& D) {
    const std::int64_t d = x.size(1);
    const at::Tensor k = bench::normal({d, d}, 5, 3) * (1.5 / std::sqrt(static_cast<double>(d)));
    return D + strength * s * at::sin(at::matmul(x / s, k));
  };
}

/// A denoiser of another noise level: no equation holds between its levels.
Change scaled(double power) {
  return [=](const at::Tensor& x, const at::Tensor& s, const at::Tensor& D) {
    return x + (D - x) * (s / (s + .3)).pow(power);
  };
}

}  // namespace

int main(int argc, char** argv) {
  const int mixtures = argc > 1 ? std::max(1, std::atoi(argv[1])) : 4;
  const std::vector<std::int64_t> dimensions{1, 2, 4, 8, 16, 32, 64};
  std::printf("%-46s %4s %5s %5s %11s %6s\n", "model", "all", "fine", "rough", "not a score", "named");
  for (const bool network : {false, true}) {
    Count count;
    for (const auto d : dimensions)
      for (int k = 0; k < mixtures; ++k) {
        const Problem p = problem(static_cast<std::uint64_t>(k), d);
        const auto found = inspected(network ? changed(p, true, {}) : ModelPtr(p.exact), p.seed, health_only);
        add(count, *found.health, "");
        if (found.health->verdict != Verdict::fine)
          std::printf("  d %ld, seed %d: %s: %s\n", static_cast<long>(d), k, name(found.health->verdict),
                      found.health->reason.c_str());
      }
    print(network ? "exact, in float32 as a network" : "exact", count);
  }
  struct Wrong {
    std::string name, what;
    Change change;
  };
  std::vector<Wrong> wrong;
  for (const double strength : {.1, .3, 1., 3.})
    wrong.push_back({"a rotation added, " + std::to_string(strength).substr(0, 3), "curl", rotated(strength)});
  for (const double strength : {.03, .1, .3, 1.})
    wrong.push_back({"ripples added, " + std::to_string(strength).substr(0, 4) + " sigma", "", rippled(strength)});
  for (const double power : {.1, .3, 1.})
    wrong.push_back({"D - x times (sigma/(sigma + .3))^" + std::to_string(power).substr(0, 3), "", scaled(power)});
  for (const Wrong& w : wrong) {
    Count count;
    for (const auto d : dimensions)
      for (int k = 0; k < mixtures && (d > 1 || w.what != "curl"); ++k) {
        const Problem p = problem(static_cast<std::uint64_t>(k), d);
        add(count, *inspected(changed(p, true, w.change), p.seed, health_only).health, w.what);
      }
    print(w.name, count);
  }
  Count product;
  for (const auto d : dimensions)
    for (int k = 0; k < mixtures; ++k) {
      const Problem p = problem(static_cast<std::uint64_t>(k), d);
      add(product,
          *inspected(std::make_shared<Multiplicative>(p.exact, MultiplicativeOptions{.sigma = .3}), p.seed, health_only)
               .health,
          "");
    }
  print("f(x)/sigma", product);

  // 2 to 9 modes of width .1, no two of them nearer than the separation times that.
  std::printf("\n%-12s %12s %6s %6s %6s %6s\n", "dimensions", "separation", "all", "right", "fewer", "more");
  for (const std::int64_t d : {1, 2, 8, 64})
    for (const double separation : {3., 4., 6., 10.}) {
      int all = 0, right = 0, fewer = 0, more = 0;
      for (int k = 0; k < 2 * mixtures; ++k) {
        const std::int64_t modes = 2 + k % 8;
        const at::Tensor loose = bench::loose_means(static_cast<std::uint64_t>(100 + k), d, modes, 1);
        at::Tensor apart = at::cdist(loose, loose);
        apart.fill_diagonal_(INFINITY);
        const at::Tensor means = loose * (.1 * separation / apart.min().item<double>());
        const auto exact = bench::mixture(means, .1);
        const auto hidden =
            make_model([exact](const at::Tensor& x, const at::Tensor& sigma) { return exact->denoise(x, sigma); },
                       {.shape = {d}, .data_std = 1});
        const auto found = inspected(hidden, static_cast<std::uint64_t>(k), clusters_only).clusters->count();
        ++all, right += found == modes, fewer += found<modes, more += found> modes;
      }
      std::printf("%-12ld %12g %6d %6d %6d %6d\n", static_cast<long>(d), separation, all, right, fewer, more);
      std::fflush(stdout);
    }
  return 0;
}
