#include <shockstep/registry.hpp>

#include "core/text.hpp"
#include "model/factories.hpp"
#include "process/factories.hpp"
#include "stepper/method_spec.hpp"

#include <algorithm>

namespace shockstep {
namespace {

constexpr ModelKind models[] = {
    {"gaussian_mixture", "exact score of a mixture of Gaussians", gaussian_mixture_from},
    {"point_cloud", "exact score of a finite data set, smoothed or not", point_cloud_from},
    {"double_well", "exact score of exp(-beta (x^2 - a^2)^2), by quadrature", double_well_from},
    {"multiplicative", "score f(x)/sigma^power, f from another model at one sigma", multiplicative_from},
    {"torchscript", "trained network from a TorchScript file", torchscript_from},
    {"aot_inductor", "trained network compiled by AOTInductor (.pt2)", aot_inductor_from},
};
constexpr ProcessKind processes[] = {
    {"ve", "variance exploding: x = x0 + sigma n", ve_from},
    {"edm", "another name of ve", ve_from},
    {"vp_linear", "variance preserving, beta linear in time: continuous, or the table of DDPM", vp_linear_from},
    {"vp_cosine", "variance preserving, alpha a cosine of time: continuous, or a table", vp_cosine_from},
    {"sub_vp", "alpha of vp_linear, noise of standard deviation 1 - alpha^2", sub_vp_from},
    {"flow", "flow matching, rectified flow: x = (1 - t) x0 + t n", flow_from},
    {"table", "variance preserving, alphas_cumprod from a file", table_from},
};

// The row that `kind` names.
template <class Kind>
const Kind& row_of(std::span<const Kind> kinds, Section& section) {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.emplace_back(kind.name);
  const auto name = section.choice("kind", names);
  return *std::ranges::find_if(kinds, [&](const Kind& kind) { return kind.name == name; });
}

}  // namespace

std::span<const ModelKind> model_kinds() { return models; }
std::span<const ProcessKind> process_kinds() { return processes; }
std::span<const MethodKind> method_kinds() {
  static const std::vector<MethodKind> kinds = [] {
    std::vector<MethodKind> found;
    for (const MethodSpec& spec : method_specs()) found.push_back({spec.name, spec.summary});
    return found;
  }();
  return kinds;
}

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

Process make_process(Section section) {
  const auto& kind = row_of(process_kinds(), section);
  auto process = kind.make(section);
  section.finish();
  return process;
}

}  // namespace shockstep
