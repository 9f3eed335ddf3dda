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
  grid.method.options.steps = FixedSteps{.schedule = Schedule::karras};
  ComparisonResult result;
  result.rows = {grid, row("a", 12.5, 1e-9)};
  const auto found = lines(comparison_csv(result));
  REQUIRE(found.size() == 3);
  CHECK(
      found[0] ==
      "name,method,steps,tolerance,evaluations_mean,evaluations_max,rms,median,p99,max,wrong_mode,wall_seconds,"
      "pilot_evaluations,left_out,budget,schedule,sliced_w2,sliced_w2_se,sliced_w2_floor,energy,energy_se,energy_floor,"
      "mode_weights,mode_weights_se,mode_weights_floor,mode_weights_z");
  CHECK(found[1] == "\"heun, \"\"k\"\"\",heun,20,,39,39,0.25,0.125,0.5,1,,2,0,0,0,karras,,,,,,,,,,");
  CHECK(found[2] == "a,multistep,adaptive,0.01,12.5,0,1e-09,,,,,0,0,0,0,,,,,,,,,,,");
}

TEST_CASE("text: aligned, fewest evaluations first, the front starred") {
  ComparisonResult result;
  result.rows = {row("slow", 40, .5), row("größe", 8, .5), row("fine", 90, 1e-4)};
  const auto found = lines(comparison_text(result));
  REQUIRE(found.size() == 4);
  CHECK(found[1].starts_with("* größe"));
  CHECK(found[2].starts_with("  slow"));
  CHECK(found[3].starts_with("* fine"));
  CHECK(found[1].size() == found[2].size() + 2);  // ö and ß have two bytes
  CHECK(found[2].size() == found[3].size());
}

TEST_CASE("a row may have distances and no terminal error; what exact samples score stands below") {
  ComparisonRow noisy = row("noisy", 20, ErrorStatistics::unknown);
  noisy.distances = {
      .sliced_w2 = {.5, .125}, .energy = {.25, .0625}, .mode_weights = {.03125, .015625}, .mode_weights_z = 2};
  ComparisonResult result;
  result.rows = {noisy, row("a", 10, .5)};
  result.floor.sliced_w2 = {.25, .125};
  result.floor.energy = {-.5, .25};
  result.distance_rows = 100;
  const auto csv = lines(comparison_csv(result));
  CHECK(csv.at(1) ==
        "noisy,multistep,adaptive,0.01,20,0,,,,,,0,0,0,0,,0.5,0.125,0.25,0.25,0.0625,-0.5,0.03125,0.015625,,2");
  CHECK(csv.at(2) == "a,multistep,adaptive,0.01,10,0,0.5,,,,,0,0,0,0,,,,0.25,,,-0.5,,,,");
  const auto text = lines(comparison_text(result));
  REQUIRE(text.size() == 4);
  CHECK(text[0].ends_with("w2     +-  energy      +-  weights      +-"));
  CHECK(text[2].find("noisy") == 2);
  CHECK(text[2].ends_with("0.5  0.125    0.25  0.0625   0.0312  0.0156"));
  CHECK(text[3].starts_with("  exact samples  -"));
  CHECK(text[3].ends_with("0.25  0.125    -0.5    0.25        -       -"));
}
