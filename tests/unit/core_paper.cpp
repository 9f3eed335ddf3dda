#include "support/test.hpp"

#include "output/paper.hpp"
#include "output/report/paper_report.hpp"

#include <nlohmann/json.hpp>

using namespace shockstep;
using paper::Analysis, paper::Claim, paper::Table;

namespace {

Analysis analysis(double found) {
  Analysis out{.key = "pair", .title = "A pair", .config = "pair"};
  out.claims = {{"pair.one", "what is compared, and why", 2, found, .5}};
  out.tables = {{"pair", {"x", "y"}, {{.1, 1e-300}, {-2, 3}}}};
  out.figures = {
      {.key = "pair", .title = "", .explain = "", .x = {"x"}, .y = {"y", true}, .series = {{"a", {0, 1}, {2, NAN}}}}};
  return out;
}

}  // namespace

TEST_CASE("a claim passes within its tolerance, ends included, and never with NaN", "[paper]") {
  CHECK(Claim{"", "", 2, 2.5, .5}.passed());
  CHECK(Claim{"", "", 0, 0, 0}.passed());
  CHECK_FALSE(Claim{"", "", 2, 2.5000001, .5}.passed());
  CHECK_FALSE(Claim{"", "", 0, NAN, 1}.passed());
  CHECK_FALSE(Claim{"", "", 0, INFINITY, 1}.passed());
  CHECK(failures({analysis(2), analysis(2.4)}) == 0);
  CHECK(failures({analysis(2), analysis(3), analysis(NAN)}) == 2);
}

TEST_CASE("a claim is one line", "[paper]") {
  CHECK(claim_line(analysis(2.25).claims[0]) ==
        "pass  pair.one                       expected 2, found 2.25, tolerance 0.5: what is compared, and why");
  CHECK(claim_line(analysis(3).claims[0]).starts_with("FAIL  pair.one "));
  CHECK(claim_line({"a", "b", 0, 1.2345e-13, 1e-12}).find("expected 0, found 1.2e-13, tolerance 1e-12: b") !=
        std::string::npos);
}

TEST_CASE("tables and claims are written whole", "[paper]") {
  CHECK(csv(analysis(2).tables[0]) == "x,y\n0.1,1e-300\n-2,3\n");
  CHECK(claims_csv({analysis(2), analysis(3)}) ==
        "name,expected,found,tolerance,passed,statement\n"
        "pair.one,2,2,0.5,true,\"what is compared, and why\"\n"
        "pair.one,2,3,0.5,false,\"what is compared, and why\"\n");
  const auto summary = nlohmann::json::parse(paper_summary({"1.2", 3.5}, {analysis(2), analysis(3)}));
  CHECK(summary["claims"] == 2);
  CHECK(summary["passed"] == 1);
  CHECK(summary["analyses"][1]["config"] == "configs/papers/pair.yaml");
  CHECK(summary["analyses"][1]["claims"][0]["passed"] == false);
  CHECK(summary["analyses"][0]["tables"] == nlohmann::json{"pair.csv"});
}

TEST_CASE("the page holds every claim and figure; what is not finite is null", "[paper]") {
  const std::vector<Analysis> all{analysis(2), analysis(3)};
  const auto page = paper_report(paper_summary({"1.2", 3.5}, all), all);
  CHECK(page["paper"]["claims"].size() == 2);
  CHECK(page["paper"]["figures"][0]["series"][0]["points"] == nlohmann::json({{0, 2}, {1, nullptr}}));
  CHECK(page["paper"]["figures"][0]["y"]["log"] == true);
}
