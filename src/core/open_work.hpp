/// Trajectories of a range, in order, without those that are done already.
#pragma once

#include <shockstep/work_source.hpp>

#include <atomic>
#include <vector>

namespace shockstep {

class OpenWork final : public WorkSource {
 public:
  /// first .. first + count - 1.
  OpenWork(std::int64_t first, std::int64_t count) : first_(first), size_(count), open_(count) {}

  /// Takes a trajectory out, before the first next(). False: it is not of the range, or was out already.
  bool take(std::int64_t trajectory) {
    const std::int64_t i = trajectory - first_;
    if (i < 0 || i >= size_) return false;
    if (done_.empty()) done_.resize(static_cast<std::size_t>(size_));
    if (done_[static_cast<std::size_t>(i)]) return false;
    done_[static_cast<std::size_t>(i)] = true;
    --open_;
    return true;
  }

  /// Of the range, and not taken out.
  bool is_open(std::int64_t trajectory) const {
    const std::int64_t i = trajectory - first_;
    return i >= 0 && i < size_ && (done_.empty() || !done_[static_cast<std::size_t>(i)]);
  }

  std::optional<std::int64_t> next() override {
    for (;;) {
      const std::int64_t i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i >= size_) return std::nullopt;
      if (is_open(first_ + i)) return first_ + i;
    }
  }

  std::int64_t count() const override { return open_; }

 private:
  std::int64_t first_, size_, open_;
  std::atomic<std::int64_t> next_{0};
  std::vector<bool> done_;  // one bit a trajectory; empty: none is
};

}  // namespace shockstep
