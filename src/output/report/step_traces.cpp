#include "output/report/step_traces.hpp"

#include "output/report/figure.hpp"

#include <cmath>

namespace shockstep {

using Json = nlohmann::ordered_json;

void StepTraces::step(const StepRecord& record) {
  if (record.trajectory - first_ >= most_trajectories) return;
  Trace& trace = traces_[record.trajectory];
  if (record.pass != trace.pass) trace.steps.clear();
  trace.pass = record.pass;
  if (trace.steps.size() < most_steps) trace.steps.push_back(record);
}

void StepTraces::finished(const TrajectoryReport& report) {
  const auto at = traces_.find(report.trajectory);
  if (at == traces_.end()) return;
  Trace& trace = at->second;
  trace.done = true, trace.passes = report.passes, trace.exponent = report.exponent;
  double enter = 0;
  for (const Event& event : report.events) {
    if (event.kind == EventKind::enter) enter = event.sigma;
    if (event.kind == EventKind::exit && enter > 0) trace.windows.emplace_back(enter, event.sigma), enter = 0;
  }
  if (enter > 0) trace.windows.emplace_back(enter, sigma_min_);  // the window is still open at the end
}

Json StepTraces::json() const {
  Json out = Json::array();
  std::size_t steps = 0;
  for (const auto& [trajectory, trace] : traces_) {
    if (!trace.done || steps + trace.steps.size() > most_steps) continue;
    steps += trace.steps.size();
    Json lam = Json::array(), h = Json::array(), ratio = Json::array(), accepted = Json::array();
    for (const auto& s : trace.steps) {
      lam.push_back(rounded(s.lam));
      h.push_back(rounded(s.h));
      ratio.push_back(rounded(s.error / s.tolerance));
      accepted.push_back(s.accepted ? 1 : 0);
    }
    Json windows = Json::array();
    for (const auto& [enter, exit] : trace.windows) windows.push_back({rounded(enter), rounded(exit)});
    out.push_back({{"trajectory", trajectory},
                   {"exponent", rounded(trace.exponent)},
                   {"passes", trace.passes},
                   {"lam", std::move(lam)},
                   {"h", std::move(h)},
                   {"ratio", std::move(ratio)},
                   {"accepted", std::move(accepted)},
                   {"windows", std::move(windows)}});
  }
  return out;
}

}  // namespace shockstep
