/// Where trajectories go: the counts, the files of the run, its journal. A shard has no files, a run may have no journal.
#pragma once

#include "cli/progress_observer.hpp"
#include "config/run_config.hpp"
#include "output/journal.hpp"
#include "output/run_writer.hpp"
#include "records/run_tally.hpp"

#include <cstdint>

namespace shockstep::cli {

class Destination final : public ProgressObserver {
 public:
  /// writer: null for none.
  Destination(const RunConfig& config, RunWriter* writer, Progress& progress)
      : ProgressObserver(progress), steps_end_(config.run.first + config.output.steps), writer_(writer) {}

  void write_to(Journal* journal) { journal_ = journal; }
  const RunTally& tally() const { return tally_; }

  bool wants_steps(std::int64_t trajectory) const override { return trajectory < steps_end_; }
  void step(const StepRecord& record) override {
    if (journal_) journal_->step(record);
    if (writer_) writer_->step(record);
  }
  void finished(const TrajectoryReport& report, std::span<const double> sample) override {
    if (journal_) journal_->finished(report, sample);
    if (writer_) writer_->finished(report, sample);
    count(report, sample);
  }
  /// A trajectory that is in a journal already.
  void replay(const DoneTrajectory& done) {
    if (writer_) writer_->replay(done);
    count(done.report, done.sample);
  }

 private:
  void count(const TrajectoryReport& report, std::span<const double> sample) {
    tally_.add(report);
    ProgressObserver::finished(report, sample);
  }

  std::int64_t steps_end_;
  RunWriter* writer_;
  Journal* journal_ = nullptr;
  RunTally tally_;
};

}  // namespace shockstep::cli
