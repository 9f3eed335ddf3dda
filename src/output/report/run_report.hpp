/// report.html of a run: what it collects while trajectories finish. Memory and page do not grow with their number.
#pragma once

#include "output/report/bins.hpp"
#include "output/report/context.hpp"
#include "output/report/decisions.hpp"
#include "output/report/extremes.hpp"
#include "output/report/step_traces.hpp"

#include <string>

namespace shockstep {

class SamplePicture;

/// Trajectories that were interrupted are left out.
class RunReport {
 public:
  explicit RunReport(ReportContext context);

  void step(const StepRecord& record) { traces_.step(record); }
  void finished(const TrajectoryReport& report, std::span<const double> sample);

  /// What the page shows: {title, sigma: [min, max], tolerance: {asked, estimated, within}, finished, summary} and, each as
  /// its source says, {samples, steps, events, decisions, exponents, errors, evaluations, trajectories}. `estimated`: how many
  /// trajectories have an error estimate; `within`: how many of these are within the tolerance. `summary`: the text of
  /// summary.json.
  nlohmann::ordered_json data(const std::string& summary, const SamplePicture& picture, const QuantileSketch& exponents,
                              const QuantileSketch& errors) const;

 private:
  ReportContext context_;
  StepTraces traces_;
  Decisions decisions_;
  Extremes extremes_;
  WholeBins evaluations_;
  std::vector<SigmaBins> events_;  // of each kind
  std::int64_t finished_ = 0, with_event_ = 0, estimated_ = 0, within_ = 0;
};

}  // namespace shockstep
