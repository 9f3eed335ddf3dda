#include <shockstep/registry.hpp>

#include "core/text.hpp"
#include "model/factories.hpp"

#include <algorithm>

namespace shockstep {
namespace {

Process ve_from(Section& section) {
  const VarianceExploding ve{.sigma_min = section.positive("sigma_min", VarianceExploding{}.sigma_min),
                             .sigma_max = section.positive("sigma_max", VarianceExploding{}.sigma_max)};
  if (ve.sigma_max <= ve.sigma_min)
    section.fail("sigma_max",
                 "must be larger than sigma_min = " + shortest(ve.sigma_min) + ", got " + shortest(ve.sigma_max));
  return ve;
}

constexpr ModelKind models[] = {
    {"gaussian_mixture", "exact score of a mixture of Gaussians", gaussian_mixture_from},
    {"torchscript", "trained network from a TorchScript file", torchscript_from},
};
constexpr ProcessKind processes[] = {
    {"ve", "variance exploding, also for EDM: x = x0 + sigma n", ve_from},
};
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

const std::vector<std::string> planned_models = {"point_cloud", "double_well", "multiplicative", "aot_inductor"};
const std::vector<std::string> planned_processes = {"vp_linear", "vp_cosine", "sub_vp", "flow", "table"};

// The row that `kind` names.
template <class Kind>
const Kind& row_of(std::span<const Kind> kinds, Section& section, const std::vector<std::string>& planned) {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.emplace_back(kind.name);
  const auto name = choice_of(section, "kind", names, planned);
  return *std::ranges::find_if(kinds, [&](const Kind& kind) { return kind.name == name; });
}

}  // namespace

std::span<const ModelKind> model_kinds() { return models; }
std::span<const ProcessKind> process_kinds() { return processes; }
std::span<const MethodKind> method_kinds() { return methods; }

ModelPtr make_model(Section section, const ModelContext& context) {
  const auto& kind = row_of(model_kinds(), section, planned_models);
  auto model = kind.make(section, context);
  section.finish();
  return model;
}

Process make_process(Section section) {
  const auto& kind = row_of(process_kinds(), section, planned_processes);
  auto process = kind.make(section);
  section.finish();
  return process;
}

std::string choice_of(Section& section, const std::string& key, const std::vector<std::string>& names,
                      const std::vector<std::string>& planned, std::optional<std::string> fallback) {
  if (section.is_text(key)) {
    const auto word = section.text(key);
    if (std::ranges::find(planned, word) != planned.end())
      section.fail(key,
                   word + " is not in this version yet; must be " + (names.size() > 1 ? "one of " : "") + join(names));
  }
  return section.choice(key, names, std::move(fallback));
}

}  // namespace shockstep
