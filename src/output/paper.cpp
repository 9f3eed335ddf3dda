#include "output/paper.hpp"

#include "output/json.hpp"
#include "output/number.hpp"

#include <cstdio>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string digits(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string claim_line(const paper::Claim& claim) {
  // Where nothing is expected the size is all that matters.
  const char* format = claim.expected == 0 ? "%.2g" : "%.12g";
  char name[40];
  std::snprintf(name, sizeof name, "%-30s", claim.name.c_str());
  return std::string(claim.passed() ? "pass  " : "FAIL  ") + name + " expected " + digits("%.12g", claim.expected) +
         ", found " + digits(format, claim.found) + ", tolerance " + digits("%.2g", claim.tolerance) + ": " +
         claim.statement;
}

int failures(const std::vector<paper::Analysis>& analyses) {
  int failed = 0;
  for (const auto& analysis : analyses)
    for (const auto& claim : analysis.claims) failed += !claim.passed();
  return failed;
}

std::string csv(const paper::Table& table) {
  std::string out;
  for (const auto& column : table.columns) out += (out.empty() ? "" : ",") + column;
  out += '\n';
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      append_number(out, row[i]);
      out += i + 1 < row.size() ? ',' : '\n';
    }
  return out;
}

std::string claims_csv(const std::vector<paper::Analysis>& analyses) {
  std::string out = "name,expected,found,tolerance,passed,statement\n";
  for (const auto& analysis : analyses)
    for (const auto& claim : analysis.claims) {
      out += claim.name;
      for (const double value : {claim.expected, claim.found, claim.tolerance}) {
        out += ',';
        append_number(out, value);
      }
      out += claim.passed() ? ",true,\"" : ",false,\"";
      out += claim.statement + "\"\n";
    }
  return out;
}

std::string paper_summary(const PaperFacts& facts, const std::vector<paper::Analysis>& analyses) {
  Json out{{"version", facts.version},
           {"seconds", facts.seconds},
           {"tightened", facts.tightened},
           {"claims", 0},
           {"passed", 0}};
  Json list = Json::array();
  std::ptrdiff_t count = 0;
  for (const auto& analysis : analyses) {
    Json claims = Json::array(), tables = Json::array();
    for (const auto& claim : analysis.claims)
      claims.push_back({{"name", claim.name},
                        {"expected", claim.expected},
                        {"found", claim.found},
                        {"tolerance", claim.tolerance},
                        {"passed", claim.passed()},
                        {"statement", claim.statement}});
    for (const auto& table : analysis.tables) tables.push_back(table.name + ".csv");
    count += std::ssize(analysis.claims);
    list.push_back({{"key", analysis.key},
                    {"title", analysis.title},
                    {"config", "configs/papers/" + analysis.config + ".yaml"},
                    {"claims", std::move(claims)},
                    {"tables", std::move(tables)}});
  }
  out["claims"] = count, out["passed"] = count - failures(analyses);
  out["analyses"] = std::move(list);
  return dump(out);
}

}  // namespace shockstep
