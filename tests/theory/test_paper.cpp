/// The Burgers analysis: every claim holds, its problems are those of configs/papers, and its parts agree with values computed with
/// 40 digits (tests/data/speciation.json).
#include "support/reference.hpp"

#include "config/run_config.hpp"
#include "config/yaml.hpp"
#include "paper/analyses.hpp"
#include "paper/mixture_derivatives.hpp"
#include "paper/numbers.hpp"
#include "paper/problems.hpp"

#include <shockstep/registry.hpp>

#include <ATen/Parallel.h>
#include <boost/math/quadrature/gauss_kronrod.hpp>

#include <set>

using namespace shockstep;
using namespace shockstep::paper;

TEST_CASE("every claim of every analysis holds, and its tables are complete", "[paper]") {
  at::set_num_threads(1);  // as the program does
  std::set<std::string> names, files, keys;
  for (const auto analyse : analyses()) {
    const Analysis analysis = analyse();
    INFO(analysis.key);
    CHECK_FALSE(analysis.claims.empty());
    CHECK_FALSE(analysis.figures.empty());
    for (const Claim& claim : analysis.claims) {
      CAPTURE(claim.name, claim.expected, claim.found, claim.tolerance);
      CHECK(claim.passed());
      CHECK(claim.name.starts_with(analysis.key + "."));
      CHECK(names.insert(claim.name).second);
      // A number of digits that tells it from its neighbours: an order from the next, a share from another.
      CHECK(claim.tolerance <= std::max(.15, 5. * (claim.name.starts_with("finite_data"))));
    }
    for (const Table& table : analysis.tables) {
      INFO(table.name);
      CHECK(files.insert(table.name).second);
      CHECK_FALSE(table.rows.empty());
      for (const Values& row : table.rows) {
        REQUIRE(row.size() == table.columns.size());
        for (const double value : row) REQUIRE(std::isfinite(value));
      }
    }
    for (const Figure& figure : analysis.figures) {
      INFO(figure.key);
      CHECK(keys.insert(figure.key).second);
      for (const Series& series : figure.series) CHECK(series.x.size() == series.y.size());
    }
  }
  CHECK(names.size() > 40);
}

namespace {

template <class Model>
void check_config(const std::string& name, const Problem<Model>& problem) {
  INFO(name);
  const std::string file = "configs/papers/" + name + ".yaml";
  RunConfig config(load_yaml(file), file, {"multistep"});
  const Process process = make_process(config.process_section());
  const ModelPtr model = make_model(config.model_section(), {.process = process});
  CHECK(process.kind() == problem.process.kind());
  CHECK(model->describe() == problem.model->describe());
  for (const double sigma : {process.sigma_min(), 1., process.sigma_max()}) {
    CHECK(process.time(sigma) == problem.process.time(sigma));
    const auto d = model->dimension();
    const auto x = rows(linspace(-2, 2, static_cast<int>(30 * d)), d);
    CHECK(at::equal(model->denoise(x, level(30, sigma)), problem.model->denoise(x, level(30, sigma))));
  }
  CHECK(process.sigma_min() == problem.process.sigma_min());
  CHECK(process.sigma_max() == problem.process.sigma_max());
}

}  // namespace

TEST_CASE("the problems of the analyses are those of their configs, bit by bit", "[paper]") {
  check_config("pair", pair_problem());
  check_config("layer", layer_problem());
  check_config("burgers", burgers_problem());
  check_config("amplification", amplification_problem());
  check_config("plane", plane_problem());
  check_config("preserving", preserving_problem());
  check_config("asymmetric", asymmetric_problem());
  check_config("split", split_problem());
  check_config("double_well", double_well_problem());
  check_config("finite_data", finite_data_problem());
  check_config("product", product_problem());
}

TEST_CASE("slope, critical variance, speciation time and exponent of a pair are the reference's", "[paper]") {
  const Process vp = VpLinear{.beta_min = 10, .beta_max = 10};  // alpha = e^-5t
  int exponents = 0;
  for (const auto& row : test::reference("speciation")) {
    const Pair pair{row["a"], row["sigma0"]};
    CAPTURE(pair.a, pair.s0);
    const auto model = pair.model();
    const double critical =
        root([&](double sigma) { return score_gradient(*model, {0}, sigma).front(); }, .3 * pair.a, 3 * pair.a);
    CHECK(critical == Approx(row["sigma_critical"].get<double>()).epsilon(1e-12));
    CHECK(5 * vp.time(critical) == Approx(row["vp_time_midpoint"].get<double>()).epsilon(1e-12));
    for (const auto& at : row["exponents"]) {
      const double v = at["variance"], sigma = std::sqrt(v - pair.s0 * pair.s0);
      const double slope = at["midpoint_score_slope"], scale = slope + 2 / v;  // of two terms that differ by it
      CHECK(std::abs(score_gradient(*model, {0}, sigma).front() - slope) < 1e-12 * scale);
      const auto rate = [&](double lam) {
        return model->growth_rate(rows({0}, 1), level(1, std::exp(-lam))).item<double>();
      };
      const double exponent = boost::math::quadrature::gauss_kronrod<double, 61>::integrate(rate, -std::log(critical),
                                                                                            -std::log(sigma), 4, 1e-13);
      // Near v_c the exponent is the small rest of terms of order 1.
      CHECK(std::abs(exponent - at["interface_exponent"].get<double>()) < 1e-12 * (1 + exponent));
      ++exponents;
    }
  }
  CHECK(exponents > 30);
}

TEST_CASE("derivatives of a mixture's score are those of its differences", "[paper]") {
  const auto model = burgers_problem().model;
  const double sigma = .5, tau = sigma * sigma / 2, h = .02;
  const Values x{.3, -.2, .1, -.7, .5, .2};
  const auto found = mixture_derivatives(*model, x, sigma);
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const Values at(x.begin() + static_cast<std::ptrdiff_t>(3 * i),
                      x.begin() + static_cast<std::ptrdiff_t>(3 * i + 3));
      double laplacian = 0;
      for (std::size_t l = 0; l < 3; ++l)
        laplacian += second_derivative(
            [&](double to) {
              Values moved = at;
              moved[l] = to;
              return score(*model, moved, sigma)[j];
            },
            at[l], h * sigma);
      const double rate = derivative([&](double t) { return score(*model, at, std::sqrt(2 * t))[j]; }, tau, h * tau);
      // h^6 = 6e-11 times seventh and eighth derivatives, of size (a/sigma)^8 < 1e3 here, of scores of order 10.
      CHECK(found.laplacian[3 * i + j] == Approx(laplacian).margin(1e-6));
      CHECK(found.rate[3 * i + j] == Approx(rate).margin(1e-6));
    }
}

TEST_CASE("the tools of the analyses have the orders they say", "[paper]") {
  CHECK(order_of({1, 2, 4}, {3, 24, 192}) == Approx(3));
  CHECK(slope_of({0, 1, 2}, {5, 3, 1}) == Approx(-2));
  const auto power = [](double x) { return std::pow(x, 6); };  // exact up to the sixth and seventh power
  CHECK(derivative(power, 1.5, .3) == Approx(6 * std::pow(1.5, 5)).epsilon(1e-13));
  CHECK(second_derivative(power, 1.5, .3) == Approx(30 * std::pow(1.5, 4)).epsilon(1e-12));
  CHECK(root([](double x) { return x * x - 2; }, 0, 2) == Approx(std::sqrt(2.)).epsilon(1e-15));
}
