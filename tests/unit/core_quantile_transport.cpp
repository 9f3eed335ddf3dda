// The flow in one dimension against references with 40 digits, against the closed form of one Gaussian, and far out.
#include "core/quantile_transport.hpp"
#include "support/test.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

using namespace shockstep;

namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

nlohmann::json data(const std::string& name) {
  std::ifstream file(TEST_DATA "/" + name + ".json");
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

double value(const nlohmann::json& number) {
  return number.is_string() ? std::stod(number.get<std::string>()) : number.get<double>();
}

ScalarMixture mixture(const nlohmann::json& spec) {
  ScalarMixture m;
  for (std::size_t k = 0; k < spec["means"].size(); ++k) {
    m.weights.push_back(value(spec["weights"][k]));
    m.means.push_back(value(spec["means"][k][0]));
    m.variances.push_back(value(spec["covs"][k][0][0]));
  }
  return m;
}

}  // namespace

TEST_CASE("quantiles are carried to quantiles") {
  const auto mixtures = data("mixtures");
  int checked = 0;
  for (const auto& row : data("flow_map_1d")) {
    const double x = row["x_start"], y = row["x_end"], from = row["sigma_start"], to = row["sigma_end"];
    const double amplification = std::exp(row["log_amplification"].get<double>());
    CAPTURE(row["mixture"].get<std::string>(), x, y);
    // Rounding of x itself, and of the two masses: an argument z of erfc that is off by eps changes the mass by a share
    // (1 + z^2) eps, and mass/p is below sigma sqrt(pi/2) at the start (Mills); amplification = p_start/p_end.
    const double z = x / from;
    const double bound = 8 * eps * amplification * (std::abs(x) + (1 + z * z) * from * 1.26) + 2 * eps * std::abs(y);
    CHECK(std::abs(transport_quantile(mixture(mixtures[row["mixture"].get<std::string>()]), x, from, to) - y) < bound);
    ++checked;
  }
  CHECK(checked > 60);
}

TEST_CASE("one Gaussian is scaled, at any distance that a double resolves") {
  const ScalarMixture one{{1}, {3}, {.25}};
  const double from = 80, to = .002, scale = std::sqrt((.25 + to * to) / (.25 + from * from));
  for (const double z : {-30., -5., -1., 0., .5, 2., 8., 37.}) {
    CAPTURE(z);
    const double x = 3 + z * from;
    // As above: the mass is off by a share of (1 + z^2) eps or less, which moves z by (1 + z^2)/(1 + |z|) eps.
    const double bound = 16 * eps * (1 + std::abs(z)) + 4 * eps * 3;
    CHECK(std::abs(transport_quantile(one, x, from, to) - (3 + scale * z * from)) < bound);
  }
  CHECK(std::isnan(transport_quantile(one, 3 + 40 * from, from, to)));
}

TEST_CASE("the flow there and back is nothing") {
  const ScalarMixture two{{.3, .7}, {-1, 1}, {.01, .04}};
  for (const double x : {-1.3, -.9, 1., 1.5})
    // The amplification there and back is 1; on the way through sigma = 3 the mass is off by (1 + z^2) eps, |z| < 4.
    CHECK(transport_quantile(two, transport_quantile(two, x, .002, 3), 3, .002) == Approx(x).epsilon(0).margin(1e-13));
}
