#include "stepper/tableaus_temporary.hpp"
#include <boost/numeric/odeint/stepper/runge_kutta_cash_karp54.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>
namespace shockstep {
namespace {
namespace o = boost::numeric::odeint;
template <class A>
std::vector<double> v(const A& a) {
  return {a.begin(), a.end()};
}
Tableau make(Method method) {
  if (method == Method::dopri5) {
    Tableau t{5,
              4,
              {{},
               {1. / 5},
               {3. / 40, 9. / 40},
               {44. / 45, -56. / 15, 32. / 9},
               {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
               {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
               {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84}},
              {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84, 0},
              {35. / 384 - 5179. / 57600, 0, 500. / 1113 - 7571. / 16695, 125. / 192 - 393. / 640,
               -2187. / 6784 + 92097. / 339200, 11. / 84 - 187. / 2100, -1. / 40},
              {0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1}};
    return t;
  }
  if (method == Method::bogacki_shampine)
    return {3,
            2,
            {{}, {1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}},
            {2. / 9, 1. / 3, 4. / 9, 0},
            {2. / 9 - 7. / 24, 1. / 3 - 1. / 4, 4. / 9 - 1. / 3, -1. / 8},
            {0, 1. / 2, 3. / 4, 1}};
  if (method == Method::cash_karp54)
    return {5,
            4,
            {{},
             v(o::rk54_ck_coefficients_a1<>()),
             v(o::rk54_ck_coefficients_a2<>()),
             v(o::rk54_ck_coefficients_a3<>()),
             v(o::rk54_ck_coefficients_a4<>()),
             v(o::rk54_ck_coefficients_a5<>())},
            v(o::rk54_ck_coefficients_b<>()),
            v(o::rk54_ck_coefficients_db<>()),
            v(o::rk54_ck_coefficients_c<>())};
  return {8,
          7,
          {{},
           v(o::rk78_coefficients_a1<>()),
           v(o::rk78_coefficients_a2<>()),
           v(o::rk78_coefficients_a3<>()),
           v(o::rk78_coefficients_a4<>()),
           v(o::rk78_coefficients_a5<>()),
           v(o::rk78_coefficients_a6<>()),
           v(o::rk78_coefficients_a7<>()),
           v(o::rk78_coefficients_a8<>()),
           v(o::rk78_coefficients_a9<>()),
           v(o::rk78_coefficients_a10<>()),
           v(o::rk78_coefficients_a11<>()),
           v(o::rk78_coefficients_a12<>())},
          v(o::rk78_coefficients_b<>()),
          v(o::rk78_coefficients_db<>()),
          v(o::rk78_coefficients_c<>())};
}
}  // namespace
const Tableau& tableau_of(Method method) {
  static const Tableau dopri5 = make(Method::dopri5), cash = make(Method::cash_karp54),
                       fehlberg = make(Method::fehlberg78), bogacki = make(Method::bogacki_shampine);
  return method == Method::dopri5        ? dopri5
         : method == Method::cash_karp54 ? cash
         : method == Method::fehlberg78  ? fehlberg
                                         : bogacki;
}
}  // namespace shockstep
