#include <shockstep/registry.hpp>

#include "core/row_of.hpp"
#include "model/factories.hpp"
#include "stepper/method_spec.hpp"

#include <vector>

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

}  // namespace

std::span<const ModelKind> model_kinds() { return models; }
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

}  // namespace shockstep
