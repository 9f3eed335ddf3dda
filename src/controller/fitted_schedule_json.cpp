#include "controller/fitted_schedule_json.hpp"

#include <shockstep/error.hpp>

#include "controller/json_file.hpp"

#include <algorithm>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

Json json(const ScheduleError& error) { return {{"rms", error.rms}, {"median", error.median}}; }
ScheduleError error(const Json& j) { return {j.at("rms").get<double>(), j.at("median").get<double>()}; }

}  // namespace

std::string to_json(const FittedSchedule& f) {
  return Json{{"shockstep_fitted_schedule", 1},
              {"sigmas", f.sigmas},
              {"times", f.times},
              {"gained", f.gained},
              {"error", json(f.error)},
              {"log_sigma", json(f.log_sigma)},
              {"karras", json(f.karras)},
              {"rows", f.rows},
              {"held_out", f.held_out},
              {"checked", f.checked},
              {"evaluations", f.evaluations}}
      .dump(1);
}

FittedSchedule fitted_schedule_from_json(const std::string& text, const std::string& path) {
  return parsed(text, path, "fitted schedule", [&](const Json& j) {
    if (j.at("shockstep_fitted_schedule") != 1) throw FileError(path, "is a fitted schedule of another version");
    FittedSchedule f{.sigmas = j.at("sigmas").get<std::vector<double>>(),
                     .times = j.at("times").get<std::vector<double>>(),
                     .complete = true,
                     .gained = j.at("gained"),
                     .error = error(j.at("error")),
                     .log_sigma = error(j.at("log_sigma")),
                     .karras = error(j.at("karras")),
                     .rows = whole<int>(j, "rows"),
                     .held_out = whole<int>(j, "held_out"),
                     .checked = whole<int>(j, "checked"),
                     .evaluations = whole<std::int64_t>(j, "evaluations")};
    const bool descends =
        std::ranges::adjacent_find(f.sigmas, [](double a, double b) { return !(b < a); }) == f.sigmas.end();
    if (f.sigmas.empty() || f.times.size() != f.sigmas.size() || !descends)
      throw FileError(path, "is no fitted schedule: its sigmas must descend, each with a time");
    return f;
  });
}

}  // namespace shockstep
