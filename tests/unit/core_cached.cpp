#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/guard.hpp>

#include "controller/fitted_schedule_json.hpp"
#include "core/cached.hpp"
#include "core/input_file.hpp"

#include <filesystem>
#include <fstream>

using namespace shockstep;

namespace {

FittedSchedule some_fit() {
  return {.sigmas = {80, 1. / 3, .002},
          .times = {80, 1. / 3, .002},
          .gained = true,
          .error = {.1, .2},
          .log_sigma = {.3, .4},
          .karras = {.5, .6},
          .rows = 16,
          .held_out = 8,
          .checked = 3,
          .evaluations = 9999};
}

}  // namespace

TEST_CASE("What was measured is measured once, and a damaged file is measured again") {
  const auto folder = std::filesystem::temp_directory_path() / "shockstep_kept";
  std::filesystem::remove_all(folder);
  const std::string path = (folder / "deep" / "fit.json").string();
  int measured = 0;
  const auto get = [&](const std::string& where) {
    return cached(
        where, [&](const std::string& text) { return fitted_schedule_from_json(text, where); },
        [&] { return ++measured, some_fit(); }, [](const FittedSchedule& fitted) { return to_json(fitted); });
  };
  const std::string first = to_json(get(path));
  CHECK(to_json(get(path)) == first);
  CHECK(measured == 1);
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "deep"), {}) == 1);

  std::ofstream(path) << first.substr(0, first.size() / 2);
  CHECK(to_json(get(path)) == first);
  CHECK(measured == 2);
  CHECK(read_text(path, "") == first);

  get("");
  CHECK(measured == 3);
  CHECK(to_json(get("/dev/null/never.json")) == first);  // a folder that cannot be made
  CHECK(measured == 4);
  std::filesystem::remove_all(folder);
}

TEST_CASE("A fitted schedule survives its text bit by bit, and nonsense is refused") {
  const FittedSchedule fit = some_fit(), read = fitted_schedule_from_json(to_json(fit), "fit.json");
  CHECK(read.sigmas == fit.sigmas);
  CHECK(read.times == fit.times);
  CHECK(read.gained == fit.gained);
  CHECK(read.karras.median == fit.karras.median);
  CHECK(read.evaluations == fit.evaluations);
  FittedSchedule rising = fit;
  std::swap(rising.sigmas[0], rising.sigmas[1]);
  CHECK_THROWS_AS(fitted_schedule_from_json(to_json(rising), "fit.json"), FileError);
  CHECK_THROWS_AS(fitted_schedule_from_json(to_json(GuardProfile{}), "fit.json"), FileError);
}
