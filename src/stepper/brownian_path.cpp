#include "stepper/brownian_path.hpp"

#include <shockstep/random.hpp>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

constexpr double intervals = 1 << BrownianPath::levels;
constexpr double snap = 1e-6;  // of an interval: rounding of ln sigma must not turn an end into a place beside it

}  // namespace

BrownianPath::BrownianPath(double begin, double end, double eta, std::uint64_t seed, std::size_t d)
    : begin_(begin), end_(end), eta_(eta), seed_(seed), left_(d), right_(d), normal_(d) {
  for (int level = 0; level <= levels; ++level) growth_[level] = growth(std::ldexp(end - begin, -level));
}

double BrownianPath::growth(double length) const { return std::expm1(2 * eta_ * length); }

double BrownianPath::lam_of(int cell) const { return cell == cells ? end_ : begin_ + (end_ - begin_) * cell / cells; }

double BrownianPath::deviation(double lam0, double lam1) const {
  return std::exp(eta_ * (lam0 - begin_)) * std::sqrt(growth(lam1 - lam0));
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

/// A bridge from q to q + v is, at a share s of v, normal about the line with variance v s (1 - s).
void BrownianPath::descend(double place, std::span<double> out) {
  std::ranges::fill(left_, 0.);
  std::ranges::fill(right_, 0.);
  bridge(1, std::sqrt(growth_[0]), 0, right_);
  double left = 0, length = intervals, q = 1;
  // Halves are numbered as in a heap: 1 is the middle of the range, 2 n and 2 n + 1 lie before and behind n.
  std::uint64_t node = 1;
  for (int level = 1; place > left && place < left + length; ++level) {
    const bool whole = level <= levels;  // else the place inside the last interval
    const double step = whole ? .5 * length : place - left;
    const double grown = whole ? growth_[level] : growth(step * (end_ - begin_) / intervals);
    const double share = growth_[level - 1] > 0 ? grown / growth_[level - 1] : step / length;
    bridge(share, std::sqrt(q * grown * (1 - share)), node, out);
    if (place == left + step) return;
    const bool behind = place > left + step;
    std::ranges::copy(out, (behind ? left_ : right_).begin());
    if (behind) left += step, q *= 1 + grown;
    length = step;
    node = 2 * node + behind;
  }
  std::ranges::copy(place > left ? right_ : left_, out.begin());
}

}  // namespace shockstep
