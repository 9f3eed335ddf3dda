#include "output/report/schedule_report.hpp"

#include "controller/fitted_solver_json.hpp"
#include "output/json.hpp"

namespace shockstep {

using Json = nlohmann::ordered_json;

namespace {

Json page_json(const std::string& title, const RunSetup& setup, double low, double high) {
  Json out;
  out["title"] = title;
  out["sigma"] = {low, high};
  out["summary"] = {{"version", setup.version}, {"config", to_json(setup.config)}, {"model", setup.model},
                    {"device", setup.device},   {"threads", setup.threads},        {"warnings", Json::array()}};
  return out;
}

}  // namespace

Json schedule_report(const std::string& title, const RunSetup& setup, const Process& process,
                     const FittedSchedule& schedule, const ScheduleFacts& facts) {
  const auto same_count = [&](Schedule kind) {
    return grid_sigmas({.schedule = kind}, process, static_cast<int>(schedule.sigmas.size()));
  };
  Json out = page_json(title, setup, process.sigma_min(), process.sigma_max());
  out["schedule"] = Json::parse(schedule_text(schedule, facts, ScheduleFormat::json));
  out["schedule"]["with"] = {{"log_sigma", same_count(Schedule::log_sigma)}, {"karras", same_count(Schedule::karras)}};
  return out;
}

Json solver_report(const std::string& title, const RunSetup& setup, const FittedSolver& solver) {
  Json out = page_json(title, setup, solver.sigma_min, solver.sigmas.front());
  Json& page = out["schedule"] = solver_json(solver);
  if (solver.gained()) page["sigmas"].push_back(solver.sigma_min), page["times"].push_back(nullptr);
  page["with"] = {{"plan", solver.planned}};
  return out;
}

}  // namespace shockstep
