#include "core/free_memory.hpp"

#include "core/text.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace shockstep {
namespace {

/// The number after `name`, or the first word; none where there is none, as "max" in a group without a limit.
std::optional<std::uint64_t> number_in(const std::string& path, const std::string& name = "") {
  std::ifstream file(path);
  std::uint64_t value = 0;
  if (name.empty()) return file >> value ? std::optional(value) : std::nullopt;
  for (std::string word; file >> word;)
    if (word == name && file >> value) return value;
  return std::nullopt;
}

/// What the group and those above it leave: cgroup v2, "0::/a/b" in /proc/self/cgroup.
std::uint64_t free_in_group() {
  std::uint64_t left = std::numeric_limits<std::uint64_t>::max();
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::")) continue;
    for (std::string group = line.substr(3); true; group.erase(group.rfind('/'))) {
      const std::string folder = "/sys/fs/cgroup" + group + "/";
      const auto most = number_in(folder + "memory.max"), used = number_in(folder + "memory.current"),
                 forgettable = number_in(folder + "memory.stat", "inactive_file");
      if (most && used) {
        const std::uint64_t taken = *used - std::min(*used, forgettable.value_or(0));
        left = std::min(left, *most - std::min(*most, taken));
      }
      if (group.empty() || group == "/") break;
    }
  }
  return left;
}

}  // namespace

std::uint64_t free_memory() {
  const auto available = number_in("/proc/meminfo", "MemAvailable:");  // in KiB
  const auto all =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
  return std::min(available ? *available * 1024 : all, free_in_group());
}

std::string gigabytes(double bytes) { return three_digits(bytes * 1e-9) + " GB"; }

}  // namespace shockstep
