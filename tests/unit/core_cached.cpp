#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/guard.hpp>

#include "controller/fitted_schedule_json.hpp"
#include "core/cached.hpp"
#include "core/input_file.hpp"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

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

  const std::string whole = read_text(path);
  CHECK(nlohmann::json::parse(whole).at("request") == "fit");
  CHECK(kept(path) == first);
  std::ofstream(path) << whole.substr(0, whole.size() / 2);
  CHECK(to_json(get(path)) == first);
  CHECK(measured == 2);
  CHECK(read_text(path) == whole);

  get("");
  CHECK(measured == 3);
  CHECK(to_json(get("/dev/null/never.json")) == first);  // a folder that cannot be made
  CHECK(measured == 4);
  std::filesystem::remove_all(folder);
}

TEST_CASE("What was changed, or was the answer to another request, is not believed") {
  const auto folder = std::filesystem::temp_directory_path() / "shockstep_believed";
  std::filesystem::remove_all(folder);
  const std::string path = (folder / "one.json").string(), other = (folder / "two.json").string();
  keep(path, "{\"calibration\": 1.5}");
  const auto owner = std::filesystem::status(folder).permissions();
  CHECK(owner == std::filesystem::perms::owner_all);  // 0700
  CHECK(kept(path) == "{\"calibration\": 1.5}");
  std::filesystem::copy_file(path, other);
  CHECK_FALSE(kept(other));
  std::string edited = read_text(path);
  edited.replace(edited.find("1.5"), 3, "1.6");
  std::ofstream(path) << edited;
  CHECK_FALSE(kept(path));
  std::filesystem::remove(path);
  CHECK_FALSE(kept(path));
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK_FALSE(kept(path));  // nor waited for
  std::filesystem::remove_all(folder);
}

TEST_CASE("A file is hashed in pieces to what its bytes are hashed to, up to the first piece") {
  const std::string path = (std::filesystem::temp_directory_path() / "shockstep_hashed").string();
  const auto of = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return hash_of_file(path);
  };
  for (const std::size_t n : {0, 1, 1000, 4 << 20}) CHECK(of(std::string(n, 'x')) == hash(std::string(n, 'x')));
  const std::string long_one((9 << 20) + 1, 'x');
  std::string changed = long_one;
  changed.back() = 'y';
  CHECK(of(long_one) != of(changed));
  changed = long_one, changed.front() = 'y';
  CHECK(of(long_one) != of(changed));
  CHECK(of(long_one) == of(long_one));
  std::filesystem::remove(path);
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
