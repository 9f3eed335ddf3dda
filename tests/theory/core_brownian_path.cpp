// The path of the reverse SDE: one function of the place, with the increments of a Brownian motion in its clock.
#include "stepper/brownian_path.hpp"

#include "support/test.hpp"

#include <cmath>
#include <vector>

using namespace shockstep;

namespace {

constexpr double begin = -4, end = 5, eta = .7;

double clock_at(double lam) { return std::exp(2 * eta * (lam - begin)); }

double at(BrownianPath& path, double lam) {
  std::vector<double> out(1);
  path.at(lam, out);
  return out[0];
}

}  // namespace

TEST_CASE("increments have the variance of their clock and are independent") {
  // Cells' ends, places inside cells, two inside one cell, and two so close that only the last levels part them.
  const double cell = (end - begin) / BrownianPath::cells;
  const std::vector<double> lams = {begin, begin + 3.3 * cell,      begin + 3.6 * cell, -1.234,
                                    0.5,   .5 + 1e-4 * cell * 1024, 2 * std::sqrt(2.),  end - .5 * cell,
                                    end};
  constexpr int paths = 40000;
  const std::size_t n = lams.size() - 1;
  std::vector<double> squares(n), products(n);
  BrownianPath path(begin, end, eta, 3, 1);
  for (int i = 0; i < paths; ++i) {
    path.restart(i);
    std::vector<double> z(n);
    for (std::size_t j = 0; j < n; ++j) {
      z[j] = (at(path, lams[j + 1]) - at(path, lams[j])) / std::sqrt(clock_at(lams[j + 1]) - clock_at(lams[j]));
      squares[j] += z[j] * z[j] / paths;
      if (j > 0) products[j] += z[j] * z[j - 1] / paths;
    }
  }
  for (std::size_t j = 0; j < n; ++j) {
    CAPTURE(j);
    // Standard errors sqrt(2/n) of a mean square and 1/sqrt(n) of a product; four of each.
    CHECK(std::abs(squares[j] - 1) < 4 * std::sqrt(2. / paths));
    CHECK(std::abs(products[j]) < 4 / std::sqrt(1. * paths));
  }
}

TEST_CASE("the path does not depend on where it was asked for before, nor on the dimension") {
  BrownianPath one(begin, end, eta, 5, 1), three(begin, end, eta, 5, 3);
  one.restart(17), three.restart(17);
  const double before = at(one, 1.25);
  at(one, -2), at(one, end);
  one.restart(18);
  CHECK(at(one, 1.25) != before);
  one.restart(17);
  CHECK(at(one, 1.25) == before);
  std::vector<double> out(3);
  three.at(1.25, out);
  CHECK(out[0] == before);
  CHECK(at(one, begin) == 0);
}

TEST_CASE("ends of cells are places like others") {
  BrownianPath path(begin, end, eta, 1, 2);
  path.restart(4);
  std::vector<double> a(2), b(2);
  for (const int cell : {0, 1, 333, 512, 1023, 1024}) {
    CAPTURE(cell);
    path.at_cell(cell, a);
    path.at(path.lam_of(cell), b);
    CHECK(a == b);
  }
  CHECK(path.lam_of(BrownianPath::cells) == end);
  CHECK(path.deviation(-1, 2) == Approx(std::sqrt(clock_at(2) - clock_at(-1))).epsilon(1e-13));
}

TEST_CASE("for small eta the path is one in lam") {
  // q - 1 = 2 eta (lam - begin) to first order: B over its deviation at the end does not depend on eta.
  BrownianPath small(begin, end, 1e-9, 1, 1), smaller(begin, end, 1e-12, 1, 1);
  small.restart(2), smaller.restart(2);
  CHECK(at(small, .3) / small.deviation(begin, end) ==
        Approx(at(smaller, .3) / smaller.deviation(begin, end)).epsilon(1e-7));
}
