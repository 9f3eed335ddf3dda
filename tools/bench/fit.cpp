/// How well the fit check tells how a network is described: bench_fit [STRIDE] [quick], every STRIDE-th pair of a true and a
/// stated description (1: all). Prints a row for every model and process, then the pairs that were not named.
#include "problems.hpp"
#include "support/described.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

struct Count {
  int right = 0, accused = 0, pairs = 0, matter = 0, rejected = 0, named = 0, harmless = 0;
  std::int64_t evaluations = 0, most = 0;
  void operator+=(const Count& c) {
    right += c.right, accused += c.accused, pairs += c.pairs, matter += c.matter, rejected += c.rejected;
    named += c.named, harmless += c.harmless, evaluations += c.evaluations, most = std::max(most, c.most);
  }
};

std::vector<std::string> missed;

void print(const char* model, const std::string& process, const Count& c) {
  const auto percent = [&](int n) { return c.matter > 0 ? 100. * n / c.matter : 0; };
  std::printf("%-12s %-24s %6d %8d %8d %8d %9.1f %7.1f %12.0f %9ld\n", model, process.c_str(), c.right, c.accused,
              c.pairs - c.matter, c.matter, percent(c.rejected), percent(c.named),
              c.pairs > 0 ? static_cast<double>(c.evaluations) / c.pairs : 0, static_cast<long>(c.most));
  std::fflush(stdout);
}

void one(Count& count, const char* name, const ModelPtr& exact, const test::Description& truth,
         const test::Description& stated, const FitOptions& options) {
  const auto v = test::verdict(exact, truth, stated, options);
  ++count.pairs;
  count.evaluations += v.report.evaluations, count.most = std::max(count.most, v.report.evaluations);
  if (!v.matters) return;
  ++count.matter, count.rejected += !v.report.fits, count.named += v.named;
  if (!v.named)
    missed.push_back(std::string(name) + ": " + text(truth) + ", stated " + text(stated) + ": " +
                     (v.report.fits         ? "passes, misfit " + std::to_string(v.report.misfit) + " structure " +
                                                  std::to_string(v.report.structure)
                      : v.report.suggestion ? "named as: " + v.report.suggestion->sentence
                                            : "rejected, nothing named"));
}

}  // namespace

int main(int argc, char** argv) {
  const int stride = argc > 1 ? std::max(1, std::atoi(argv[1])) : 1;
  const FitOptions options{.quick = argc > 2 && std::string(argv[2]) == "quick"};
  const struct {
    const char* name;
    ModelPtr model;
  } models[] = {{"two modes", bench::two_modes()},
                {"ring", bench::ring()},
                {"10 modes 64d", bench::mixture(bench::loose_means(3, 64, 10, 4), .1)}};
  const std::vector<std::pair<std::string, Process>> processes{{"ve", VarianceExploding{}},
                                                               {"vp_linear", VpLinear{}},
                                                               {"vp_cosine", VpCosine{}},
                                                               {"flow, data at 0", FlowMatching{}},
                                                               {"flow, data at 1", FlowMatching{.data_at = 1}},
                                                               {"DDPM, 1000 steps", linear_table()}};
  std::printf("%-12s %-24s %6s %8s %8s %8s %9s %7s %12s %9s\n", "model", "process", "right", "accused", "harmless",
              "matter", "rejected%", "named%", "evaluations", "most");
  Count total;
  int turn = 0;
  for (const auto& [name, exact] : models) {
    for (const auto& [process_name, process] : processes) {
      Count count;
      const auto all = test::descriptions(*exact, process);
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = 0; j < all.size(); ++j) {
          if (i == j) {
            if (stride > 1 && (i + static_cast<std::size_t>(turn)) % 10 != 0) continue;
            const auto v = test::verdict(exact, all[i], all[i], options);
            ++count.right, count.accused += !v.report.fits;
          } else if (turn++ % stride == 0)
            one(count, name, exact, all[i], all[j], options);
        }
      print(name, process_name, count);
      total += count;
    }
    // The same parametrisation, as its users have it, under another process.
    Count count;
    for (const auto& [true_name, true_process] : processes)
      for (const auto& [stated_name, stated_process] : processes) {
        if (true_name == stated_name) continue;
        for (const Predicts predicts : {Predicts::noise, Predicts::velocity, Predicts::flow}) {
          const auto described = [&](const Process& process) {
            NetworkOptions o = test::options_for(*exact);
            o.predicts = predicts, o.time = TimeInput::t, o.scale_input = ScaleInput::process;
            return test::Description{o, process};
          };
          if (turn++ % std::max(1, stride / 20) == 0)
            one(count, name, exact, described(true_process), described(stated_process), options);
        }
      }
    print(name, "another process", count);
    total += count;
  }
  print("all", "", total);
  std::printf("\nnot named:\n");
  for (const auto& line : missed) std::printf("  %s\n", line.c_str());
}
