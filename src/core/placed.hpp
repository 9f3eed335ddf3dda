/// Where in a config an error stands.
#pragma once

#include <shockstep/config.hpp>

#include <string>
#include <string_view>

namespace shockstep {

/// make(), whose ConfigErrors, which know neither the file nor where in it their key stands, get the place of the section.
/// `prefix`: what their keys begin with besides.
template <class Make>
auto placed(const Section& section, Make make, std::string_view prefix = {}) {
  try {
    return make();
  } catch (const ConfigError& e) {
    section.fail(e.key().substr(prefix.size()), std::string(e.what()).substr(e.key().size() + 2));
  }
}

}  // namespace shockstep
