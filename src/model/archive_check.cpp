#include "model/archive_check.hpp"

#include <boost/crc.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>

namespace shockstep {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class T>
T number(const std::string& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Fewer bytes where the file ends earlier.
std::string bytes_at(std::ifstream& file, std::uint64_t at, std::size_t count) {
  std::string out(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(at));
  file.read(out.data(), static_cast<std::streamsize>(count));
  out.resize(static_cast<std::size_t>(file.gcount()));
  return out;
}

std::uint32_t crc32(std::ifstream& file, std::uint64_t at, std::uint64_t count) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(at));
  boost::crc_32_type crc;
  for (std::array<char, 1 << 16> block; count > 0 && file;) {
    file.read(block.data(), static_cast<std::streamsize>(std::min<std::uint64_t>(count, block.size())));
    const auto got = static_cast<std::size_t>(file.gcount());
    crc.process_bytes(block.data(), got);
    count -= got;
  }
  return crc.checksum();
}

}  // namespace

// Layout: APPNOTE.TXT of PKWARE, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end).
std::optional<std::string> damaged_part(const std::string& path) {
  constexpr std::size_t local_bytes = 30, entry_bytes = 46, end_bytes = 22, longest_comment = 0xffff;
  constexpr std::uint32_t elsewhere = 0xffffffff;  // the number stands in a zip64 record
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto size = static_cast<std::uint64_t>(file.tellg());
  const auto tail_size = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_bytes + longest_comment));
  const std::string tail = bytes_at(file, size - tail_size, tail_size);
  const auto end = tail.rfind("PK\5\6");
  if (end == tail.npos || tail.size() - end < end_bytes) return {};
  const auto directory_bytes = number<std::uint32_t>(tail, end + 12),
             directory_at = number<std::uint32_t>(tail, end + 16);
  if (directory_at == elsewhere || directory_at > size || directory_bytes > size - directory_at) return {};
  const std::string directory = bytes_at(file, directory_at, directory_bytes);
  for (std::size_t at = 0; at + entry_bytes <= directory.size() && directory.compare(at, 4, "PK\1\2") == 0;) {
    const auto method = number<std::uint16_t>(directory, at + 10);
    const auto sum = number<std::uint32_t>(directory, at + 16), stored = number<std::uint32_t>(directory, at + 20),
               header_at = number<std::uint32_t>(directory, at + 42);
    const std::size_t name = number<std::uint16_t>(directory, at + 28),
                      extra = number<std::uint16_t>(directory, at + 30),
                      comment = number<std::uint16_t>(directory, at + 32);
    const std::string local = bytes_at(file, header_at, local_bytes);
    if (method == 0 && stored != elsewhere && header_at != elsewhere && local.size() == local_bytes) {
      const std::uint64_t data =
          header_at + local_bytes + number<std::uint16_t>(local, 26) + number<std::uint16_t>(local, 28);
      if (crc32(file, data, stored) != sum) return directory.substr(at + entry_bytes, name);
    }
    at += entry_bytes + name + extra + comment;
  }
  return {};
}

}  // namespace shockstep
