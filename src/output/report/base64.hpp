/// Bytes as text, for data URIs (RFC 4648).
#pragma once

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <string>

namespace shockstep {

inline std::string base64(const std::string& bytes) {
  // The last digit may read one byte beyond the end: the zero that ends a string.
  using namespace boost::archive::iterators;
  using Digits = base64_from_binary<transform_width<const char*, 6, 8>>;
  std::string out(Digits(bytes.c_str()), Digits(bytes.c_str() + bytes.size()));
  out.append((3 - bytes.size() % 3) % 3, '=');
  return out;
}

}  // namespace shockstep
