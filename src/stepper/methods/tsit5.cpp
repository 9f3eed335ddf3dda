#include "stepper/method_spec.hpp"

namespace shockstep::specs {

/// Dormand and Prince's kind of pair, its free parameters chosen for small terms of order 6.
MethodSpec tsit5() {
  const std::vector<double> b = {.09646076681806523, .01, .4798896504144996, 1.379008574103742, -3.290069515436081,
                                 2.324710524099774,  0};
  return {.name = "tsit5",
          .summary = "Runge-Kutta of Tsitouras, order 5(4), 6 evaluations a step",
          .formula = "Tsitouras 2011 (Comput. Math. Appl. 62, 770), table 1, in lam",
          .agrees = "",
          .steps = Tableau{
              .order = 5,
              .error_order = 4,
              .a = {{},
                    {.161},
                    {-.008480655492356989, .335480655492357},
                    {2.8971530571054935, -6.359448489975075, 4.3622954328695815},
                    {5.325864828439257, -11.748883564062828, 7.4955393428898365, -.09249506636175525},
                    {5.86145544294642, -12.92096931784711, 8.159367898576159, -.071584973281401, -.028269050394068383},
                    {b.begin(), b.end() - 1}},
              .b = b,
              .error = {.00178001105222577714, .0008164344596567469, -.007880878010261995, .1447110071732629,
                        -.5823571654525552, .45808210592918697, -1. / 66},
              .c = {0, .161, .327, .9, .9800255409045097, 1, 1}}};
}

}  // namespace shockstep::specs
