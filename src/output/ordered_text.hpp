/// A text file whose pieces come in any order and are written in the order of their numbers.
#pragma once

#include "output/file.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

namespace shockstep {

/// Piece i is written once 0 .. i - 1 are; those that come early wait in memory, few as trajectories start in order.
class OrderedText {
 public:
  OrderedText(const std::string& path, std::string_view header) : file_(path) { file_.write(header); }

  void put(std::int64_t index, std::string text) {
    if (index == next_) {  // the usual case needs no queue
      file_.write(text);
      advance();
      return;
    }
    const auto at = static_cast<std::size_t>(index - next_ - 1);
    if (waiting_.size() <= at) waiting_.resize(at + 1);
    waiting_[at] = std::move(text);
  }

  /// Writes what still waits for pieces that never came.
  void close() {
    for (const auto& text : waiting_)
      if (text) file_.write(*text);
    waiting_.clear();
    file_.close();
  }

 private:
  void advance() {
    for (++next_; !waiting_.empty(); ++next_) {
      const std::optional<std::string> text = std::move(waiting_.front());
      waiting_.pop_front();  // the place that next_ had
      if (!text) return;
      file_.write(*text);
    }
  }

  OutputFile file_;
  std::int64_t next_ = 0;
  std::deque<std::optional<std::string>> waiting_;  // piece next_ + 1 first
};

}  // namespace shockstep
