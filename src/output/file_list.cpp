#include "output/file_list.hpp"

#include <shockstep/error.hpp>

#include "core/input_file.hpp"
#include "core/text.hpp"

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>

namespace shockstep {
namespace {

using Json = nlohmann::ordered_json;

Json entry(const std::string& path) {
  const InputFile file = open_to_read(path);
  std::string piece(1 << 20, '\0');
  std::int64_t bytes = 0;
  uLong sum = crc32_z(0, nullptr, 0);
  while (const std::size_t n = std::fread(piece.data(), 1, piece.size(), file.get())) {
    bytes += static_cast<std::int64_t>(n);
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(piece.data()), n);
  }
  if (std::ferror(file.get())) throw FileError(printable(path, 1000), "cannot be read");
  return {{"bytes", bytes}, {"crc32", static_cast<std::uint32_t>(sum)}};
}

}  // namespace

Json file_list(const std::string& folder, const std::vector<std::string>& names) {
  Json out = Json::object();
  for (const std::string& name : names) out[name] = entry((std::filesystem::path(folder) / name).string());
  return out;
}

std::string first_changed(const std::string& folder, const Json& list) {
  for (const auto& [name, was] : list.items()) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    std::error_code none;
    const auto bytes = std::filesystem::file_size(path, none);
    if (none || bytes != was.at("bytes").get<std::uintmax_t>() || entry(path.string()) != was) return name;
  }
  return {};
}

}  // namespace shockstep
