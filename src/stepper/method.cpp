#include <shockstep/method.hpp>
#include <shockstep/stepper.hpp>

#include <algorithm>
#include <iterator>

namespace shockstep {
namespace {

struct Row {
  Method method;
  const char* name;
  bool adaptive, runge_kutta;
  Orders orders;
  bool ode = true, sde = false;
};

constexpr Row rows[] = {
    {Method::multistep, "multistep", true, false, {max_multistep_order, 3}, true, true},
    {Method::dopri5, "dopri5", true, true, {}},
    {Method::cash_karp54, "cash_karp54", true, true, {}},
    {Method::fehlberg78, "fehlberg78", true, true, {}},
    {Method::bogacki_shampine, "bogacki_shampine", true, true, {}},
    {Method::euler, "euler", false, false, {}},
    {Method::heun, "heun", false, false, {}},
    {Method::dpmpp_2m, "dpmpp_2m", false, false, {}},
    {Method::dpmpp_3m, "dpmpp_3m", false, false, {}},
    {Method::unipc, "unipc", false, false, {3, 2}},
    {Method::deis, "deis", false, false, {4, 2}},
    {Method::lms, "lms", false, false, {4, 4}},
    {Method::ancestral, "ancestral", false, false, {}, false, true},
    {Method::dpmpp_2m_sde, "dpmpp_2m_sde", false, false, {}, false, true},
    {Method::dpmpp_3m_sde, "dpmpp_3m_sde", false, false, {}, false, true},
    {Method::own, "own", false, false, {}},
};

const Row& row_of(Method method) { return *std::ranges::find(rows, method, &Row::method); }

}  // namespace

std::string_view name(Method method) { return row_of(method).name; }

std::optional<Method> method_named(std::string_view text) {
  const auto* row = std::ranges::find_if(rows, [&](const Row& r) { return r.name == text; });
  return row == std::end(rows) ? std::nullopt : std::optional(row->method);
}

bool is_adaptive(Method method) { return row_of(method).adaptive; }
bool is_runge_kutta(Method method) { return row_of(method).runge_kutta; }
bool solves(Method method, Dynamics dynamics) {
  return dynamics == Dynamics::sde ? row_of(method).sde : row_of(method).ode;
}
Orders orders(Method method, Dynamics dynamics) {
  constexpr int most_on_rough_path = 3;  // D is as rough as the path of the SDE: higher orders amplify that
  Orders known = row_of(method).orders;
  if (dynamics == Dynamics::sde) known.most = std::min(known.most, most_on_rough_path);
  return known;
}

}  // namespace shockstep
