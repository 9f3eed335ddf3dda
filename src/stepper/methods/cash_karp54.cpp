#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec cash_karp54() {
  const std::vector<double> b = {37. / 378, 0, 250. / 621, 125. / 594, 0, 512. / 1771};
  return {.name = "cash_karp54",
          .summary = "Runge-Kutta of Cash and Karp, order 5(4), 6 evaluations a step",
          .formula = "Cash & Karp 1990 in lam",
          .agrees = "Boost.Odeint",
          .steps = Tableau{.order = 5,
                           .error_order = 4,
                           .a = {{},
                                 {1. / 5},
                                 {3. / 40, 9. / 40},
                                 {3. / 10, -9. / 10, 6. / 5},
                                 {-11. / 54, 5. / 2, -70. / 27, 35. / 27},
                                 {1631. / 55296, 175. / 512, 575. / 13824, 44275. / 110592, 253. / 4096}},
                           .b = b,
                           .error = {b[0] - 2825. / 27648, 0, b[2] - 18575. / 48384, b[3] - 13525. / 55296,
                                     -277. / 14336, b[5] - 1. / 4},
                           .c = {0, 1. / 5, 3. / 10, 3. / 5, 1, 7. / 8}}};
}

}  // namespace shockstep::specs
