#include "engine/pilot_tables.hpp"

#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr int cap_nodes = 60;
constexpr double cap_quantile = .4;

}  // namespace

std::vector<double> growth(const std::vector<PathData::Probe>& probes, double begin, double end) {
  std::vector<double> growth(gain_nodes);
  const double spacing = (end - begin) / (gain_nodes - 1);
  for (int k = 0; k < gain_nodes; ++k) {
    const double lam = begin + k * spacing;
    const auto next = std::find_if(probes.begin(), probes.end(), [&](const auto& p) { return p.lam > lam; });
    double J;
    if (probes.empty())
      J = 1;
    else if (next == probes.begin())
      J = next->J * std::exp(2 * (lam - next->lam));
    else if (next == probes.end())
      J = probes.back().J;
    else {
      const auto& before = *(next - 1);
      J = before.J + (next->J - before.J) * (lam - before.lam) / (next->lam - before.lam);
    }
    growth[static_cast<std::size_t>(k)] = J;
  }
  return growth;
}

std::vector<double> log_gain(const std::vector<double>& J, double spacing) {
  std::vector<double> gain(J.size(), 0.);
  for (std::size_t k = J.size() - 1; k > 0; --k) gain[k - 1] = gain[k] + (.5 * (J[k - 1] + J[k]) - 1) * spacing;
  return gain;
}

LamTable high_gain(const std::vector<std::vector<double>>& gains, double begin, double end, double p) {
  std::vector<double> high(gain_nodes), column(gains.size());
  for (std::size_t k = 0; k < high.size(); ++k) {
    for (std::size_t i = 0; i < gains.size(); ++i) column[i] = gains[i][k];
    high[k] = quantile(column, p);
  }
  return {begin, end, smooth(high, 9)};
}

LamTable largest(const std::vector<std::vector<double>>& J, double begin, double end, double reach) {
  LamTable table{begin, end, std::vector<double>(gain_nodes)};
  const int near = static_cast<int>(std::ceil(reach / (end - begin) * (gain_nodes - 1)));
  for (int k = 0; k < gain_nodes; ++k)
    for (int j = std::max(0, k - near); j <= std::min(gain_nodes - 1, k + near); ++j)
      for (const auto& row : J)
        table.values[static_cast<std::size_t>(k)] =
            std::max(table.values[static_cast<std::size_t>(k)], row[static_cast<std::size_t>(j)]);
  return table;
}

LamTable typical_steps(const std::vector<const PathData*>& paths, double begin, double end, bool aimed) {
  std::vector<PathData::Step> steps;
  for (const PathData* path : paths)
    for (const auto& s : path->steps)
      if (!s.last) steps.push_back(s);  // the last step is as long as what was left
  LamTable cap{begin, end, {}};
  const std::size_t near = std::min<std::size_t>(paths.size(), steps.size());
  if (near == 0) return cap;
  std::vector<double> typical;
  for (int k = 0; k < cap_nodes; ++k) {
    const double lam = begin + k * (end - begin) / (cap_nodes - 1);
    std::nth_element(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(near) - 1, steps.end(),
                     [&](const auto& a, const auto& b) { return std::abs(a.lam - lam) < std::abs(b.lam - lam); });
    std::vector<double> lengths;
    for (std::size_t i = 0; i < near; ++i)
      lengths.push_back(aimed ? std::sqrt(steps[i].h * steps[i].aimed) : steps[i].h);
    typical.push_back(quantile(lengths, cap_quantile));
  }
  cap.values = smooth(typical, 5);
  return cap;
}

}  // namespace shockstep
