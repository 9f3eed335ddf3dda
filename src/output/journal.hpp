/// What a run that is under way has done so far: one record a trajectory, from which all its files can be made.
///
/// The first record is the header, text of the caller's; the others are trajectories in order of completion, and what sessions
/// of the run cost. A trajectory that failed, or whose sample is not finite, counts as done and has a record; one that was
/// interrupted does not.
#pragma once

#include <shockstep/observer.hpp>

#include "output/record_log.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace shockstep {

/// A trajectory as the journal has it. Directions of events are float32, as in events.jsonl.
struct DoneTrajectory {
  TrajectoryReport report;
  std::vector<double> sample;
  std::vector<StepRecord> steps;  ///< if they are to be written
};

class JournalReader {
 public:
  /// Throws FileError, as do all members, if the file is no journal of this version of the format.
  explicit JournalReader(const std::string& path);

  const std::string& header() const { return header_; }
  /// The next trajectory; null behind the last whole record. Valid until the next call.
  const DoneTrajectory* next();
  /// What the sessions read so far cost: times, model calls, first failure.
  const RunStatistics& cost() const { return cost_; }
  std::int64_t whole() const { return records_.whole(); }
  std::int64_t rest() const { return records_.rest(); }

 private:
  bool read_record();

  std::string path_, header_, record_;
  RecordReader records_;
  DoneTrajectory trajectory_;
  RunStatistics cost_;
};

class Journal final : public Observer {
 public:
  /// float64: how samples are kept; the type of samples.npy. Takes the file as RecordLog does.
  Journal(const std::string& path, bool float64) : float64_(float64), log_(path) {}

  void begin(const std::string& header);    ///< an empty journal
  void go_on(const JournalReader& reader);  ///< behind what was read
  void step(const StepRecord& record) override;
  void finished(const TrajectoryReport& report, std::span<const double> sample) override;
  void add_cost(const RunStatistics& cost);  ///< at the end of a session
  void close() { log_.close(); }
  /// Trajectories that were written whole since this was made; all once close() has not thrown.
  std::int64_t kept() const { return std::clamp<std::int64_t>(log_.kept() - headers_, 0, trajectories_); }

 private:
  bool float64_;
  RecordLog log_;
  std::int64_t headers_ = 0, trajectories_ = 0;  // appended in this order, costs behind them
  std::string record_;
  std::unordered_map<std::int64_t, std::vector<StepRecord>> steps_under_way_;
};

/// Calls use(journal, trajectory) for those of several journals, nearly in order if each journal has them so.
void read_together(std::vector<JournalReader>& journals,
                   const std::function<void(std::size_t, const DoneTrajectory&)>& use);

}  // namespace shockstep
