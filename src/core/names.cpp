#include <shockstep/event.hpp>
#include <shockstep/result.hpp>

namespace shockstep {

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::enter: return "enter";
    case EventKind::speciation: return "speciation";
    case EventKind::exit: return "exit";
  }
  return "";
}

std::string_view name(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::budget: return "budget";
    case Status::non_finite: return "non_finite";
    case Status::failed: return "failed";
    case Status::interrupted: return "interrupted";
  }
  return "";
}

}  // namespace shockstep
