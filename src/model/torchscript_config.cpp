#include "core/text.hpp"
#include "model/factories.hpp"

#include <shockstep/models/torchscript.hpp>

#include <map>

namespace shockstep {

ModelPtr torchscript_from(Section& section, const ModelContext& context) {
  static const std::map<std::string, Predicts> predicts = {{"denoised", Predicts::denoised},
                                                           {"sample", Predicts::denoised},
                                                           {"noise", Predicts::noise},
                                                           {"epsilon", Predicts::noise},
                                                           {"score", Predicts::score}};
  static const std::map<std::string, TimeInput> times = {
      {"sigma", TimeInput::sigma}, {"log_sigma", TimeInput::log_sigma}, {"edm", TimeInput::edm}};
  static const std::map<std::string, NetworkType> types = {{"float32", NetworkType::float32},
                                                           {"float64", NetworkType::float64},
                                                           {"float16", NetworkType::float16},
                                                           {"bfloat16", NetworkType::bfloat16}};
  const auto path = section.path("path");
  TorchScriptOptions options{.shape = section.integers("shape"), .device = context.device};
  for (auto n : options.shape)
    if (n < 1) section.fail("shape", "must be positive, got " + std::to_string(n));
  options.predicts = predicts.at(choice_of(section, "predicts", {"denoised", "noise", "score", "sample", "epsilon"},
                                           {"velocity", "v_prediction", "flow", "flow_prediction", "edm"}, "denoised"));
  options.time =
      times.at(choice_of(section, "time", {"sigma", "log_sigma", "edm"}, {"t", "index", "index/N"}, "sigma"));
  choice_of(section, "scale_input", {"none"}, {"process"}, "none");
  for (const char* key : {"label", "guidance", "time_scale"})
    if (section.has(key)) section.fail(key, "is not in this version yet");
  options.data_std = section.number("data_std", 0);
  if (options.data_std < 0) section.fail("data_std", "must not be negative, got " + shortest(options.data_std));
  const auto type = types.find(context.dtype);
  if (type == types.end())
    throw ConfigError(section.file(), "run.dtype",
                      "must be one of float32, float64, float16, bfloat16, got " + context.dtype);
  options.dtype = type->second;
  return load_torchscript(path, options);
}

}  // namespace shockstep
