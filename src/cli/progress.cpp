#include "cli/progress.hpp"

#include "log/terminal.hpp"

#include <algorithm>
#include <cstdio>

namespace shockstep::cli {
namespace {

std::string clock_text(double seconds) {
  const auto s = static_cast<long long>(std::min(seconds, 3.6e6) + .5);
  char text[32];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
  else
    std::snprintf(text, sizeof text, "%lld:%02lld", s / 60, s % 60);
  return text;
}

}  // namespace

std::string progress_line(double share, std::int64_t done, std::int64_t count, double evaluations_mean, double seconds,
                          int width) {
  std::string text = std::to_string(done) + "/" + std::to_string(count);
  char piece[64];
  if (done > 0) {
    const double rate = static_cast<double>(done) / std::max(seconds, 1e-9);
    std::snprintf(piece, sizeof piece, "  %.1f evaluations  %.*f/s", evaluations_mean, rate < 100 ? 1 : 0, rate);
    text += piece;
  }
  if (share > 0 && share < 1 && seconds > .5) text += "  " + clock_text(seconds * (1 - share) / share) + " left";
  std::snprintf(piece, sizeof piece, "%3d %% ", static_cast<int>(100 * share));
  const int room = std::min(width - 7 - static_cast<int>(text.size()), 30);
  std::string bar;
  if (room >= 8) {
    const auto full = static_cast<std::size_t>(share * room);
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
  const double mean = done_ > 0 ? static_cast<double>(evaluations_) / static_cast<double>(done_) : 0;
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  terminal::status(progress_line(std::clamp(share, 0., 1.), done_, count_, mean, seconds, terminal::width()));
}

}  // namespace shockstep::cli
