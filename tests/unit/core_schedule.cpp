// Fixed grids: their formulas at single nodes, their ends, and what is refused.
#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/schedule.hpp>

#include <cmath>
#include <string>
#include <vector>

using namespace shockstep;

namespace {

const Process ve = VarianceExploding{.sigma_min = .01, .sigma_max = 80};

std::vector<double> grid(Schedule schedule, int nodes, double rho = 7) {
  return grid_sigmas({.schedule = schedule, .rho = rho}, ve, nodes);
}

FixedSteps listed(std::vector<double> sigmas) { return {.sigmas = std::move(sigmas)}; }

std::string error(const FixedSteps& steps, int nodes = 5) {
  try {
    grid_sigmas(steps, ve, nodes);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("the middle of three nodes, by formula") {
  // Rounding only: a few operations on numbers of this size.
  CHECK(grid(Schedule::log_sigma, 3)[1] == Approx(std::sqrt(80 * .01)).epsilon(1e-14));
  CHECK(grid(Schedule::linear, 3)[1] == Approx(40.005).epsilon(1e-13));
  CHECK(grid(Schedule::cosine, 3)[1] == Approx(std::tan(.5 * (std::atan(80.) + std::atan(.01)))).epsilon(1e-14));
  // Half of w = lam + .45 ln(scale^2 + sigma^2) lies on either side.
  const auto w = [](double sigma) { return -std::log(sigma) + .45 * std::log(.25 + sigma * sigma); };
  const double middle = grid_sigmas({.schedule = Schedule::tapered, .scales = ModelScales(.5)}, ve, 3)[1];
  CHECK(2 * w(middle) == Approx(w(80) + w(.01)).epsilon(1e-12));
  for (const double rho : {1., 3., 7.}) {
    const double root = .5 * (std::pow(80, 1 / rho) + std::pow(.01, 1 / rho));
    CHECK(grid(Schedule::karras, 3, rho)[1] == Approx(std::pow(root, rho)).epsilon(1e-13));
  }
  CHECK(grid(Schedule::edm, 9, 3) == grid(Schedule::karras, 9, 7));
}

TEST_CASE("ays interpolates ln sigma between the entries of its table") {
  FixedSteps steps{.schedule = Schedule::ays, .sigmas = {80, 5, .2, .01}};
  CHECK(grid_sigmas(steps, ve, 4) == steps.sigmas);
  const auto seven = grid_sigmas(steps, ve, 7);  // every second one is an entry, the others geometric means
  for (const std::size_t i : {0, 1, 2, 3}) CHECK(seven[2 * i] == Approx(steps.sigmas[i]).epsilon(1e-14));
  for (const std::size_t i : {0, 1, 2})
    CHECK(seven[2 * i + 1] == Approx(std::sqrt(steps.sigmas[i] * steps.sigmas[i + 1])).epsilon(1e-14));
  steps.sigmas.push_back(0);  // as diffusers writes its tables
  CHECK(grid_sigmas(steps, ve, 7) == seven);
  steps.sigmas.clear();
  CHECK(error(steps) == "sampler.steps.file: missing; ays needs a table: a YAML file with sigmas: [...]");
}

TEST_CASE("a schedule of one's own") {
  static constexpr ScheduleSpec halves{"halves", "each half of the one before", "no paper",
                                       [](const FixedSteps&, const Process& process, int nodes) {
                                         std::vector<double> sigmas{process.sigma_max()};
                                         while (std::ssize(sigmas) < nodes - 1) sigmas.push_back(sigmas.back() / 2);
                                         sigmas.push_back(process.sigma_min());
                                         return sigmas;
                                       }};
  CHECK(grid_sigmas({.schedule = halves}, ve, 4) == std::vector<double>{80, 40, 20, .01});
  CHECK(name(halves) == "halves");
  CHECK(Schedule(halves) != Schedule::karras);
  // Below sigma_min before it ends.
  CHECK(error({.schedule = halves}, 20) ==
        "sampler.steps: the nodes of this schedule are not distinct numbers; take fewer, or another rho");
}

TEST_CASE("sigmas given by hand") {
  CHECK(grid_sigmas(listed({60, 3, .5}), ve, 20) == std::vector<double>{60, 3, .5});
  CHECK(grid_sigmas(listed({60, 3, .5, 0}), ve, 20) == std::vector<double>{60, 3, .5});
  // float32 rounds the ends of a range out of it
  CHECK(grid_sigmas(listed({80.000004, .01f}), ve, 20) == std::vector<double>{80, .01});
}

TEST_CASE("sigmas that do not fit") {
  CHECK(error(listed({80, 3, 3, .01})) == "sampler.steps.sigmas: must descend, got 3 after 3");
  CHECK(error(listed({.01, 3})) == "sampler.steps.sigmas: must descend, got 3 after 0.01");
  const std::string range = "sampler.steps.sigmas: must lie between process.sigma_min = 0.01 and sigma_max = 80, got ";
  CHECK(error(listed({81, 3})) == range + "81");
  CHECK(error(listed({80, 3, .009})) == range + "0.009");
  CHECK(error(listed({80, 0, .01})) == range + "0");
  CHECK(error(listed({80, std::nan("")})) == range + "nan");
  CHECK(error(listed({80, 0})) == "sampler.steps.sigmas: must be at least 2 sigmas");
  CHECK(error({.schedule = Schedule::karras, .rho = .001}).starts_with("sampler.steps: the nodes of this schedule"));
}
