#include "stepper/brownian_path.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr int levels = 20;
constexpr double intervals = 1 << levels;
constexpr double snap = 1e-6;  // of an interval: rounding of ln sigma must not turn an end into a place beside it

}  // namespace

BrownianPath::BrownianPath(double begin, double end, double eta, std::uint64_t seed, std::size_t d)
    : begin_(begin), end_(end), eta_(eta), seed_(seed), left_(d), right_(d), normal_(d) {}

double BrownianPath::lam_of(int cell) const { return cell == cells ? end_ : begin_ + (end_ - begin_) * cell / cells; }

double BrownianPath::deviation(double lam0, double lam1) const {
  return std::exp(eta_ * (lam0 - begin_)) * std::sqrt(std::expm1(2 * eta_ * (lam1 - lam0)));
}

void BrownianPath::at(double lam, std::span<double> out) {
  const double place = std::clamp((lam - begin_) / (end_ - begin_) * intervals, 0., intervals);
  const double nearest = std::round(place);
  descend(std::abs(place - nearest) < snap ? nearest : place, out);
}

void BrownianPath::at_cell(int cell, std::span<double> out) { descend(cell * (intervals / cells), out); }

/// B between left_ and right_, at `share` of the interval in q; `deviation` is what the two do not determine.
void BrownianPath::bridge(double share, double deviation, std::uint64_t node, std::span<double> out) {
  fill_normal(normal_, seed_, Stream::path, trajectory_, node);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = (1 - share) * left_[i] + share * right_[i] + deviation * normal_[i];
}

void BrownianPath::descend(double place, std::span<double> out) {
  const double unit = (end_ - begin_) / intervals;
  std::ranges::fill(left_, 0.);
  std::ranges::fill(right_, 0.);
  bridge(1, deviation(begin_, end_), 0, right_);
  double left = 0, length = intervals;
  // Halves are numbered as in a heap: 1 is the middle of the range, 2 n and 2 n + 1 lie before and behind n.
  std::uint64_t node = 1;
  while (place > left && place < left + length) {
    const bool whole = length > 1;  // else the place inside the smallest interval
    const double step = whole ? .5 * length : place - left;
    const double at = begin_ + left * unit, before = deviation(at, at + step * unit),
                 all = deviation(at, at + length * unit);
    const double share = all > 0 ? before / all * (before / all) : step / length;
    bridge(share, before * std::sqrt(1 - share), node, out);
    if (!whole || place == left + step) return;
    const bool behind = place > left + step;
    std::ranges::copy(out, (behind ? left_ : right_).begin());
    left += behind ? step : 0;
    length = step;
    node = 2 * node + behind;
  }
  std::ranges::copy(place > left ? right_ : left_, out.begin());
}

}  // namespace shockstep
