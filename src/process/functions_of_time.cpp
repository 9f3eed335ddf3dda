/// Processes whose sigma is given as a function of time, and not the other way round.
#include <shockstep/error.hpp>
#include <shockstep/process.hpp>

#include "core/text.hpp"
#include "process/range.hpp"

#include <boost/math/tools/roots.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace shockstep {
namespace {

constexpr int even_parts = 256;     // of the range of times, halved further where ln sigma changes by
constexpr double a_part = 1 / 64.;  // of its whole change and more
constexpr double no_time = 1e-12;   // relative; a change that is still there is a jump

/// t as a function of ln sigma: nodes that enclose it, found once, and a root search between two of them (Alefeld, Potra & Shi 1995,
/// ACM TOMS 748).
class TimeOfLevel {
 public:
  explicit TimeOfLevel(FunctionsOfTime of) : of_(std::move(of)) {
    const auto [first, last] = of_.range;
    std::vector<Node> even;
    for (int i = 0; i <= even_parts; ++i) {
      const double t = i == even_parts ? last : std::lerp(first, last, static_cast<double>(i) / even_parts);
      even.push_back({t, level(t)});
    }
    const auto [least, most] = std::ranges::minmax(even, {}, &Node::level);
    nodes_ = {even.front()};
    for (const Node& node : std::span(even).subspan(1)) append(node, a_part * (most.level - least.level));
    check_monotone();
    rises_ = nodes_.back().level > nodes_.front().level;
    if (!rises_) std::ranges::reverse(nodes_);
  }

  double alpha(double t) const { return positive("process.alpha", of_.alpha, t); }

  SigmaRange reach() const { return {sigma(nodes_.front().t), sigma(nodes_.back().t)}; }

  /// The nearer end for a level beyond the range.
  double time(double at) const {
    if (!(at > nodes_.front().level)) return nodes_.front().t;
    if (!(at < nodes_.back().level)) return nodes_.back().t;
    const auto above = std::ranges::upper_bound(nodes_, at, {}, &Node::level);
    Node low = *(above - 1), high = *above;
    if (low.level == at) return low.t;
    if (!rises_) std::swap(low, high);
    std::uintmax_t calls = 100;
    const auto [a, b] =
        boost::math::tools::toms748_solve([&](double t) { return level(t) - at; }, low.t, high.t, low.level - at,
                                          high.level - at, boost::math::tools::eps_tolerance<double>(53), calls);
    return std::abs(level(a) - at) <= std::abs(level(b) - at) ? a : b;
  }

 private:
  struct Node {
    double t, level;
  };

  static double positive(const char* key, const std::function<double(double)>& function, double t) {
    const double value = function(t);
    if (!(value > 0) || !std::isfinite(value))
      throw ConfigError(key, "must be positive and finite in the range of times, got " + shortest(value) +
                                 " at t = " + shortest(t) + "; a range that ends a little before leaves that out");
    return value;
  }
  double sigma(double t) const { return positive("process.noise", of_.noise, t) / alpha(t); }
  double level(double t) const { return std::log(sigma(t)); }

  /// With nodes in between where the level changes much.
  void append(Node to, double most) {
    const Node from = nodes_.back();
    if (std::abs(to.level - from.level) > most) {
      const double middle = .5 * (from.t + to.t);
      if (to.t - from.t <= no_time * std::max(std::abs(from.t), std::abs(to.t)))
        throw ConfigError("process.noise", "noise/alpha jumps from " + shortest(std::exp(from.level)) + " to " +
                                               shortest(std::exp(to.level)) + " at t = " + shortest(middle));
      append({middle, level(middle)}, most);
      append(to, most);
      return;
    }
    nodes_.push_back(to);
  }

  void check_monotone() const {
    const bool rises = nodes_[1].level > nodes_[0].level;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      const Node &a = nodes_[i - 1], &b = nodes_[i];
      if (rises ? b.level > a.level : b.level < a.level) continue;
      throw ConfigError("process.noise", "noise/alpha must rise or fall with t throughout, is " +
                                             shortest(std::exp(a.level)) + " at t = " + shortest(a.t) + " and " +
                                             shortest(std::exp(b.level)) + " at t = " + shortest(b.t));
    }
  }

  FunctionsOfTime of_;
  std::vector<Node> nodes_;  // by level
  bool rises_ = true;
};

}  // namespace

ProcessFunctions process_functions(const FunctionsOfTime& functions) {
  const auto [first, last] = functions.range;
  if (!functions.alpha) throw ConfigError("process.alpha", "missing; must be a function of time");
  if (!functions.noise) throw ConfigError("process.noise", "missing; must be a function of time");
  if (!std::isfinite(first)) throw ConfigError("process.t_min", "must be finite, got " + shortest(first));
  if (!(last > first) || !std::isfinite(last))
    throw ConfigError("process.t_max", "must be larger than t_min = " + shortest(first) + ", got " + shortest(last));
  const auto inverse = std::make_shared<const TimeOfLevel>(functions);
  const SigmaRange reach = inverse->reach();
  return in_range({.kind = "functions",
                   .time = [inverse](double sigma) { return inverse->time(std::log(sigma)); },
                   .alpha = [inverse](double sigma) { return inverse->alpha(inverse->time(std::log(sigma))); }},
                  {functions.sigma_min, functions.sigma_max}, reach, reach);
}

}  // namespace shockstep
