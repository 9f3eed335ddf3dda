#include <shockstep/registry.hpp>

#include "core/row_of.hpp"

namespace shockstep {
namespace {

constexpr MethodKind methods[] = {
    {"multistep", "exponential multistep with data prediction, one evaluation a step"},
    {"dopri5", "Runge-Kutta of Dormand and Prince, order 5(4), 6 evaluations a step"},
    {"cash_karp54", "Runge-Kutta of Cash and Karp, order 5(4), 6 evaluations a step"},
    {"fehlberg78", "Runge-Kutta of Fehlberg, order 8(7), 13 evaluations a step"},
    {"bogacki_shampine", "Runge-Kutta of Bogacki and Shampine, order 3(2), 3 evaluations a step"},
    {"euler", "on a grid: Euler in sigma (DDIM)"},
    {"heun", "on a grid: Heun in sigma (EDM), 2 evaluations a step"},
    {"dpmpp_2m", "on a grid: DPM-Solver++(2M)"},
    {"dpmpp_3m", "on a grid: DPM-Solver++(3M)"},
    {"unipc", "on a grid: UniPC of order 1 to 3, bh1 or bh2"},
    {"deis", "on a grid: DEIS of order 1 to 4, in ln sigma"},
    {"lms", "on a grid: linear multistep of order 1 to 4, in sigma"},
    {"ancestral", "reverse SDE, on a grid: ancestral sampling with DDIM's eta"},
    {"dpmpp_2m_sde", "reverse SDE, on a grid: DPM-Solver++(2M) SDE"},
    {"dpmpp_3m_sde", "reverse SDE, on a grid: DPM-Solver++(3M) SDE"},
};

}  // namespace

std::span<const MethodKind> method_kinds() { return methods; }

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const auto& kind : method_kinds()) names.emplace_back(kind.name);
  return names;
}

ModelPtr make_model(Section section, const ModelContext& context) {
  const auto& kind = row_of(model_kinds(), section);
  auto model = kind.make(section, context);
  section.finish();
  return model;
}

}  // namespace shockstep
