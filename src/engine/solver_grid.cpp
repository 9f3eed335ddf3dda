#include "engine/solver_grid.hpp"

#include "process/step_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace shockstep {
namespace {

// The end by the logarithm of the number of nodes.
constexpr std::array end_nodes{5., 8., 12., 20., 25.}, usual_end{1.8, 1.2, .4, .25, .2};
// Of the first shapes that are tried next to one.
constexpr double end_step = .5, shift_step = .35, power_step = .35;
constexpr double least_power = .5, most_power = 2.5, least_end = .05;
constexpr double most_end = .3;  // of the range, for ranges that are narrow
constexpr int density_points = 2001;

double end_at(double nodes) {
  if (nodes <= end_nodes.front()) return usual_end.front();
  for (std::size_t i = 1; i < end_nodes.size(); ++i)
    if (nodes <= end_nodes[i])
      return std::lerp(usual_end[i - 1], usual_end[i],
                       std::log(nodes / end_nodes[i - 1]) / std::log(end_nodes[i] / end_nodes[i - 1]));
  return usual_end.back();
}

}  // namespace

SolverGridShape usual_grid(int nodes) { return {.end = end_at(nodes), .shift = .3, .power = 1.6}; }

std::vector<double> solver_nodes(const ModelScales& scales, const Process& process, int nodes,
                                 const SolverGridShape& shape) {
  const double begin = process.lam_begin(), range = process.lam_end() - begin;
  const double end = process.lam_end() - std::min(shape.end, most_end * range);
  const StepPlan plan(scales, begin, process.lam_end(), nodes);
  const auto lam_of = [&](int i) { return begin + (end - begin) * i / (density_points - 1); };
  std::vector<double> shares{0};
  double before = 0;
  for (int i = 0; i < density_points; ++i) {
    const double density = std::pow(plan.length(lam_of(i) + shape.shift), -shape.power);
    if (i > 0) shares.push_back(shares.back() + .5 * (before + density));
    before = density;
  }
  std::vector<double> sigmas{process.sigma_max()};
  std::size_t i = 1;
  for (int n = 1; n + 1 < nodes; ++n) {
    const double share = shares.back() * n / (nodes - 1);
    while (shares[i] < share) ++i;
    const double part = (share - shares[i - 1]) / (shares[i] - shares[i - 1]);
    sigmas.push_back(std::exp(-std::lerp(lam_of(static_cast<int>(i) - 1), lam_of(static_cast<int>(i)), part)));
  }
  sigmas.push_back(std::exp(-end));
  return sigmas;
}

std::vector<SolverGridShape> neighbours(const SolverGridShape& at, int nodes, double step) {
  const double end = end_step * end_at(nodes) * step, shift = shift_step * step, power = power_step * step;
  std::vector<SolverGridShape> out;
  const auto moved = [&](double by_end, double by_shift, double by_power) {
    const SolverGridShape shape{at.end + by_end * end, at.shift + by_shift * shift, at.power + by_power * power};
    if (shape.end >= least_end && shape.power >= least_power && shape.power <= most_power) out.push_back(shape);
  };
  moved(-1, -.5, -1.5);  // nearer to the plan in all three
  moved(0, 1, 0), moved(0, -1, 0);
  moved(1, 0, 0), moved(-1, 0, 0);
  moved(0, 0, -1), moved(0, 0, 1);
  return out;
}

}  // namespace shockstep
