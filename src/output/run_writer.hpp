/// Everything a run leaves in its folder, written as trajectories finish; memory does not grow with their number.
#pragma once

#include <shockstep/observer.hpp>

#include "config/settings.hpp"
#include "output/picture.hpp"
#include "output/report/context.hpp"
#include "output/sample_spread.hpp"
#include "output/summary.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace shockstep {

struct DoneTrajectory;
class NpyWriter;
class OrderedText;
class RunReport;

struct RunShape {
  std::vector<std::int64_t> sample;  ///< shape of one sample
  std::int64_t count = 0;
  std::int64_t first = 0;  ///< trajectories first .. first + count - 1, the first of which is row 0
  bool float64 = false;    ///< of samples.npy
};

/// Trajectories come once each, in any order. Throws FileError from any member.
class RunWriter final : public Observer {
 public:
  RunWriter(const std::string& folder, const OutputSettings& settings, const RunShape& shape, ReportContext context);
  ~RunWriter() override;

  bool wants_steps(std::int64_t trajectory) const override { return row(trajectory) < settings_.steps; }
  void step(const StepRecord& record) override;
  void finished(const TrajectoryReport& report, std::span<const double> sample) override;

  /// The same for a trajectory that an earlier session has drawn.
  void replay(const DoneTrajectory& done);

  bool has_picture() const { return picture_.possible(); }
  /// Of the samples so far.
  const SampleSpread& spread() const { return spread_; }
  /// RunFacts::reached, by the trajectories so far.
  double reached() const { return reached_; }
  /// Completes all files and waits until they and their names are on the disk. samples.npy ends behind the last sample that there
  /// is; those of trajectories before it that did not finish are NaN. Returns the names of the files.
  std::vector<std::string> close(const RunFacts& facts, const RunStatistics& statistics);

 private:
  std::string at(const std::string& name) const;
  void finish_samples();
  std::int64_t row(std::int64_t trajectory) const { return trajectory - shape_.first; }

  std::string folder_;
  OutputSettings settings_;
  RunShape shape_;
  std::unique_ptr<NpyWriter> samples_;
  std::unique_ptr<OrderedText> trajectories_, events_, steps_;
  std::vector<bool> written_;  // rows of samples.npy: one bit per trajectory
  std::unordered_map<std::int64_t, std::string> steps_under_way_;
  SamplePicture picture_;
  SampleSpread spread_;
  double reached_ = std::nan("");
  QuantileSketch exponents_, errors_;
  std::unique_ptr<RunReport> report_;
  bool broken_ = false;  // a write failed: the engine is ending the run
};

}  // namespace shockstep
