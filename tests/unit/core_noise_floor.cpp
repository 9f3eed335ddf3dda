/// Noise is recognised whatever the order, and nothing that a smooth function does is taken for it.
#include "controller/noise_floor.hpp"
#include "stepper/multistep_history.hpp"
#include "support/driven.hpp"
#include "support/test.hpp"

#include <shockstep/random.hpp>

#include <cmath>
#include <functional>
#include <vector>

using namespace shockstep;

namespace {

using Path = std::function<void(double lam, std::span<double> D)>;

/// Steps along a prescribed D(lam) from 0 to `end`; lengths h(lam). Extrapolation alone: the state plays no part.
NoiseFloor watch(int order, std::size_t d, double end, const std::function<double(double)>& h, const Path& path) {
  test::OwnState state(d);
  MultistepHistory history(state, order);
  history.restart(0);
  path(0, state.D);
  history.seed(State::answer).now();
  NoiseFloor noise;
  while (history.lam() < end) {
    const double step = h(history.lam());
    history.predict(step).now();
    path(history.lam() + step, state.D);
    noise.add(test::now(history.gaps()), 1);
    history.correct().now();
    history.accept();
  }
  return noise;
}

/// Draws of standard deviation rms(lam), anew at each call.
Path with_noise(std::function<double(double)> rms, Path smooth) {
  return [=, call = std::uint64_t{0}](double lam, std::span<double> D) mutable {
    std::vector<double> z(D.size());
    fill_normal(z, 3, Stream::pilot, call++);
    smooth(lam, D);
    for (std::size_t i = 0; i < D.size(); ++i) D[i] += rms(lam) * z[i];
  };
}
Path with_noise(double rms, Path smooth) {
  return with_noise([rms](double) { return rms; }, std::move(smooth));
}

/// A turn of the plane, or of many: every derivative is as large as the function.
void turn(double lam, std::span<double> D) {
  for (std::size_t i = 0; i < D.size(); ++i) D[i] = std::sin(lam + static_cast<double>(i));
}

}  // namespace

TEST_CASE("Noise is found and measured at every order, in one dimension and in many") {
  const int order = GENERATE(1, 2, 3, 4, 5);
  const std::size_t d = GENERATE(1, 2, 64);
  CAPTURE(order, d);
  // Noise rules gap_k where h^k < 1e-3: at h = .001 for all orders. 200 steps, of which the level remembers about four.
  const auto noise = watch(order, d, .2, [](double) { return .001; }, with_noise(1e-3, turn));
  CHECK(noise.found());
  // Neighbouring gaps share values, so even the mean square of many scatters; in one dimension it is a handful of draws.
  CHECK(noise.level() > 1e-3 * (d == 64 ? .8 : .3));
  CHECK(noise.level() < 1e-3 * (d == 64 ? 1.25 : 3));
}

TEST_CASE("A smooth path is never noise: resolved, growing, shrinking, or with a jump or a kink") {
  const int order = GENERATE(1, 2, 3, 4, 5);
  const std::size_t d = GENERATE(1, 2, 64);
  CAPTURE(order, d);
  const auto found = [&](auto h, const Path& path) { return watch(order, d, 3, h, path).found(); };
  // Steps stay so long that gap_k+1 is above rounding: h^6 > 1e-13.
  CHECK_FALSE(found([](double) { return .02; }, turn));
  CHECK_FALSE(found([](double lam) { return .01 + .03 * lam; }, turn));
  CHECK_FALSE(found([](double lam) { return .1 - .025 * lam; }, turn));
  const auto jump = [](double lam, std::span<double> D) {
    turn(lam, D);
    for (double& v : D) v += lam > 1;
  };
  CHECK_FALSE(found([](double) { return .02; }, jump));
  const auto kink = [](double lam, std::span<double> D) {
    turn(lam, D);
    for (double& v : D) v += std::abs(lam - 1);
  };
  CHECK_FALSE(found([](double) { return .02; }, kink));
  // An interface: a width of .02 in lam, met with steps of .1 that become .004.
  const auto interface = [](double lam, std::span<double> D) {
    turn(lam, D);
    for (double& v : D) v += std::tanh((lam - 1) / .02);
  };
  CHECK_FALSE(found([](double lam) { return std::abs(lam - 1) < .1 ? .004 : .1; }, interface));
}

TEST_CASE("Long steps that do not resolve the path say nothing") {
  const auto noise = watch(3, 2, 100, [](double) { return .5; }, with_noise(1, turn));
  CHECK_FALSE(noise.found());
}

TEST_CASE("The level follows noise that fades") {
  const auto fading = with_noise([](double lam) { return lam < .2 ? 1e-3 : 1e-5; }, turn);
  const auto noise = watch(3, 64, .5, [](double) { return .001; }, fading);
  CHECK(noise.found());
  CHECK(noise.level() < 2e-5);
}

TEST_CASE("Without noise a step is held against its tolerance to the bit") {
  const NoiseFloor none;
  for (const double error : {1e-300, .3, 7e5}) CHECK(none.bound(.1, 4).ratio(error) == error / .1);
  CHECK(none.bound(.1, 4).largest() == .1);
}

TEST_CASE("Noise itself counts as no error, however small the tolerance") {
  const auto noise = watch(3, 64, .2, [](double) { return .001; }, with_noise(1e-3, turn));
  const double weight = .01, expected = weight * noise.level();
  CHECK(noise.bound(1e-12, weight).ratio(1.5 * expected) == 0);
  CHECK(noise.bound(1e-12, weight).largest() == Approx(3 * expected));
  CHECK(noise.bound(1, weight).largest() == Approx(1 + 2 * expected));
}
