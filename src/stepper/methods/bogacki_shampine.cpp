#include "stepper/method_spec.hpp"

namespace shockstep::specs {

MethodSpec bogacki_shampine() {
  return {.name = "bogacki_shampine",
          .summary = "Runge-Kutta of Bogacki and Shampine, order 3(2), 3 evaluations a step",
          .formula = "Bogacki & Shampine 1989 (Appl. Math. Lett. 2, 321) in lam",
          .longest_step = .5,  // at 1 its error vanishes for dx/dlam = -x, where it is -z^3 (1 + z)/48 with z = -h
          .steps = Tableau{.order = 3,
                           .error_order = 2,
                           .a = {{}, {1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}},
                           .b = {2. / 9, 1. / 3, 4. / 9, 0},
                           .error = {2. / 9 - 7. / 24, 1. / 3 - 1. / 4, 4. / 9 - 1. / 3, -1. / 8},
                           .c = {0, 1. / 2, 3. / 4, 1}}};
}

}  // namespace shockstep::specs
