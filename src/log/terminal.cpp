#include "log/terminal.hpp"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

namespace shockstep::terminal {
namespace {

constexpr const char* erase = "\r\x1b[K";

std::mutex mutex;
std::string& shown() {
  static std::string text;
  return text;
}

void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

}  // namespace

bool interactive() {
  static const bool yes = [] {
    const char* kind = std::getenv("TERM");
    return isatty(STDERR_FILENO) && !(kind && std::string_view(kind) == "dumb");
  }();
  return yes;
}

int width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void line(std::string_view text) {
  const std::lock_guard lock(mutex);
  if (!shown().empty()) put(erase);
  put(text);
  put("\n");
  put(shown());
  std::fflush(stderr);
}

void status(std::string_view text) {
  const std::lock_guard lock(mutex);
  if (shown().empty() && text.empty()) return;
  put(erase);
  put(shown() = text);
  std::fflush(stderr);
}

}  // namespace shockstep::terminal
