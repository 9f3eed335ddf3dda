#include "core/cached.hpp"

#include "core/input_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace shockstep {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view tail = "}\n";

// What stands before the text. The checksum is of request and text.
std::string head(const std::string& path, std::string_view text) {
  const std::string request = fs::path(path).stem().string();
  return "{\"request\": \"" + request + "\", \"sha1\": \"" + hash(request + '\n' + std::string(text)) +
         "\",\n \"measured\": ";
}

bool write_all(int file, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto written = ::write(file, bytes.data() + done, bytes.size() - done);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

void keep(const std::string& path, const std::string& text) {
  std::error_code ignored;
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) {
    fs::create_directories(folder.parent_path(), ignored);
    ::mkdir(folder.c_str(), 0700);  // what is there already stays as it is
  }
  std::string part = path + ".XXXXXX";
  const int file = ::mkstemp(part.data());
  if (file < 0) return;
  const bool whole = write_all(file, head(path, text) + text + std::string(tail));
  if (::close(file) != 0 || !whole || ::rename(part.c_str(), path.c_str()) != 0) ::unlink(part.c_str());
}

std::optional<std::string> kept(const std::string& path) {
  std::string bytes;
  try {
    bytes = read_text(path);
  } catch (const FileError&) {
    return std::nullopt;
  }
  const std::size_t begin = head(path, "").size();
  if (bytes.size() < begin + tail.size() || !bytes.ends_with(tail)) return std::nullopt;
  std::string text = bytes.substr(begin, bytes.size() - begin - tail.size());
  return bytes.starts_with(head(path, text)) ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace shockstep
