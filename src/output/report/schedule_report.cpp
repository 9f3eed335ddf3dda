#include "output/report/schedule_report.hpp"

#include "output/json.hpp"

namespace shockstep {

using Json = nlohmann::ordered_json;

Json fit_page(const std::string& title, const RunSetup& setup, double low, double high) {
  Json out;
  out["title"] = title;
  out["sigma"] = {low, high};
  out["summary"] = {{"version", setup.version}, {"config", to_json(setup.config)}, {"model", setup.model},
                    {"device", setup.device},   {"threads", setup.threads},        {"warnings", Json::array()}};
  return out;
}

Json schedule_report(const std::string& title, const RunSetup& setup, const Process& process,
                     const FittedSchedule& schedule, const ScheduleFacts& facts) {
  const auto same_count = [&](Schedule kind) {
    return grid_sigmas({.schedule = kind}, process, static_cast<int>(schedule.sigmas.size()));
  };
  Json out = fit_page(title, setup, process.sigma_min(), process.sigma_max());
  out["schedule"] = Json::parse(schedule_text(schedule, facts, ScheduleFormat::json));
  out["schedule"]["with"] = {{"log_sigma", same_count(Schedule::log_sigma)}, {"karras", same_count(Schedule::karras)}};
  return out;
}

}  // namespace shockstep
