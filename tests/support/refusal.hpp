/// What something is refused with.
#pragma once

#include <shockstep/error.hpp>

#include <string>

namespace shockstep::test {

/// What the call throws of this kind, in words; empty: it throws nothing.
template <class Kind = Error, class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const Kind& error) {
    return error.what();
  }
  return "";
}

}  // namespace shockstep::test
