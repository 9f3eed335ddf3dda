/// The processes that mpirun or srun has started for one run. The only place that knows MPI; without it there is one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace shockstep::cli {

class Ranks {
 public:
  /// Joins the others, if this process was started with any.
  Ranks();
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  int rank() const { return rank_; }  ///< 0 to count() - 1
  int count() const { return count_; }

  /// Returns once all have called it.
  void meet() const;
  /// Rank 0's `text`, returned on every rank.
  std::string from_first(std::string text) const;

  /// A number that all ranks draw from: 0, 1, 2, ..., each once. Made and destroyed by all of them together.
  class Counter {
   public:
    virtual ~Counter() = default;
    virtual std::int64_t next() = 0;  ///< from one thread at a time
  };
  std::unique_ptr<Counter> counter() const;

 private:
  int rank_ = 0, count_ = 1;
};

/// Ends all ranks with that exit code, if there are others: one that has failed must not leave them waiting.
void end_ranks(int code);

}  // namespace shockstep::cli
