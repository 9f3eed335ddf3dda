#include "cli/progress.hpp"

#include "log/terminal.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace shockstep::cli {
namespace {

std::string clock_text(double seconds) {
  const auto s = std::llround(std::min(seconds, 3.6e6));
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  return text;
}

}  // namespace

std::string progress_line(const ProgressState& s, int width) {
  std::string text =
      s.count > 1 ? std::to_string(s.done) + "/" + std::to_string(s.count) : "";  // of one thing the share says it
  char piece[64];
  if (s.done > 0) {
    const double rate = static_cast<double>(s.done_now) / std::max(s.seconds, 1e-9);
    std::snprintf(piece, sizeof piece, "  %.1f evaluations  %.*f/s", s.evaluations, rate < 100 ? 1 : 0, rate);
    text += piece;
  }
  if (s.share > s.share_before && s.share < 1 && s.seconds > .5)
    text += "  " + clock_text(s.seconds * (1 - s.share) / (s.share - s.share_before)) + " left";
  std::snprintf(piece, sizeof piece, "%3d %% ", static_cast<int>(100 * s.share));
  const int room =
      std::min(width - 8 - static_cast<int>(text.size()), 30);  // a space, 6 for the share, the last column
  std::string bar;
  if (room >= 8) {
    const auto full = static_cast<std::size_t>(s.share * room);
    bar.assign(full, '#').append(static_cast<std::size_t>(room) - full, '.').append(" ");
  }
  return (bar + piece + text).substr(0, static_cast<std::size_t>(std::max(width - 1, 0)));
}

Progress::Progress(std::int64_t count, bool wanted) : count_(count), shown_(wanted && terminal::interactive()) {}

Progress::~Progress() {
  if (shown_) terminal::status("");
}

void Progress::share(double share) {
  const auto now = Clock::now();
  if (!shown_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  const double before = static_cast<double>(before_) / static_cast<double>(count_);
  terminal::status(
      progress_line({.share = std::clamp(before + share * (1 - before), 0., 1.),
                     .share_before = before,
                     .done = done_,
                     .done_now = done_ - before_,
                     .count = count_,
                     .evaluations = done_ > 0 ? static_cast<double>(evaluations_) / static_cast<double>(done_) : 0,
                     .seconds = std::chrono::duration<double>(now - begin_).count()},
                    terminal::width()));
}

}  // namespace shockstep::cli
