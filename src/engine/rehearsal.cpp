#include "engine/rehearsal.hpp"

#include <shockstep/error.hpp>

#include "engine/cancel_only.hpp"
#include "engine/engine.hpp"
#include "trajectory/adaptive.hpp"

#include <string>

namespace shockstep {

RehearsedRows rehearse(const ScoreModel& model, const Plan& plan, const RehearsalRows& which, const Observer* caller,
                       const char* remedy, const std::function<void(std::size_t row, Rehearsed& rehearsed)>& judge) {
  RehearsedRows out{.rows = std::vector<Rehearsed>(static_cast<std::size_t>(which.count)), .statistics = {}};
  CancelOnly observer(caller);
  EngineRun run{.model = model,
                .plan = plan,
                .first = which.first,
                .count = which.count,
                .batch = which.batch,
                .observer = &observer};
  run.finished = [&](const Trajectory& row) {
    const auto& t = dynamic_cast<const AdaptiveTrajectory&>(row);  // a pilot chooses its steps
    Rehearsed& place = out.rows[static_cast<std::size_t>(t.report().trajectory - which.first)];
    place = {{t.sample().begin(), t.sample().end()}, 0, t.report(), t.path()};
    if (judge) judge(static_cast<std::size_t>(t.report().trajectory), place);
  };
  out.statistics = run_engine(run);
  observer.throw_if_cancelled();
  for (const Rehearsed& row : out.rows)
    if (row.report.status != Status::ok && row.report.status != Status::budget)
      throw ModelError("a pilot trajectory ended with status " + std::string(name(row.report.status)) +
                       (out.statistics.first_failure.empty() ? "" : " (" + out.statistics.first_failure + ")") +
                       "; check the model, or set " + remedy);
  return out;
}

}  // namespace shockstep
