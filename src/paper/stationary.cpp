#include "paper/stationary.hpp"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve.h>

#include <algorithm>
#include <cmath>

namespace shockstep::paper {

Values field(const GaussianMixture& mixture, const Values& x, double sigma) {
  Values f = score(mixture, x, sigma);
  for (double& value : f) value *= sigma;
  return f;
}

std::vector<Stationary> stationary_points(const GaussianMixture& mixture, double sigma) {
  std::vector<Stationary> found;
  for (const double x0 : linspace(-1.6, 1.6, 33))
    for (const double y0 : linspace(-1.6, 1.6, 33)) {
      Values x{x0, y0};
      double step = 1;
      for (int i = 0; i < 60 && step > 1e-14 && step < 10; ++i) {
        const auto J = rows(score_gradient(mixture, x, sigma), 2).mul(sigma);
        const Values change = values(at::linalg_solve(J, rows(field(mixture, x, sigma), 1)));
        x[0] -= change[0], x[1] -= change[1];
        step = std::hypot(change[0], change[1]);
      }
      const bool known = std::ranges::any_of(
          found, [&](const Stationary& s) { return std::hypot(s.x[0] - x[0], s.x[1] - x[1]) < 1e-6; });
      // Far away f is small only because its step is: a zero lies among the modes.
      if (!(step <= 1e-13) || known || std::hypot(x[0], x[1]) > 2) continue;
      const auto J = rows(score_gradient(mixture, x, sigma), 2).mul(sigma);
      const auto [rates, directions] = at::linalg_eigh(J);
      const Values e = values(rates), u = values(directions);
      found.push_back({{x[0], x[1]}, {e[0], e[1]}, {u[1], u[3]}});
    }
  return found;
}

std::size_t nearest(const std::vector<Stationary>& points, double x, double y) {
  const auto at =
      std::ranges::min_element(points, {}, [&](const Stationary& s) { return std::hypot(s.x[0] - x, s.x[1] - y); });
  return static_cast<std::size_t>(at - points.begin());
}

}  // namespace shockstep::paper
