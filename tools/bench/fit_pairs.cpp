/// What the fit check says of networks that are described wrongly: bench_fit_pairs [--every N] [--full] [--csv FILE] CONFIG...
///
/// Each CONFIG describes a network rightly. Every other description of it that the check itself would try (predicts, time, scale_input,
/// process) is run as the program runs it, 64 samples with default settings; --every: those that differ in the process and in more
/// besides, every N-th only. A pair matters where the samples are elsewhere: rms of the difference from the right description's above
/// .05 data_std, from the same noise. Quick: whether the run warns. --full: whether inspect does, and whether what it suggests gives the
/// right samples. Refused: the network cannot be run that way, or answers NaN.
#include "config/run_config.hpp"
#include "config/yaml.hpp"
#include "fit/descriptions.hpp"
#include "model/network.hpp"

#include <shockstep/fit_check.hpp>
#include <shockstep/model_scales.hpp>
#include <shockstep/registry.hpp>
#include <shockstep/shockstep.hpp>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

constexpr double matters = .05;
constexpr std::int64_t count = 64;

struct Settings {
  int every = 1;
  bool full = false;
  std::FILE* csv = nullptr;
  std::vector<std::string> configs;
};

struct Described {
  ModelPtr model;
  Process process;
};

struct Counts {
  int right = 0, accused = 0, harmless = 0, matter = 0, refused = 0, quick = 0, inspected = 0, named = 0;
  std::int64_t quick_rows = 0, full_rows = 0;
  void operator+=(const Counts& c) {
    right += c.right, accused += c.accused, harmless += c.harmless, matter += c.matter, refused += c.refused;
    quick += c.quick, inspected += c.inspected, named += c.named;
    quick_rows += c.quick_rows, full_rows += c.full_rows;
  }
};

struct Run {
  at::Tensor samples;
  FitReport fit;
  std::int64_t rows = 0;  // of the check, beside the measurement
};

/// As the program: default settings, the check before the samples.
Run run(const Described& described) {
  const Sampler sampler(described.model, described.process, {});
  Run out;
  out.fit = quick_fit(described.model, described.process, sampler.scales().value(), static_cast<int>(count), out.rows);
  out.samples = sampler.sample({.count = count, .batch = static_cast<int>(count), .threads = 1}).samples;
  return out;
}

double distance(const at::Tensor& a, const at::Tensor& b, double data_std) {
  const double rms = (a - b).pow(2).mean().sqrt().item<double>() / data_std;
  return std::isfinite(rms) ? rms : std::numeric_limits<double>::infinity();
}

class Bench {
 public:
  explicit Bench(const Settings& settings) : settings_(settings) {}

  Counts network(const std::string& config) {
    name_ = std::filesystem::path(config).stem().string();
    RunConfig read(load_yaml(config), config, method_names());
    const Process process = make_process(read.process_section());
    const Described right{make_model(read.model_section(), {"cpu", "float32", process}), process};
    Counts counts;
    truth_ = run(right);
    data_std_ =
        right.model->data_std() > 0 ? right.model->data_std() : truth_.samples.var(0).mean().sqrt().item<double>();
    ++counts.right;
    const FitReport inspected = settings_.full ? check_fit(right.model, process).report : FitReport{};
    counts.accused += !truth_.fit.fits || !inspected.fits;
    record("right", "", 0, truth_, inspected, false);
    int turn = 0;
    for (const Description& d : other_descriptions(*network_options(*right.model), process)) {
      if (!d.near() && turn++ % settings_.every != 0) continue;
      pair(right, d, counts);
    }
    return counts;
  }

  const std::vector<std::string>& missed() const { return missed_; }

 private:
  void pair(const Described& right, const Description& d, Counts& counts) {
    std::string text;
    for (const std::string& setting : d.settings) text += (text.empty() ? "" : ", ") + setting;
    std::optional<Described> wrong;
    Run found;
    try {
      wrong = {redescribed(*right.model, d.options, d.process), d.process};
      found = run(*wrong);
    } catch (const Error&) {
      ++counts.refused;
      return;
    }
    const double moved = distance(found.samples, truth_.samples, data_std_);
    if (moved <= matters) {
      ++counts.harmless;
      record("harmless", text, moved, found, {}, false);
      return;
    }
    ++counts.matter;
    const bool warned = !found.fit.fits || !found.fit.doubt.empty();
    counts.quick += warned, counts.quick_rows += found.rows;
    FitResult inspected;
    bool named = false;
    if (settings_.full) {
      inspected = check_fit(wrong->model, wrong->process);
      counts.inspected += !inspected.report.fits, counts.full_rows += inspected.report.evaluations;
      if (inspected.better) {
        const auto samples = run({inspected.better, inspected.better_process}).samples;
        named = distance(samples, truth_.samples, data_std_) <= matters;
      }
      counts.named += named;
    }
    record("wrong", text, moved, found, inspected.report, named);
    if (!warned || (settings_.full && inspected.report.fits))
      missed_.push_back(name_ + ": " + text + ", samples moved by " + std::to_string(moved) + " data_std: passes" +
                        (warned ? "" : " quick") + (settings_.full && inspected.report.fits ? " inspect" : ""));
  }

  void record(const char* kind, const std::string& text, double moved, const Run& found, const FitReport& inspected,
              bool named) const {
    if (!settings_.csv) return;
    std::fprintf(settings_.csv, "%s,%s,\"%s\",%.4g,%d,%.4g,%d,%.4g,%d\n", name_.c_str(), kind, text.c_str(), moved,
                 found.fit.fits, found.fit.misfit, inspected.fits, inspected.misfit, named);
    std::fflush(settings_.csv);
  }

  const Settings& settings_;
  std::string name_;
  Run truth_;
  double data_std_ = 0;
  std::vector<std::string> missed_;
};

Settings settings_of(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i)
    if (!std::strcmp(argv[i], "--every") && i + 1 < argc)
      settings.every = std::max(1, std::atoi(argv[++i]));
    else if (!std::strcmp(argv[i], "--full"))
      settings.full = true;
    else if (!std::strcmp(argv[i], "--csv") && i + 1 < argc)
      settings.csv = std::fopen(argv[++i], "w");
    else
      settings.configs.push_back(argv[i]);
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  const Settings settings = settings_of(argc, argv);
  if (settings.csv)
    std::fprintf(settings.csv, "network,kind,description,moved,quick_fits,quick_misfit,full_fits,full_misfit,named\n");
  const auto print = [&](const std::string& name, const Counts& c) {
    const double of = std::max(1, c.matter) / 100.;
    std::printf("%-16s %5d %7d %8d %7d %6d %6.1f", name.c_str(), c.right, c.accused, c.refused, c.harmless, c.matter,
                c.quick / of);
    if (settings.full)
      std::printf(" %9.1f %7.1f %9.0f", c.inspected / of, c.named / of, static_cast<double>(c.full_rows) / of / 100);
    std::printf("\n");
    std::fflush(stdout);
  };
  std::printf("%-16s %5s %7s %8s %7s %6s %6s%s\n", "network", "right", "accused", "refused", "harmless", "matter",
              "quick%", settings.full ? "  inspect%  named%      rows" : "");
  Bench bench(settings);
  Counts all;
  for (const std::string& config : settings.configs) {
    const Counts counts = bench.network(config);
    print(std::filesystem::path(config).stem().string(), counts);
    all += counts;
  }
  print("all", all);
  std::printf("\nnot told:\n");
  for (const auto& line : bench.missed()) std::printf("  %s\n", line.c_str());
}
