/// Models from their section of a config; the registry's rows point here.
#pragma once

#include <shockstep/registry.hpp>

#include <optional>
#include <string>
#include <vector>

namespace shockstep {

ModelPtr gaussian_mixture_from(Section& section, const ModelContext& context);
ModelPtr torchscript_from(Section& section, const ModelContext& context);

/// One of `names`; one of `planned` is an error that says it will come.
std::string choice_of(Section& section, const std::string& key, const std::vector<std::string>& names,
                      const std::vector<std::string>& planned, std::optional<std::string> fallback = {});

}  // namespace shockstep
