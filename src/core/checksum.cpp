#include "core/checksum.hpp"

#include "core/text.hpp"

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>

namespace shockstep {

std::string checksum(const std::string& bytes) {
  return boost::uuids::to_string(boost::uuids::name_generator_sha1(boost::uuids::ns::oid())(bytes));
}

std::string file_checksum(const std::string& path) { return checksum(read_text(path, "cannot be read")); }

}  // namespace shockstep
