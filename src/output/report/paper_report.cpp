#include "output/report/paper_report.hpp"

#include "output/report/described_figure.hpp"
#include "output/report/figure.hpp"

namespace shockstep {

using Json = nlohmann::ordered_json;

Json paper_report(const std::string& json, const std::vector<paper::Analysis>& analyses) {
  const Json summary = Json::parse(json);
  Json claims = Json::array(), figures = Json::array();
  for (const auto& analysis : summary.at("analyses"))
    claims.insert(claims.end(), analysis["claims"].begin(), analysis["claims"].end());
  for (const auto& analysis : analyses)
    for (const auto& figure : analysis.figures) figures.push_back(figure_json(figure));
  return {{"title", "The Burgers structure of the score"},
          {"summary", {{"version", summary.at("version")}, {"seconds", rounded(summary.at("seconds").get<double>())}}},
          {"paper", {{"claims", std::move(claims)}, {"figures", std::move(figures)}}}};
}

}  // namespace shockstep
