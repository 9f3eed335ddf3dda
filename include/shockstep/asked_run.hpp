/// The other way round: a run that asks for D where it wants it and is told, for callers who cannot hand over their model, since
/// the loop that evaluates it is theirs.
#pragma once

#include <shockstep/result.hpp>
#include <shockstep/sampler.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

/// Trajectories first to first + count - 1 of a sampler, whose model is not called: row i stands where point(i) and sigma(i) say
/// until it gets D there. Rows are independent, and may be told in any order. Samples are those of Sampler::sample() where D is what
/// the model would have said.
class AskedRun {
 public:
  /// Begins all of them. `sampler` must outlive it. Of the request batch, threads and work are not used; mask must be undefined.
  /// Throws ConfigError for a request that does not fit the sampler's model.
  AskedRun(const Sampler& sampler, const SampleRequest& request);
  ~AskedRun();
  AskedRun(const AskedRun&) = delete;
  AskedRun& operator=(const AskedRun&) = delete;

  std::int64_t count() const;  ///< rows
  bool done() const;           ///< no row waits any more
  /// Whether row i waits for D; else it is done.
  bool waits(std::int64_t i) const;
  /// Where: dimension() doubles, data units; of a row that is done its sample.
  std::span<const double> point(std::int64_t i) const;
  /// At which noise level, data units; of a row that is done that of its last evaluation.
  double sigma(std::int64_t i) const;

  /// D of row i, dimension() doubles: the trajectory goes on to its next point, or is done. Nothing happens to one that is.
  void answer(std::int64_t i, std::span<const double> D);

  /// As Sampler::sample() returns it; what is not done yet is interrupted, with NaN for its sample.
  Result result() const;

 private:
  struct Row;

  const Row& row(std::int64_t i) const { return *rows_[static_cast<std::size_t>(i)]; }
  void go_on(Row& row) const;

  const Sampler& sampler_;
  Observer* observer_;
  std::unique_ptr<const Plan> plan_;
  std::vector<std::unique_ptr<Row>> rows_;
};

}  // namespace shockstep
