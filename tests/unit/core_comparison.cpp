// The tables of a comparison.
#include "output/comparison.hpp"
#include "support/test.hpp"

#include <sstream>

using namespace shockstep;

namespace {

ComparisonRow row(const std::string& name, double evaluations, double rms) {
  ComparisonRow r;
  r.method.name = name;
  r.evaluations_mean = evaluations;
  r.error.rms = rms;
  return r;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("the Pareto front") {
  const double nan = ErrorStatistics::unknown;
  CHECK(pareto_front({row("a", 10, 1), row("b", 20, .5), row("c", 20, .6), row("d", 30, .5), row("e", 5, nan)}) ==
        std::vector<bool>{true, true, false, false, false});
  CHECK(pareto_front({row("a", 10, 1), row("b", 10, 1)}) == std::vector<bool>{true, true});  // neither is better
}

TEST_CASE("csv: the columns, unknown numbers empty, names quoted where they must be") {
  ComparisonRow grid = row("heun, \"k\"", 39, .25);
  grid.method.options.method = Method::heun;
  grid.nodes = 20, grid.evaluations_max = 39;
  grid.error.median = .125, grid.error.p99 = .5, grid.error.max = 1, grid.wall_seconds = 2;
  const auto found = lines(comparison_csv({grid, row("a", 12.5, 1e-9)}));
  REQUIRE(found.size() == 3);
  CHECK(found[0] ==
        "name,method,steps,tolerance,evaluations_mean,evaluations_max,rms,median,p99,max,wrong_mode,wall_seconds,"
        "pilot_evaluations,left_out,budget");
  CHECK(found[1] == "\"heun, \"\"k\"\"\",heun,20,,39,39,0.25,0.125,0.5,1,,2,0,0,0");
  CHECK(found[2] == "a,multistep,adaptive,0.01,12.5,0,1e-09,,,,,0,0,0,0");
}

TEST_CASE("text: aligned, fewest evaluations first, the front starred") {
  const auto found = lines(comparison_text({row("slow", 40, .5), row("größe", 8, .5), row("fine", 90, 1e-4)}));
  REQUIRE(found.size() == 4);
  CHECK(found[1].starts_with("* größe"));
  CHECK(found[2].starts_with("  slow"));
  CHECK(found[3].starts_with("* fine"));
  CHECK(found[1].size() == found[2].size() + 2);  // ö and ß have two bytes
  CHECK(found[2].size() == found[3].size());
}
