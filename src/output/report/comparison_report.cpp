#include "output/report/comparison_report.hpp"

#include "output/comparison.hpp"

namespace shockstep {

nlohmann::ordered_json comparison_report(const std::string& title, const std::string& json,
                                         const std::vector<ComparisonRow>& rows) {
  nlohmann::ordered_json out;
  out["title"] = title;
  out["summary"] = nlohmann::ordered_json::parse(json);
  out["comparison"] = {{"rows", out["summary"]["rows"]}, {"front", pareto_front(rows)}};
  return out;
}

}  // namespace shockstep
