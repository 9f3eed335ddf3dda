// Interfaces on arcs, where their places are known.
#include "engine/interface_probe.hpp"
#include "support/test.hpp"

#include <cmath>
#include <numbers>

using namespace shockstep;

namespace {

/// Two modes, -1 and 1, with the interface where the first coordinate of the latent is `at`.
InterfaceProbe::Sampler modes(double at, int* runs = nullptr) {
  return [=](const InterfaceProbe::Latents& latents) {
    std::vector<std::vector<double>> ends;
    for (const auto& x : latents) ends.push_back({x[0] < at ? -1. : 1.});
    if (runs) *runs += static_cast<int>(latents.size());
    return ends;
  };
}

std::vector<Arc> arcs() { return {{{-1, .5}, {1, .5}, {-1.}, {1.}}, {{1, -2}, {-1, 0}, {1.}, {-1.}}}; }

/// -cos(phi) + sin(phi) = at, and cos(phi) - sin(phi) = at.
double share(double at) { return std::asin(at / std::numbers::sqrt2) / (std::numbers::pi / 2); }

}  // namespace

TEST_CASE("a shift of the interface is a share of the arc, times the jump") {
  const double shift = GENERATE(-.2, -.01, 0., .003, .05, .3);
  int runs = 0;
  const InterfaceProbe probe(arcs(), modes(.02), modes(0));
  CHECK(probe.base() == Approx(4 * share(.02)).margin(4. / 1024));  // half of what the last bracket is wide
  const double found = probe.of(modes(shift, &runs));
  // The search doubles its stride and halves the last one twice: a quarter of it is left, which is at most the way gone.
  CHECK(std::abs(found - 4 * std::abs(share(shift))) < 4 * (2. / 1024 + .25 * std::abs(share(shift))));
  CHECK(runs <= 2 * InterfaceProbe::most_runs);
}

TEST_CASE("a trajectory that does not end well makes a sampler infinitely bad, and an arc unknown") {
  const auto broken = [](const InterfaceProbe::Latents& latents) {
    return std::vector<std::vector<double>>(latents.size());
  };
  CHECK(std::isinf(InterfaceProbe(arcs(), modes(0), modes(0)).of(broken)));
  CHECK(std::isinf(InterfaceProbe(arcs(), modes(0), broken).base()));
}
