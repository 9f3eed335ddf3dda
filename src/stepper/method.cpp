#include <shockstep/method.hpp>

#include "core/text.hpp"
#include "stepper/method_spec.hpp"

#include <algorithm>

namespace shockstep {
namespace {

/// Those of configs, and the own one behind them.
const std::vector<MethodSpec>& all_specs() {
  static const std::vector<MethodSpec> known = [] {
    const auto group = [](const MethodSpec& spec) {
      return std::holds_alternative<Multistep>(spec.steps) ? 0 : spec.tableau() ? 1 : spec.ode ? 2 : 3;
    };
    std::vector<MethodSpec> found = specs::all();  // in order of names
    std::ranges::stable_sort(found, {}, group);
    found.push_back(own_method());
    return found;
  }();
  return known;
}

const MethodSpec* find(std::string_view name) {
  const auto found = std::ranges::find(all_specs(), name, &MethodSpec::name);
  return found == all_specs().end() ? nullptr : &*found;
}

}  // namespace

std::span<const MethodSpec> method_specs() { return std::span(all_specs()).first(all_specs().size() - 1); }

const MethodSpec& spec_of(Method method) { return *find(name(method)); }

const Linear* MethodSpec::linear() const {
  const auto* multistep = std::get_if<Multistep>(&steps);
  return multistep ? &multistep->on_grid : std::get_if<Linear>(&steps);
}

int MethodSpec::evaluations() const { return linear() ? 1 : tableau() ? tableau()->evaluations() : 2; }

int MethodSpec::convergence(int values) const {
  const int order = linear() ? values + linear()->corrects : tableau() ? tableau()->order : 2;
  return highest > 0 ? std::min(order, highest) : order;
}

std::string method_list(bool (*which)(Method)) {
  std::vector<std::string> names;
  for (const MethodSpec& spec : method_specs())
    if (which(Method(spec.name))) names.emplace_back(spec.name);
  return join(names);
}

std::optional<Method> method_named(std::string_view name) {
  const MethodSpec* spec = find(name);
  return spec ? std::optional(Method(spec->name)) : std::nullopt;
}

bool is_adaptive(Method method) { return is_runge_kutta(method) || method == Method::multistep; }
bool is_runge_kutta(Method method) { return spec_of(method).tableau(); }
bool solves(Method method, Dynamics dynamics) {
  return dynamics == Dynamics::sde ? spec_of(method).sde : spec_of(method).ode;
}
Orders orders(Method method, Dynamics dynamics) {
  constexpr int most_on_rough_path = 3;  // D is as rough as the path of the SDE: higher orders amplify that
  Orders known = spec_of(method).orders;
  if (dynamics == Dynamics::sde) known.most = std::min(known.most, most_on_rough_path);
  return known;
}

}  // namespace shockstep
