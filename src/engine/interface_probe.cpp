#include "engine/interface_probe.hpp"

#include "core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <utility>

namespace shockstep {
namespace {

constexpr double first_stride = 1. / 1024, longest_stride = 1. / 4;  // of the search, which doubles them
constexpr double flank = 1. / 64;  // from an interface, where errors are amplified, but modes are right
constexpr int refinements = 2;     // halvings of the last stride

std::vector<double> latent(const Arc& arc, double t) {
  std::vector<double> x(arc.a.size());
  const double angle = t * std::numbers::pi / 2, c = std::cos(angle), s = std::sin(angle);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = c * arc.a[i] + s * arc.b[i];
  return x;
}

bool at_a(const Arc& arc, const std::vector<double>& end) {
  return rms_difference(end, arc.end_a) < rms_difference(end, arc.end_b);
}

// The ends of the trajectories that start at t of each arc still searched.
std::vector<std::vector<double>> ends(const InterfaceProbe::Sampler& sampler, const std::vector<Arc>& arcs,
                                      const std::vector<std::pair<std::size_t, double>>& wanted) {
  InterfaceProbe::Latents latents;
  for (const auto& [arc, t] : wanted) latents.push_back(latent(arcs[arc], t));
  return latents.empty() ? std::vector<std::vector<double>>{} : sampler(latents);
}

// The bracket of an interface: the end is on the side of a at `low`, of b at `high`.
struct Search {
  double low = 0, high = 1;
  std::vector<double> end_low{}, end_high{};
  double start = 0, stride = first_stride;
  bool began = false, upwards = true, bracketed = false;
  int halvings = 0;

  double next() const {
    if (bracketed) return std::midpoint(low, high);
    return began ? start + (upwards ? stride : -stride) : start;
  }
  bool done() const {
    return halvings >= refinements || (!bracketed && began && (next() <= 0 || next() >= 1 || stride > longest_stride));
  }

  void add(double t, bool on_a, std::vector<double> end) {
    if (!began) {
      began = true, upwards = on_a;
    } else if (bracketed) {
      ++halvings;
    } else {
      bracketed = on_a != upwards;
      stride *= 2;
    }
    (on_a ? low : high) = t;
    (on_a ? end_low : end_high) = std::move(end);
  }
};

}  // namespace

InterfaceProbe::InterfaceProbe(std::vector<Arc> arcs, const Sampler& base, const Sampler& exact)
    : arcs_(std::move(arcs)), base_(bisect(base)), exact_(search(exact, base_)) {
  add_flanks(exact, exact_, exact_);
  add_flanks(base, exact_, base_);
}

std::vector<InterfaceProbe::Crossing> InterfaceProbe::bisect(const Sampler& sampler) const {
  std::vector<std::pair<double, double>> brackets(arcs_.size(), {0, 1});
  std::vector<Crossing> out(arcs_.size());
  for (int run = 0; run < base_runs; ++run) {
    std::vector<std::pair<std::size_t, double>> wanted;
    for (std::size_t i = 0; i < arcs_.size(); ++i)
      if (out[i].found) wanted.emplace_back(i, std::midpoint(brackets[i].first, brackets[i].second));
    const auto found = ends(sampler, arcs_, wanted);
    for (std::size_t n = 0; n < found.size(); ++n) {
      const auto [i, t] = wanted[n];
      if (found[n].empty())
        out[i].found = false;
      else
        (at_a(arcs_[i], found[n]) ? brackets[i].first : brackets[i].second) = t;
    }
  }
  for (std::size_t i = 0; i < arcs_.size(); ++i) out[i].at = std::midpoint(brackets[i].first, brackets[i].second);
  return out;
}

std::vector<InterfaceProbe::Crossing> InterfaceProbe::search(const Sampler& sampler,
                                                             const std::vector<Crossing>& from) const {
  std::vector<Crossing> out(from.size());
  std::vector<Search> searches(arcs_.size());
  for (std::size_t i = 0; i < arcs_.size(); ++i) searches[i].start = from[i].at, out[i].found = from[i].found;
  while (true) {
    std::vector<std::pair<std::size_t, double>> wanted;
    for (std::size_t i = 0; i < arcs_.size(); ++i)
      if (out[i].found && !searches[i].done()) wanted.emplace_back(i, searches[i].next());
    if (wanted.empty()) break;
    auto found = ends(sampler, arcs_, wanted);
    for (std::size_t n = 0; n < found.size(); ++n) {
      const auto [i, t] = wanted[n];
      if (found[n].empty()) {
        out[i].found = false;
        continue;
      }
      const bool on_a = at_a(arcs_[i], found[n]);
      searches[i].add(t, on_a, std::move(found[n]));
    }
  }
  for (std::size_t i = 0; i < arcs_.size(); ++i) {
    const Search& search = searches[i];
    if (!out[i].found) continue;
    out[i].at = search.bracketed ? std::midpoint(search.low, search.high) : std::clamp(search.next(), 0., 1.);
    if (!search.end_low.empty() && !search.end_high.empty())
      out[i].jump2 = std::pow(rms_difference(search.end_low, search.end_high), 2);
  }
  return out;
}

double InterfaceProbe::of(const Sampler& sampler) const {
  auto found = search(sampler, exact_);
  add_flanks(sampler, exact_, found);
  return mean_square(found);
}

void InterfaceProbe::add_flanks(const Sampler& sampler, const std::vector<Crossing>& around,
                                std::vector<Crossing>& to) const {
  std::vector<std::pair<std::size_t, double>> wanted;
  for (std::size_t i = 0; i < arcs_.size(); ++i)
    for (const double side : {-flank, flank})
      if (around[i].found && to[i].found) wanted.emplace_back(i, std::clamp(around[i].at + side, 0., 1.));
  auto found = ends(sampler, arcs_, wanted);
  for (std::size_t n = 0; n < found.size(); ++n) {
    Crossing& crossing = to[wanted[n].first];
    if (found[n].empty())
      crossing.found = false;
    else
      crossing.flanks.push_back(std::move(found[n]));
  }
}

double InterfaceProbe::mean_square(const std::vector<Crossing>& crossings) const {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  double sum = 0, count = 0;
  for (std::size_t i = 0; i < crossings.size(); ++i) {
    const Crossing &found = crossings[i], &exact = exact_[i];
    if (!exact.found) continue;
    if (!found.found) return infinite;
    sum += std::abs(found.at - exact.at) * exact.jump2;
    // Errors fall like 1/distance from the interface: the integral of their squares outwards from here is this.
    for (std::size_t side = 0; side < found.flanks.size(); ++side)
      if (at_a(arcs_[i], found.flanks[side]) == at_a(arcs_[i], exact.flanks[side]))
        sum += flank * std::pow(rms_difference(found.flanks[side], exact.flanks[side]), 2);
    ++count;
  }
  return count > 0 ? sum / count : infinite;
}

}  // namespace shockstep
