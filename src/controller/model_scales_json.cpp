#include "controller/model_scales_json.hpp"

#include "controller/json_file.hpp"
#include "core/nan.hpp"

namespace shockstep {

nlohmann::ordered_json scales_json(const MeasuredScales& scales) {
  auto tried = nlohmann::ordered_json::array();
  for (const TriedStep& step : scales.tried)
    tried.push_back({{"lam", step.lam}, {"h", step.length}, {"error", step.error}});
  auto nodes = nlohmann::ordered_json::array();
  for (const TriedNode& node : scales.nodes)
    nodes.push_back({{"sigma", node.sigma}, {"xx", node.xx}, {"xD", node.xD}, {"DD", node.DD}});
  return {{"data_std", scales.data_std},
          {"measured_std", scales.measured_std},
          {"loss", scales.loss},
          {"roughness", scales.roughness},
          {"evaluations", scales.evaluations},
          {"whole_times", scales.whole_times},
          {"tried", tried},
          {"nodes", nodes}};
}

MeasuredScales scales_from_json(const nlohmann::ordered_json& json) {
  MeasuredScales scales;
  scales.data_std = json.at("data_std");
  scales.measured_std = json.at("measured_std");
  const auto number = [&](const char* key) { return json.at(key).is_null() ? nan : json.at(key).get<double>(); };
  scales.loss = number("loss");
  scales.roughness = number("roughness");
  scales.evaluations = json.at("evaluations");
  scales.whole_times = json.at("whole_times");
  for (const auto& step : json.at("tried")) scales.tried.push_back({step.at("lam"), step.at("h"), step.at("error")});
  for (const auto& node : json.at("nodes"))
    scales.nodes.push_back({node.at("sigma"), node.at("xx"), node.at("xD"), node.at("DD")});
  return scales;
}

MeasuredScales scales_from_text(const std::string& text, const std::string& path) {
  return parsed(text, path, "measurement of a model", [](const auto& json) { return scales_from_json(json); });
}

}  // namespace shockstep
