#include "controller/model_scales_json.hpp"

#include "controller/json_file.hpp"
#include "core/nan.hpp"

namespace shockstep {

nlohmann::ordered_json scales_json(const MeasuredScales& scales) {
  return {{"data_std", scales.data_std},
          {"measured_std", scales.measured_std},
          {"spread", scales.spread},
          {"rough", scales.rough},
          {"noise", scales.noise},
          {"loss", scales.loss},
          {"evaluations", scales.evaluations}};
}

MeasuredScales scales_from_json(const nlohmann::ordered_json& json) {
  MeasuredScales scales;
  scales.data_std = json.at("data_std");
  scales.measured_std = json.at("measured_std");
  scales.spread = json.at("spread");
  scales.rough = json.at("rough");
  const auto number = [&](const char* key) { return json.at(key).is_null() ? nan : json.at(key).get<double>(); };
  scales.noise = number("noise");
  scales.loss = number("loss");
  scales.evaluations = json.at("evaluations");
  return scales;
}

MeasuredScales scales_from_text(const std::string& text, const std::string& path) {
  return parsed(text, path, "measurement of a model", [](const auto& json) { return scales_from_json(json); });
}

}  // namespace shockstep
