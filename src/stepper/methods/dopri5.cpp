#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec dopri5() {
  const std::vector<double> b = {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0};
  return {.name = "dopri5",
          .summary = "Runge-Kutta of Dormand and Prince, order 5(4), 6 evaluations a step",
          .formula = "Dormand & Prince 1980 in lam",
          .agrees = "Boost.Odeint",
          .steps = Tableau{.order = 5,
                           .error_order = 4,
                           .a = {{},
                                 {1. / 5},
                                 {3. / 40, 9. / 40},
                                 {44. / 45, -56. / 15, 32. / 9},
                                 {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
                                 {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
                                 {b.begin(), b.end() - 1}},
                           .b = b,
                           .error = {b[0] - 5179. / 57600, 0, b[2] - 7571. / 16695, b[3] - 393. / 640,
                                     b[4] - -92097. / 339200, b[5] - 187. / 2100, -1. / 40},
                           .c = {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1}}};
}

}  // namespace shockstep::specs
