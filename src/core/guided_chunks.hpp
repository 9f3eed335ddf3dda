/// Chunks of work for processes that ask one counter for the next: large ones first, single items at the end.
///
/// Guided self-scheduling (Polychronopoulos & Kuck 1987): each chunk is the fourth part of an even share of what is left. Equal
/// chunks would have to be small to let all finish together, and then ask the counter many times more (docs/large_runs.md). A
/// fourth, not all of it, so that a process four times as slow as the others still ends with them.
#pragma once

#include <algorithm>
#include <cstdint>

namespace shockstep {

class GuidedChunks {
 public:
  struct Chunk {
    std::int64_t begin, end;  ///< empty: nothing is left
  };

  /// Items 0 .. count - 1 for so many processes.
  GuidedChunks(std::int64_t count, std::int64_t processes) : count_(count), parts_(4 * processes) {}

  /// The same for all processes. `number` counts from 0 and must not fall from call to call.
  Chunk chunk(std::int64_t number) {
    while (next_ < number && begin_ < count_) begin_ = end(), ++next_;
    return {begin_, end()};
  }

 private:
  static constexpr std::int64_t most = 4096;  // what a process that ends may leave undone

  std::int64_t end() const {
    return std::min(count_, begin_ + std::clamp<std::int64_t>((count_ - begin_) / parts_, 1, most));
  }

  std::int64_t count_, parts_;
  std::int64_t next_ = 0, begin_ = 0;  // the chunk that begins there
};

}  // namespace shockstep
