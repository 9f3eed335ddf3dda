/// Numbers as bytes in memory order, and back.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace shockstep {

static_assert(std::endian::native == std::endian::little);  // what the files hold

template <class T>
void append_bytes(std::string& out, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Takes numbers from the front. Throws std::out_of_range at the end.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  void take(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
  }
  template <class T>
  T take() {
    T value;
    take(value);
    return value;
  }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) throw std::out_of_range("the record is too short");
    const std::string_view front = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return front;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

}  // namespace shockstep
