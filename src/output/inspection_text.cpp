#include "output/inspection_text.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iterator>
#include <vector>

namespace shockstep {
namespace {

std::string range(const Quantiles& q) {
  if (q.count == 0) return "none";
  return three_digits(q.q50) + " (" + three_digits(q.q05) + " to " + three_digits(q.q95) + ")";
}

std::string percent(std::int64_t part, std::size_t whole) {
  return three_digits(whole > 0 ? 100. * static_cast<double>(part) / static_cast<double>(whole) : 0) + " %";
}

class Lines {
 public:
  void add(const char* section, const std::string& text) {
    char line[400];
    std::snprintf(line, sizeof line, "%-12s %s\n", section, text.c_str());
    out_ += line;
  }
  std::string text() const { return out_; }

 private:
  std::string out_;
};

void add_spectral(Lines& out, const SpectralSection& s) {
  const std::size_t n = std::min<std::size_t>(3, s.lines.size());
  for (std::size_t k = 0; k < n; ++k) {
    const SpectralLine& line = s.lines[k];
    out.add(k == 0 ? "spectral" : "", "eigenvalue " + three_digits(line.eigenvalue) + " of the covariance of " +
                                          s.source + ": sigma " + three_digits(line.sigma) + " predicted, measured " +
                                          range(line.measured) + ", " + std::to_string(line.measured.count) +
                                          " events");
  }
}

void add_spectrum(Lines& out, const SpectrumSection& s) {
  if (s.rows.empty()) return;
  const std::int64_t first = s.rows.front().trajectory;
  std::string text;
  std::size_t seen = 0;
  const auto of_first = std::ranges::count_if(s.rows, [&](const SpectrumRow& r) { return r.trajectory == first; });
  for (const SpectrumRow& row : s.rows) {
    if (row.trajectory != first) continue;
    if (const auto i = seen++; i % 5 != 0 && i + 1 != static_cast<std::size_t>(of_first)) continue;
    text += (text.empty() ? "" : ", ") + std::string(s.complete ? "" : "at least ") + std::to_string(row.dimension) +
            " at sigma " + three_digits(row.sigma);
  }
  out.add("spectrum", "local dimension " + text);
}

void add_stationary(Lines& out, const StationarySection& s) {
  if (!s.why.empty()) return out.add("stationary", s.why);
  const auto count = [&](const char* kind) {
    const auto n = std::ranges::count(s.points, kind, &StationaryPoint::kind);
    return n == 0 ? std::string() : ", " + std::to_string(n) + " " + kind;
  };
  out.add("stationary", std::to_string(s.points.size()) + " points from " + std::to_string(s.starts) + " starts" +
                            count("stable") + count("saddle") + count("source") + count("degenerate") + ", index sum " +
                            std::to_string(s.index_sum) + "; " + std::to_string(s.unsettled) + " of " +
                            std::to_string(s.basin.size()) + " trajectories settle on none");
  constexpr std::size_t shown = 8;
  for (std::size_t k = 0; k < std::min(shown, s.points.size()); ++k) {
    const StationaryPoint& p = s.points[k];
    if (p.unstable > 0) break;
    std::string at;
    for (std::size_t j = 0; j < std::min<std::size_t>(3, p.at.size()); ++j)
      at += (j > 0 ? ", " : "") + three_digits(p.at[j]);
    out.add("", std::to_string(k + 1) + " " + p.kind + " at (" + at + (p.at.size() > 3 ? ", ..." : "") + "): basin " +
                    percent(p.ends, s.basin.size()) + ", approached at the rate " + three_digits(p.rate) +
                    ", eigenvalue " + three_digits(p.rates.front()));
  }
}

}  // namespace

std::string inspection_text(const InspectFacts& facts) {
  const Inspection& f = facts.found;
  Lines out;
  if (const auto& s = f.speciation) {
    out.add("speciation", percent(s->with_event, s->reports.size()) + " of " + std::to_string(s->reports.size()) +
                              " trajectories decide in an interface, sigma " + range(s->speciation));
    if (s->with_event > 0)
      out.add("",
              "inside from sigma " + range(s->enter) + " to " + range(s->exit) + ", exponent " + range(s->exponent));
  }
  if (f.spectral) add_spectral(out, *f.spectral);
  if (const auto& s = f.clusters)
    out.add("clusters", std::to_string(s->count()) + " (" + s->source + ")" +
                            (std::isnan(s->silhouette) ? std::string()
                                                       : ", silhouette " + three_digits(s->silhouette) +
                                                             ", of one Gaussian " + three_digits(s->silhouette_null)));
  if (const auto& s = f.commitment; s && s->of_cluster.size() > 1) {
    out.add("commitment", std::to_string(s->cluster.size()) + " trajectories followed, " + std::to_string(s->between) +
                              " end between clusters");
    std::vector<PairCommitment> seen;  // to part, along the way
    std::ranges::copy_if(s->pairs, std::back_inserter(seen),
                         [](const PairCommitment& pair) { return pair.sigma.count > 0; });
    std::ranges::stable_sort(seen, std::greater{}, [](const PairCommitment& pair) { return pair.sigma.q50; });
    const auto parting = [](const PairCommitment& pair) {
      return std::to_string(pair.a + 1) + " from " + std::to_string(pair.b + 1) + " at sigma " + range(pair.sigma);
    };
    if (seen.size() == 1) out.add("", "cluster " + parting(seen.front()));
    if (seen.size() > 1) out.add("", "first cluster " + parting(seen.front()) + ", last " + parting(seen.back()));
  }
  if (f.health) out.add("health", std::string(name(f.health->verdict)) + ": " + f.health->reason);
  if (f.spectrum) add_spectrum(out, *f.spectrum);
  if (const auto& s = f.interfaces) {
    if (s->profiles.empty()) out.add("interfaces", s->why);
    for (const InterfaceProfile& p : s->profiles)
      out.add(&p == s->profiles.data() ? "interfaces" : "",
              "sigma " + three_digits(p.sigma) + ": width " + three_digits(p.width) + " (from the slope " +
                  three_digits(p.width_local) + "), amplitude " + three_digits(p.amplitude) + " (" +
                  three_digits(p.amplitude_local) + "), misfit " + three_digits(p.residual));
  }
  if (const auto& s = f.product)
    out.add("product", "f(x) g(sigma) explains " + three_digits(100 * s->mean) + " % of the score on average, " +
                           three_digits(100 * s->smallest) + " % at least");
  if (f.stationary) add_stationary(out, *f.stationary);
  if (const auto& s = f.training)
    out.add("training", std::to_string(s->memorised) + " of " + std::to_string(s->rows.size()) +
                            " samples are points of the data; " + three_digits(100 * s->nearer) +
                            " % nearer to one than held-out points" + (s->split ? " (the second half of --data)" : ""));
  return out.text();
}

}  // namespace shockstep
