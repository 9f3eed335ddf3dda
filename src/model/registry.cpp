#include <shockstep/registry.hpp>

#include "core/row_of.hpp"
#include "stepper/method_spec.hpp"

#include <vector>

namespace shockstep {
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
